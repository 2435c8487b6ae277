/** One call of any external function by anybody: callers from the table of access, arguments by type and by meaning. */
import type { FunctionFragment, ParamType } from "ethers";

import { ACCESS, type Caller } from "../tables/access.ts";
import type { Random } from "../differential/random.ts";
import { packGroups } from "../fixtures/allocator.ts";
import type { PagedReport } from "../../src/reports/pages.ts";
import { type Call, encode, EPOCH, ether, ethers, type System } from "./system.ts";

type ContractKey = keyof System["contracts"];

/** What has been announced at Notice: arguments of `execute` and `cancel`. */
export interface Announced {
  readonly name: string;
  readonly args: readonly [target: string, data: string, salt: string];
}

export interface State {
  readonly system: System;
  readonly random: Random;
  readonly announced: Announced[];
  /** A signature of bob's that lets eve move his shares. */
  readonly permit: readonly unknown[];
  /** Bob's shares in the pool and in the first operator's, what bob can withdraw, operators' weights. */
  readonly shares: bigint;
  readonly poolShares: bigint;
  readonly withdrawable: bigint;
  readonly weights: readonly bigint[];
  readonly sheet: readonly { readonly group: bigint; readonly level: bigint }[];
  /** A report whose pages are missing, and one that needs nobody's vote any more. */
  readonly reports: { readonly agreed: PagedReport; readonly voted: PagedReport };
  /** Operators that reports are to drain, once the guardian share allows it. */
  readonly owed: readonly bigint[];
}

interface Hint {
  readonly args?: readonly unknown[];
  readonly from?: string;
  readonly value?: bigint;
}

const SALTS = Array.from({ length: 4 }, (_, index) => ethers.zeroPadValue(ethers.toBeHex(index), 32));
const NO_CAP = 2n ** 96n - 1n;

const REPORT = "(uint40,uint64,bytes32,uint96,uint32,bytes32)";
const COUNTERS = "(uint32,uint32,bool,uint16,uint96,uint96,uint96,uint96)[]";

/** Addresses of people that act; the staker that the property is about never does. */
export function peopleOf(system: System): Record<Exclude<Caller, "metaPool" | "staker">, string> {
  const { addresses, owners, heir } = system;
  return {
    stranger: system.eve.address,
    deployer: system.deployer.address,
    treasury: system.treasury.address,
    governance: system.governance.address,
    guardian: system.guardian.address,
    scores: system.scorer.address,
    foundation: system.foundation.address,
    member: system.committee[3]!.address,
    attester: system.attester.address,
    poolOwner: owners[0]!,
    heir,
    allocator: addresses.allocator,
    registry: addresses.registry,
    notice: addresses.notice,
    accessManager: addresses.accessManager,
    network: addresses.network,
    factory: addresses.factory,
    reportOracle: addresses.reportOracle,
    pool: system.pools[0]!,
  };
}

const CONTRACT_CALLERS = new Set<string>([
  "metaPool",
  "allocator",
  "registry",
  "notice",
  "accessManager",
  "network",
  "factory",
  "scores",
  "reportOracle",
  "pool",
]);

/** Every function that somebody may call, at once or by Notice, as "Contract.signature". */
export function callableFunctions(): { name: string; byNotice: boolean }[] {
  return Object.entries(ACCESS).flatMap(([contract, { calls }]) =>
    Object.entries(calls).flatMap(([signature, { who }]) => {
      const people = who === "anyone" || who.some((caller) => !CONTRACT_CALLERS.has(caller));
      const byNotice = !people && who.includes("notice");
      return people || byNotice ? [{ name: `${contract}.${signature}`, byNotice }] : [];
    }),
  );
}

/** A call of the named function, mostly by who may call it and with arguments that make sense. */
export function callOf(state: State, name: string, sensible: boolean): Call {
  const { system, random } = state;
  const [contract, signature] = name.split(/\.(.*)/s) as [ContractKey, string];
  const target = system.contracts[contract];
  const fragment = target.interface.getFunction(signature as never) as FunctionFragment | null;
  if (fragment === null) throw new Error(`no function ${name}`);
  const to =
    contract === "StakingPool" && !sensible
      ? random.pick([...system.pools, ...system.spare])
      : addressOf(system, contract);
  const hint = sensible ? (hintFor(state, name) ?? {}) : {};
  const args = hint.args ?? fragment.inputs.map((parameter) => valueOf(state, parameter, sensible));
  const value = hint.value ?? (fragment.payable ? random.pick([0n, 1n, ether(1), ether(3)]) : 0n);

  return {
    name,
    from: hint.from ?? callerOf(state, contract, signature, sensible),
    to,
    data: encode(target.interface, signature, args),
    value: sensible || random.below(8) !== 0 ? value : 1n,
  };
}

/** Ether without a function, or a function that nobody has. */
export function junkOf({ system, random }: State): Call {
  const to = random.pick([...Object.values(system.addresses), ...system.pools]);
  return {
    name: "junk",
    from: random.pick(Object.values(callersOf(system))),
    to,
    data: random.pick(["0x", "0x12345678", `0x${"ff".repeat(70)}`, "0x00"]),
    value: random.pick([0n, 1n, ether(5)]),
  };
}

/** The announcement, by who may announce it, of a call that Notice makes. */
export function announcementOf(
  state: State,
  name: string,
  call = callOf(state, name, state.random.below(4) !== 0),
): Call & { announced: Announced } {
  const { system, random } = state;
  const args = [call.to, call.data, random.pick(SALTS)] as const;
  const byFoundation = /setFactoryWhitelisted|whitelistPool/.test(name);
  return {
    name: "Notice.announce(address,bytes,bytes32)",
    from: (byFoundation ? system.foundation : system.governance).address,
    to: system.addresses.notice,
    data: encode(system.notice.interface, "announce", args),
    value: 0n,
    announced: { name, args },
  };
}

/** The execution of an announcement. */
export function executionOf({ system, random }: State, { name, args }: Announced): Call {
  return {
    name: `execute ${name}`,
    from: random.pick(Object.values(callersOf(system))),
    to: system.addresses.notice,
    data: encode(system.notice.interface, "execute", args),
    value: 0n,
  };
}

/** People, and contracts that can be told to call anything: the hostile pools. */
function callersOf(system: System): Record<string, string> {
  const people = Object.entries(peopleOf(system)).filter(([caller]) => !CONTRACT_CALLERS.has(caller));
  return { ...Object.fromEntries(people), bob: system.bob.address, hostile: system.hostiles[0]! };
}

function callerOf({ system, random }: State, contract: ContractKey, signature: string, sensible: boolean): string {
  const callers = callersOf(system);
  const { who } = ACCESS[contract].calls[signature]!;
  if (!sensible) return random.pick(Object.values(callers));
  if (who === "anyone") return callers.bob!;
  return random.pick(who.filter((caller) => caller in callers).map((caller) => callers[caller]!));
}

export function dataOf({ contracts }: System, name: string, args: readonly unknown[]): string {
  const [contract, signature] = name.split(/\.(.*)/s) as [ContractKey, string];
  return encode(contracts[contract].interface, signature, args);
}

function addressOf(system: System, contract: ContractKey): string {
  return contract === "StakingPool" ? system.pools[0]! : (system.contracts[contract].target as string);
}

/** Any value of a type, from those that are worth trying. */
function valueOf(state: State, parameter: ParamType, sensible: boolean): unknown {
  const { system, random } = state;
  if (parameter.isArray()) {
    return Array.from({ length: random.below(3) }, () => valueOf(state, parameter.arrayChildren, sensible));
  }
  if (parameter.isTuple()) return parameter.components.map((component) => valueOf(state, component, sensible));
  const { type, name } = parameter;
  if (type === "address") return anyAddress(state);
  if (type === "bool") return random.below(2) === 1;
  if (type === "string") return "label";
  if (type === "bytes") return random.pick(["0x", "0x01", encode(system.metaPool.interface, "unstake_all")]);
  if (type.startsWith("bytes")) return ethers.dataSlice(random.pick(SALTS), 0, Number(type.slice(5)));

  const bits = BigInt(type.replace(/\D+/g, ""));
  const most = 2n ** bits - 1n;
  if (sensible && /^(id|operator)$/.test(name)) return BigInt(1 + random.below(5));
  const values = [0n, 1n, 2n, 3n, 5n, 100n, 1_000n, 10_000n, 10n ** 9n, ether(1), ether(5), state.shares, most, NO_CAP];
  const small = values.filter((value) => value <= most);
  return random.pick(small);
}

function anyAddress({ system, random }: State): string {
  return random.pick([
    ...Object.values(system.addresses),
    ...Object.values(callersOf(system)),
    ...system.pools,
    ...system.hostiles,
    ...system.spare,
    system.alice.address,
    ethers.ZeroAddress,
  ]);
}

/** Arguments with which a call can go through; nothing for a function whose types say enough. */
function hintFor(state: State, name: string): Hint | undefined {
  const { system, random, shares, poolShares, withdrawable } = state;
  const { bob, eve, alice, addresses, spare, hostiles } = system;
  const part = (amount: bigint) => (amount * BigInt(1 + random.below(100))) / 100n;
  const amount = random.pick([1n, ether(1), ether(3)]);
  const receiver = random.pick([alice.address, eve.address, bob.address]);
  const id = BigInt(1 + random.below(5));
  const later = system.time.now + 30n * EPOCH;
  const cap = random.pick([0n, 1n, ether(2), ether(8), NO_CAP]);
  const restricted = [
    encode(system.metaPool.interface, "pauseStaking", [part(21n * EPOCH)]),
    encode(system.metaPool.interface, "resumeStaking"),
  ];
  const pending = state.announced.length === 0 ? undefined : random.pick(state.announced).args;
  const hints: Record<string, () => Hint | undefined> = {
    "Scores.score(uint256)": () => ({ args: [random.pick([1n, 100n])] }),
    "Scores.enforce(uint256)": () => ({ args: [state.owed.length === 0 ? id : random.pick([...state.owed])] }),
    "Scores.resolveSlash(uint256,bool)": () => ({ args: [random.pick([2n, id]), random.below(2) === 1] }),
    "Scores.resolveReward(uint256,uint256)": () => ({ args: [random.pick([4n, id]), random.pick([0n, 1n])] }),
    "Scores.pardon(uint256)": () => ({ args: [state.owed.length === 0 ? id : random.pick([...state.owed])] }),
    "Scores.setParameters((uint16,uint16,uint16,uint8,uint16,uint16,uint16,uint16,uint96))": () => ({
      args: [[7, 30, 365, random.pick([1, 4, 16]), 200, 2_500, 1_000, 200, 0n]],
    }),
    "MetaPool.deposit()": () => ({ value: amount }),
    "MetaPool.deposit_and_stake()": () => ({ value: amount + 1n }),
    "MetaPool.stakeFor(address,uint256,uint256)": () => ({ args: [receiver, 0n, later], value: ether(1) }),
    "MetaPool.stake(uint256)": () => ({ args: [part(withdrawable)] }),
    "MetaPool.unstake(uint256)": () => ({ args: [part(shares / 2n)] }),
    "MetaPool.unstakeShares(uint256,uint256)": () => ({ args: [part(shares), 0n] }),
    "MetaPool.unstakeInstant(uint256,uint256,address)": () => ({ args: [shares / 1_000n, 0n, receiver] }),
    "MetaPool.withdraw(uint256)": () => ({ args: [part(withdrawable)] }),
    "MetaPool.withdrawTo(address,uint256)": () => ({ args: [eve.address, part(withdrawable)] }),
    "MetaPool.withdrawFor(address)": () => ({ args: [random.pick([alice.address, bob.address])] }),
    "MetaPool.fundExits(uint256)": () => ({ args: [random.pick([0n, 1n, 32n])] }),
    "MetaPool.pauseStaking(uint256)": () => ({ args: [part(21n * EPOCH)] }),
    "MetaPool.transfer(address,uint256)": () => ({ args: [receiver, part(shares)] }),
    "MetaPool.approve(address,uint256)": () => ({ args: [receiver, part(shares)] }),
    "MetaPool.transferFrom(address,address,uint256)": () => ({
      args: [bob.address, receiver, part(shares)],
      from: eve.address,
    }),
    "MetaPool.permit(address,address,uint256,uint256,uint8,bytes32,bytes32)": () => ({ args: state.permit }),
    "MetaPool.setParameters((uint16,uint16,uint96,address))": () => ({
      args: [[random.pick([0, 500, 2_000]), random.pick([0, 50, 1_000]), cap, receiver]],
    }),
    "MetaPool.upgradeToAndCall(address,bytes)": () => ({ args: [system.implementations.MetaPool, "0x"] }),
    "Allocator.upgradeToAndCall(address,bytes)": () => ({ args: [system.implementations.Allocator, "0x"] }),
    "OperatorRegistry.upgradeToAndCall(address,bytes)": () => ({
      args: [system.implementations.OperatorRegistry, "0x"],
    }),
    "Allocator.settle(uint256)": () => ({ args: [random.pick([0n, 1n, 2n, 100n])] }),
    "Allocator.certifyLevels((uint8,uint160)[],uint256)": () => ({
      args: [random.below(2) === 0 ? state.sheet : [], random.pick([1n, 100n])],
    }),
    "Allocator.rebalance((uint32,uint128,bool)[])": () => ({
      args: [
        Array.from({ length: 1 + random.below(6) }, () => [
          1 + random.below(6),
          random.pick([1n, ether(1), ether(5), 2n ** 100n]),
          random.below(2) === 0,
        ]),
      ],
    }),
    "Allocator.reclaim(uint256)": () => ({ args: [4n] }),
    "Allocator.setParameters((uint16,uint16,uint16,uint16,uint16,uint16,uint96))": () => ({
      args: [
        [
          random.pick([0, 2_000]),
          random.pick([0, 5_000]),
          random.pick([100, 10_000]),
          random.pick([0, 1_000]),
          random.pick([1, 10_000]),
          random.pick([1, 1_000]),
          random.pick([ether(1) / 100n, ether(100)]),
        ],
      ],
    }),
    "OperatorRegistry.list((address,address,uint24,uint24,uint24,uint96,uint40))": () => ({
      args: [[random.pick(spare), addresses.factory, 100, 0, 1_000, cap, packGroups([1, 2])]],
    }),
    "OperatorRegistry.setFactoryWhitelisted(address,bool)": () => ({
      args: [random.pick([addresses.factory, eve.address]), random.below(2) === 0],
    }),
    "OperatorRegistry.whitelistPool(address)": () => ({ args: [random.pick([...spare, ...hostiles, eve.address])] }),
    "OperatorRegistry.unwhitelistPool(address)": () => ({ args: [random.pick([...spare, ...hostiles])] }),
    "OperatorRegistry.lowerAbsoluteCap(uint256,uint96)": () => ({ args: [id, random.pick([0n, ether(2), ether(30)])] }),
    "OperatorRegistry.lowerGroupCaps(uint256,uint16,uint16,uint96)": () => ({
      args: [random.pick([1n, 2n]), random.pick([0, 1_000, 6_900]), 65_535, random.pick([ether(9), NO_CAP])],
    }),
    "OperatorRegistry.remove(uint256)": () => ({ args: [5n] }),
    "OperatorRegistry.setAbsoluteCap(uint256,uint96)": () => ({ args: [id, cap] }),
    "OperatorRegistry.setWeightBounds(uint256,uint24,uint24)": () => ({
      args: [id, random.pick([0, 50]), random.pick([50, 1_000])],
    }),
    "OperatorRegistry.setGroups(uint256,uint40)": () => ({ args: [id, packGroups(random.pick([[0], [1, 2], [1]]))] }),
    "OperatorRegistry.setGroup(uint256,(uint8,uint16,uint16,uint96))": () => ({
      args: random.pick([
        [1n, [1, 0, 65_535, NO_CAP]],
        [2n, [2, 65_535, 0, NO_CAP]],
        [4n, [3, 10, 10, 0n]],
      ]),
    }),
    "OperatorRegistry.setTenureGroup(uint256)": () => ({ args: [random.pick([0n, 3n])] }),
    "OperatorRegistry.setDimensionMode(uint8,uint8)": () => ({
      args: [random.pick([1, 2, 5]), random.pick([0, 1, 2])],
    }),
    "OperatorRegistry.readmit(uint256)": () => ({ args: [1n] }),
    "OperatorRegistry.setPolicy((uint16,uint16,uint16,uint16))": () => ({
      args: [[random.pick([1, 3_333]), random.pick([1, 65_535]), random.pick([0, 3_333]), 0]],
    }),
    "OperatorRegistry.setWeights(uint256[],uint24[])": () => ({
      args: [[id], [((state.weights[Number(id) - 1] ?? 100n) * BigInt(81 + random.below(38))) / 100n]],
    }),
    "StakingPool.deposit()": () => ({ value: amount }),
    "StakingPool.deposit_and_stake()": () => ({ value: amount + 1n }),
    "StakingPool.stakeFor(address,uint256,uint256)": () => ({ args: [receiver, 0n, later], value: ether(1) }),
    "StakingPool.stake(uint256)": () => ({ args: [1_000_000n + part(ether(1) / 10n)] }),
    "StakingPool.unstake(uint256)": () => ({ args: [part(poolShares / 4n)] }),
    "StakingPool.unstakeShares(uint256,uint256)": () => ({ args: [part(poolShares), 0n] }),
    "StakingPool.withdraw(uint256)": () => ({ args: [1n + part(ether(1) / 10n)] }),
    "StakingPool.withdrawTo(address,uint256)": () => ({ args: [eve.address, 1n + part(ether(1) / 10n)] }),
    "StakingPool.withdrawFor(address)": () => ({ args: [random.pick([alice.address, bob.address])] }),
    "StakingPool.addBond()": () => ({ value: ether(1) }),
    "StakingPool.requestBondWithdrawal(uint256)": () => ({ args: [ether(random.pick([1, 5, 20]))] }),
    "StakingPool.announceCommission(uint256)": () => ({ args: [BigInt(1_001 + random.below(150))] }),
    "StakingPool.lowerCommission(uint256)": () => ({ args: [random.pick([0n, 500n])] }),
    "StakingPool.fundExits(uint256)": () => ({ args: [random.pick([0n, 1n, 32n])] }),
    "StakingPoolFactory.createStakingPool(address,bytes,uint256)": () => ({
      args: [eve.address, "0x", 100n],
      value: ether(1) / 1_000n,
    }),
    "Notice.announce(address,bytes,bytes32)": () => ({
      args: [addresses.metaPool, encode(system.metaPool.interface, "renounceUpgrades"), SALTS[3]!],
      from: system.governance.address,
    }),
    "Notice.cancel(address,bytes,bytes32)": () => pending && { args: pending, from: system.guardian.address },
    "Notice.noteFunded(bytes32)": () =>
      pending && {
        args: [
          ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(["address", "bytes", "bytes32"], [...pending])),
        ],
      },
    "Notice.execute(address,bytes,bytes32)": () => pending && { args: pending },
    "DevNetwork.bond()": () => ({ value: amount }),
    "DevNetwork.unbond(uint256)": () => ({ args: [1n] }),
    "DevNetwork.reward(address[],uint256[])": () => ({
      args: [
        [system.pools[0], system.pools[1]],
        [ether(1), ether(2)],
      ],
      value: ether(3),
    }),
    "DevNetwork.slash(address,uint256)": () => ({
      args: [random.pick(system.pools), random.pick([1n, 100n, 3_000n, 10_000n])],
    }),
    "DevNetwork.transferOwnership(address)": () => ({ args: [eve.address] }),
    "DevNetwork.countDuties(address[],uint256[],uint256[])": () => ({ args: [[system.pools[0]], [10n], [9n]] }),
    [`ReportOracle.vote(${REPORT})`]: () => ({ args: [state.reports.voted.report] }),
    [`ReportOracle.agree(${REPORT})`]: () => ({ args: [state.reports.voted.report] }),
    [`ReportOracle.deliver(uint256,uint256,${COUNTERS},bytes32[])`]: () => {
      const { report, pages } = state.reports.agreed;
      const [{ page, counters, proof }] = pages as [(typeof pages)[number]];
      return { args: [report.epoch, page, counters, proof] };
    },
    "ReportOracle.setCommittee(address[],uint256)": () => ({
      args: [[eve.address, ...system.committee.slice(random.below(2)).map(({ address }) => address)], 3n],
    }),
    "Attributes.attest(uint256,uint8,uint8,string)": () => ({ args: [id, random.below(5), 0n, "label"] }),
    "AccessManager.execute(address,bytes)": () => ({
      args: [addresses.metaPool, random.pick(restricted)],
      from: system.guardian.address,
    }),
    "AccessManager.renounceRole(uint64,address)": () => {
      const holder = random.pick([
        [1n, system.governance.address],
        [2n, system.guardian.address],
      ] as const);
      return { args: holder, from: holder[1] };
    },
    "AccessManager.cancel(address,address,bytes)": () => ({ args: [eve.address, addresses.metaPool, restricted[0]] }),
    "AccessManager.multicall(bytes[])": () => ({ args: [[]] }),
    "AccessManager.grantRole(uint64,address,uint32)": () => ({ args: [BigInt(random.below(7)), eve.address, 0] }),
    "AccessManager.revokeRole(uint64,address)": () => ({
      args: random.pick([
        [1n, system.governance.address],
        [2n, system.guardian.address],
        [0n, addresses.notice],
        [1n + 2n ** 32n, addresses.notice],
      ]),
    }),
    "AccessManager.labelRole(uint64,string)": () => ({ args: [9n, "label"] }),
    "AccessManager.setRoleAdmin(uint64,uint64)": () => ({ args: [2n, 4n] }),
    "AccessManager.setRoleGuardian(uint64,uint64)": () => ({ args: [2n, 4n] }),
    "AccessManager.setGrantDelay(uint64,uint32)": () => ({ args: [2n, 86_400] }),
    "AccessManager.setTargetFunctionRole(address,bytes4[],uint64)": () => ({
      args: [
        addresses.metaPool,
        ["unstake_all", "withdraw_all", "report", "fund"].map(
          (each) =>
            (system.metaPool.interface as { getFunction(name: string): FunctionFragment }).getFunction(each).selector,
        ),
        2n,
      ],
    }),
    "AccessManager.setTargetAdminDelay(address,uint32)": () => ({ args: [addresses.metaPool, 86_400] }),
    "AccessManager.setTargetClosed(address,bool)": () => ({
      args: [random.pick([addresses.metaPool, addresses.allocator, addresses.registry]), true],
    }),
    "AccessManager.updateAuthority(address,address)": () => ({
      args: [random.pick([addresses.metaPool, addresses.allocator, addresses.registry]), hostiles[0]],
    }),
  };
  return hints[name]?.();
}
