/** Brings the deployment into many different states, from a seed. */
import { Random } from "../differential/random.ts";
import { all } from "../fixtures/allocator.ts";
import { buildReport } from "../../src/reports/pages.ts";
import type { Counters } from "../../src/reports/types.ts";
import { type Announced, announcementOf, callableFunctions, callOf, dataOf, type State } from "./calls.ts";
import { type Call, encode, EPOCH, ether, ethers, Mode, pass, send, type System } from "./system.ts";

/** What a state has to show at least once in a run; each is the last thing that its seed brings about. */
export const FLAVOURS = [
  "open exits",
  "round open",
  "partly funded",
  "matured exits",
  "faulted",
  "written down",
  "watch",
  "drained",
  "removed",
  "paused",
  "closed",
  "insolvent pool",
] as const;

export type Flavour = (typeof FLAVOURS)[number];

const NOTICED = callableFunctions().filter(({ byNotice }) => byNotice);
const ANNOUNCED_PER_STATE = 8;

const IDS = [1n, 2n, 3n, 4n, 5n];
/** Of whom a slash is set aside, and a reward. */
const DOUBTFUL = 2n;
const ODD = 4n;

/** What undoes a state, announced before it. */
const RETURNS = [
  ["Allocator.clearWriteDown(uint256)", "written down", [1n]],
  ["OperatorRegistry.reinstate(uint256)", "drained", [3n]],
  ["Scores.resolveReward(uint256,uint256)", "drained", [ODD, 1n]],
  ["Scores.resolveSlash(uint256,bool)", "drained", [DOUBTFUL, true]],
  ["Scores.pardon(uint256)", "drained", [1n]],
] as const;

export async function bringAbout(system: System, seed: number): Promise<State> {
  const random = new Random(seed);
  const flavour = FLAVOURS[seed % FLAVOURS.length]!;
  const announced: Announced[] = [];
  const { metaPool, allocator, addresses, alice, bob, carol, eve, pools, time } = system;
  const by = (from: string, to: string, data: string, value = 0n): Call => ({ name: "", from, to, data, value });
  const pool = (account: { address: string }, name: string, args: unknown[] = [], value = 0n) =>
    send(system, by(account.address, addresses.metaPool, encode(metaPool.interface, name, args), value));
  const operatorPool = (from: string, index: number, name: string, args: unknown[] = [], value = 0n) =>
    send(system, by(from, pools[index]!, encode(system.contracts.StakingPool.interface, name, args), value));
  const keeper = (name: string, args: unknown[]) =>
    send(system, by(eve.address, addresses.allocator, encode(allocator.interface, name, args)));
  const registry = (name: string, args: unknown[]) =>
    send(system, by(system.guardian.address, addresses.registry, encode(system.registry.interface, name, args)));
  const network = (name: string, args: unknown[], value = 0n) =>
    send(system, by(system.foundation.address, addresses.network, encode(system.network.interface, name, args), value));
  const mode = (index: number, value: bigint) =>
    send(system, by(eve.address, system.hostiles[index]!, encode(system.hostile[0]!.interface, "setMode", [value])));
  const nextEpoch = () => pass(system, EPOCH - (time.now % EPOCH) + BigInt(random.below(3_600)));
  const settle = async () => {
    for (let page = 0; page < 3; page += 1) await keeper("settle", [100n]);
  };
  const round = async () => {
    await nextEpoch();
    await settle();
  };
  const legs = (direction: "up" | "down") => keeper("rebalance", [all(direction, 5)]);
  const part = (amount: bigint) => (amount * BigInt(1 + random.below(1_000))) / 1_000n;

  // Everybody is in.
  await pass(system, 1n);
  await pool(bob, "deposit_and_stake", [], ether(30) + 7n);
  await pool(carol, "deposit_and_stake", [], ether(10));
  await pool(bob, "deposit", [], ether(1));
  await pool(bob, "approve", [eve.address, ether(1_000)]);
  for (const index of [0, 1]) {
    await operatorPool(alice.address, index, "deposit_and_stake", [], ether(7));
    await operatorPool(bob.address, index, "deposit_and_stake", [], ether(9) + 1n);
    await operatorPool(bob.address, index, "deposit", [], ether(1));
  }
  await send(system, by(bob.address, addresses.network, encode(system.network.interface, "bond"), 1_000n));
  await round();
  await legs("up");

  const state: State = {
    system,
    random,
    announced,
    permit: [],
    shares: ether(10),
    poolShares: ether(9),
    withdrawable: ether(1),
    weights: [],
    sheet: [],
    reports: reportsAt(time.now),
    owed: [],
  };
  const moves: Record<string, () => Promise<unknown>> = {
    stake: () => pool(random.pick([bob, carol]), "deposit_and_stake", [], part(ether(9))),
    leave: () => pool(alice, "unstakeShares", [part(ether(8)), 0n]),
    othersLeave: () => pool(random.pick([bob, carol]), "unstakeShares", [part(ether(9)), 0n]),
    deposit: () => pool(alice, "deposit", [], part(ether(1))),
    withdraw: () => pool(random.pick([bob, alice]), "withdraw", [part(ether(1))]),
    leavePool: () => operatorPool(alice.address, random.below(2), "unstake", [part(ether(2))]),
    othersLeavePool: () => operatorPool(bob.address, random.below(2), "unstake", [part(ether(3))]),
    round,
    legs: async () => {
      await settle();
      await legs("down");
    },
    up: () => legs("up"),
    fund: () => pool(eve, "fundExits", [BigInt(random.below(3))]),
    ping: () => operatorPool(eve.address, random.below(3), "ping"),
    reward: () => network("reward", [[pools[random.below(3)]], [ether(1) / 50n]], ether(1) / 50n),
    slash: () => network("slash", [pools[random.below(3)], BigInt(random.pick([10, 100, 900]))]),
    book: () => keeper("settleOne", [BigInt(1 + random.below(5))]),
    weights: () => send(system, callOf(state, "OperatorRegistry.setWeights(uint256[],uint24[])", true)),
  };
  const names = Object.keys(moves);
  for (let step = 0; step < 14; step += 1) await moves[random.pick(names)]!();

  // What its owner can finish one day.
  await operatorPool(system.owners[0]!, 0, "requestBondWithdrawal", [ether(2)]);
  if (random.below(3) !== 0) await operatorPool(system.owners[0]!, 0, "announceCommission", [1_100n]);
  await operatorPool(system.owners[0]!, 0, "transferOwnership", [system.heir]);
  await network("transferOwnership", [system.heir]);
  const first = (seed * ANNOUNCED_PER_STATE) % NOTICED.length;
  for (let index = 0; index < ANNOUNCED_PER_STATE; index += 1) {
    const { announced: what, ...call } = announcementOf(state, NOTICED[(first + index) % NOTICED.length]!.name);
    if ((await send(system, call)).done) announced.push(what);
  }
  for (const [name, of, args] of RETURNS) {
    if (of !== flavour) continue;
    const call = { ...callOf(state, name, true), data: dataOf(system, name, [...args]) };
    const { announced: what, ...announcement } = announcementOf(state, name, call);
    if ((await send(system, announcement)).done) announced.push(what);
  }
  // Until what is announced can be executed.
  for (let day = 0; day < 6; day += 1) {
    await round();
    await legs("down");
    await pool(eve, "fundExits", [32n]);
  }
  for (const { args } of announced) {
    if (!(await system.notice.isStrict(args[0], args[1]))) continue;
    const data = encode(system.notice.interface, "noteFunded", [await system.notice.idOf(...args)]);
    await send(system, by(eve.address, addresses.notice, data));
  }
  for (let day = 0; day < 3; day += 1) await round();
  for (let step = 0; step < 5; step += 1) await moves[random.pick(names)]!();

  const flavours: Record<Flavour, () => Promise<unknown>> = {
    "open exits": () => moves.leave!(),
    "round open": async () => {
      await moves.leave!();
      await nextEpoch();
      await keeper("settle", [2n]);
    },
    "partly funded": async () => {
      await legs("up");
      await pool(alice, "unstakeShares", [ether(6), 0n]);
      await pool(bob, "unstakeShares", [ether(9), 0n]);
      await round();
      for (let stake = 0; stake < 20; stake += 1) {
        const exits = await metaPool.exitsOf(alice);
        if (exits.some(({ open, matured }) => open !== 0n && matured !== 0n)) break;
        await pool(carol, "deposit_and_stake", [], ether(2));
        await pool(eve, "fundExits", [32n]);
      }
    },
    "matured exits": async () => {
      await moves.leave!();
      for (let day = 0; day < 5; day += 1) {
        await round();
        await legs("down");
      }
      await pool(eve, "fundExits", [32n]);
    },
    faulted: async () => {
      await moves.leave!();
      await mode(0, Mode.reverts);
      await round();
    },
    "written down": async () => {
      await moves.leave!();
      await mode(0, Mode.reverts);
      await mode(1, Mode.neverPays);
      for (let day = 0; day < 3; day += 1) await round();
      await moves.leave!();
    },
    watch: async () => {
      await registry("watch", [3n]);
      await moves.leave!();
    },
    // Reports have set a slash aside, and owe drains that the guardian share did not allow after this one.
    drained: async () => {
      await registry("drain", [3n]);
      await score(system);
      await moves.leave!();
      await round(); // with a guardian share of its own
      const byReport = encode(system.registry.interface, "drainByReport", [1n]);
      await send(system, by(system.scorer.address, addresses.registry, byReport));
      await round(); // for what is owed, while all of it is still there
      await legs("down");
    },
    removed: async () => {
      // Beyond the guardian share, hence by Notice.
      const byNotice = (name: string, id: bigint) =>
        send(system, by(addresses.notice, addresses.registry, encode(system.registry.interface, name, [id])));
      await byNotice("delist", 4n);
      await byNotice("delist", 5n);
      const held = async (id: bigint) => {
        const { position, unbonding } = await allocator.positionOf(id);
        return position + unbonding;
      };
      for (let day = 0; day < 20 && (await held(4n)) + (await held(5n)) !== 0n; day += 1) {
        await round();
        await legs("down");
      }
      await moves.leave!();
      await byNotice("remove", 4n);
    },
    paused: async () => {
      await send(
        system,
        by(system.guardian.address, addresses.metaPool, encode(metaPool.interface, "pauseStaking", [20n * EPOCH])),
      );
      await operatorPool(system.owners[0]!, 0, "pauseStaking");
      await moves.leave!();
    },
    closed: async () => {
      // Everything is delegated, and lost.
      const parameters = [500, 0, 2n ** 96n - 1n, system.treasury.address];
      const data = encode(metaPool.interface, "setParameters", [parameters]);
      await send(system, by(addresses.notice, addresses.metaPool, data));
      for (let day = 0; day < 5; day += 1) {
        await round();
        await legs("down");
        await pool(eve, "fundExits", [32n]);
      }
      await legs("up");
      await moves.leave!();
      for (const address of pools) await network("slash", [address, 10_000n]);
      for (const index of [0, 1]) await mode(index, Mode.reverts);
      for (let day = 0; day < 4; day += 1) await round();
    },
    "insolvent pool": async () => {
      await operatorPool(alice.address, 0, "unstake", [ether(1)]);
      await round();
      await network("slash", [pools[0], 10_000n]);
    },
  };
  await flavours[flavour]();
  const reports = await report(system);
  await pass(system, 1n);

  const owed = await Promise.all(IDS.map(async (id) => (await system.scores.conductOf(id)).owed !== 0n));
  const snapshots = await Promise.all([0n, 1n, 2n].map((group) => allocator.groupSnapshot(group)));
  return {
    ...state,
    reports,
    owed: IDS.filter((_, index) => owed[index]),
    permit: await permitOf(system),
    shares: await metaPool.balanceOf(bob),
    poolShares: await system.contracts.StakingPool.sharesOf(bob),
    withdrawable: await metaPool.withdrawable(bob),
    weights: await Promise.all([1, 2, 3, 4, 5].map(async (id) => (await system.registry.operator(id)).weight)),
    sheet: snapshots.flatMap(({ level }, index) =>
      level === 2n ** 160n - 1n ? [] : [{ group: BigInt(index), level }],
    ),
  };
}

const PERFECT: Counters = {
  assigned: 10n,
  done: 9n,
  active: true,
  commissionBps: 1_000n,
  stake: ether(10),
  external_: ether(5),
  reward: ether(1) / 1_000n,
  slashed: 0n,
};

/** What members can vote for now: a report of the epoch before last, and one of the last. */
function reportsAt(now: bigint): State["reports"] {
  const operators = IDS.map(() => PERFECT);
  const [agreed, voted] = [2n, 1n].map((ago) =>
    buildReport(now / EPOCH - ago, ethers.ZeroHash, { refBlock: 1n, networkStake: ether(1_000), operators }),
  );
  return { agreed: agreed!, voted: voted! };
}

/**
 * Reports of three and four epochs ago, recorded as by the oracle, are scored: at last one operator's slash is doubtful, another
 * one's reward, and three are dear.
 */
async function score(system: System): Promise<void> {
  const { addresses, scores, eve } = system;
  const epoch = system.time.now / EPOCH - 3n;
  const counters = IDS.map((id) => ({
    ...PERFECT,
    commissionBps: [1n, 4n, 5n].includes(id) ? 9_000n : PERFECT.commissionBps,
    reward: id === ODD ? 2n * PERFECT.reward : PERFECT.reward,
    slashed: id === DOUBTFUL ? PERFECT.stake / 2n : 0n,
  }));
  const call = (from: string, data: string) => send(system, { name: "", from, to: addresses.scores, data, value: 0n });
  for (const [ago, each] of [
    [1n, IDS.map(() => PERFECT)],
    [0n, counters],
  ] as const) {
    await call(addresses.reportOracle, encode(scores.interface, "record", [epoch - ago, 1n, each]));
    await call(addresses.reportOracle, encode(scores.interface, "close", [epoch - ago, ether(1_000), IDS.length]));
    await call(eve.address, encode(scores.interface, "score", [IDS.length]));
  }
}

/** Three members agree on the older report; on the younger one they do, too, once as few are enough again. */
async function report(system: System): Promise<State["reports"]> {
  const { addresses, committee, reportOracle } = system;
  const reports = reportsAt(system.time.now);
  const tell = (from: string, name: string, args: unknown[]) => {
    const data = encode(reportOracle.interface, name, args);
    return send(system, { name: "", from, to: addresses.reportOracle, data, value: 0n });
  };
  const members = committee.map(({ address }) => address);
  for (const member of members.slice(0, 3)) await tell(member, "vote", [reports.agreed.report]);
  await tell(addresses.notice, "setCommittee", [members, 4n]);
  for (const member of members.slice(0, 3)) await tell(member, "vote", [reports.voted.report]);
  await tell(addresses.notice, "setCommittee", [members, 3n]);
  return reports;
}

/** What a state shows, so that a run can say that it has seen everything. */
export async function shownBy({ system }: State): Promise<Set<Flavour>> {
  const { metaPool, allocator, registry, alice, contracts } = system;
  const exits = await metaPool.exitsOf(alice);
  const operators = await Promise.all([1, 2, 3, 4, 5].map((id) => registry.operator(id)));
  const positions = await Promise.all([1, 2, 3, 4, 5].map((id) => allocator.positionOf(id)));
  const shown: Record<Flavour, boolean> = {
    "open exits": exits.some(({ open }) => open !== 0n),
    "round open": (await allocator.openRound()).round !== 0n,
    "partly funded": exits.some(({ open, matured }) => open !== 0n && matured !== 0n),
    "matured exits": exits.some(({ open, matured }) => open === 0n && matured !== 0n),
    faulted: positions.some(({ faulted }) => faulted),
    "written down": positions.some(({ writtenDown }) => writtenDown),
    watch: operators.some(({ watch }) => watch),
    drained: operators.some(({ state }) => state === 3n),
    removed: operators.some(({ state }) => state === 5n),
    paused: (await metaPool.is_staking_paused()) && (await contracts.StakingPool.is_staking_paused()),
    closed: (await metaPool.getBook()).closed,
    "insolvent pool": (await contracts.StakingPool.getBook()).equity === 0n,
  };
  return new Set(FLAVOURS.filter((flavour) => shown[flavour]));
}

/** Bob lets eve move a share of his. */
async function permitOf({ metaPool, bob, eve, time, connection }: System): Promise<readonly unknown[]> {
  const deadline = time.now + 365n * EPOCH;
  const { chainId } = await connection.ethers.provider.getNetwork();
  const domain = { name: await metaPool.name(), version: "1", chainId, verifyingContract: await metaPool.getAddress() };
  const types = {
    Permit: [
      { name: "owner", type: "address" },
      { name: "spender", type: "address" },
      { name: "value", type: "uint256" },
      { name: "nonce", type: "uint256" },
      { name: "deadline", type: "uint256" },
    ],
  };
  const value = {
    owner: bob.address,
    spender: eve.address,
    value: ether(1),
    nonce: await metaPool.nonces(bob),
    deadline,
  };
  const signature = ethers.Signature.from(await bob.signTypedData(domain, types, value));
  return [bob.address, eve.address, ether(1), deadline, signature.v, signature.r, signature.s];
}
