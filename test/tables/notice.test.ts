import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { expect } from "chai";

import { RESTRICTIONS, type Role } from "../../src/roles.ts";
import { ether, impersonated, nextRound, PAGE } from "../fixtures/allocator.ts";
import { NO_CAP, NO_SHARE } from "../../rocketh/parameters.ts";
import { ACCESS } from "./access.ts";
import { NOTICE } from "./notice.ts";
import { deploySystem, ethers, implementationOf, networkHelpers } from "./system.ts";

type System = Awaited<ReturnType<typeof deployRestricted>>;
const CONTRACTS = ["MetaPool", "Allocator", "OperatorRegistry", "Scores", "ReportOracle", "Attributes"] as const;
type Restricted = (typeof CONTRACTS)[number];

/** An operator that lost more than a report is believed. */
const DOUBTFUL = {
  assigned: 0n,
  done: 0n,
  active: true,
  commissionBps: 0n,
  stake: 1n,
  external_: 0n,
  reward: 0n,
  slashed: 1n,
};

/** One that lost a tenth of its stake. */
const SLASHED = { ...DOUBTFUL, stake: 10n };

/** Rounds until two epochs, four of unbonding, one of a pool's own batch and the rest of the first have passed. */
const ROUNDS = 8;
const ROUNDS_TO_WITHDRAW = 3;

/**
 * Operators 3 and 5 are drained and operator 4 is on watch, so that all can be undone; a vouched-for pool is not listed. Of
 * two reports of operator 1 a slash is set aside, then a reward; the first has operator 2 slashed, whom the guardian share does not drain yet.
 */
async function deployRestricted() {
  const system = await deploySystem();
  const { registry, notice, guardian, scores, scorer, foundation } = system;
  await registry.connect(scorer).drainByReport(5);
  await nextRound(system); // with a guardian share of its own
  await registry.connect(guardian).drain(3);
  await registry.connect(guardian).watch(4);
  await registry.connect(foundation).whitelistPool(system.spare);
  const reporter = await impersonated(system.callers.reportOracle);
  await scores.connect(reporter).record(1, 1, [DOUBTFUL, SLASHED]);
  await scores.connect(reporter).close(1, ether(1_000), 2);
  await scores.score(2, PAGE);
  await scores.connect(reporter).record(2, 1, [{ ...DOUBTFUL, slashed: 0n, reward: 1n }]);
  return { ...system, reporter, noticeAddress: await notice.getAddress() };
}

/** Every restricted call has been announced by who may, could not be made at once, and is due. */
async function deployAnnounced() {
  const system = await deployRestricted();
  const { notice, eve } = system;
  const args = await argumentsOf(system);
  const calls = new Map<string, readonly [target: string, data: string, salt: string]>();
  for (const [name, { role, announcer = role }] of Object.entries(NOTICE)) {
    const [contractName, method] = name.split(".") as [Restricted, string];
    const { target, interface: abi } = system.contracts[contractName];
    const data = new ethers.Interface(abi.fragments).encodeFunctionData(method, args[name]);
    const call = [ethers.getAddress(target as string), data, ethers.ZeroHash] as const;
    await expect(notice.connect(eve).announce(...call), name)
      .to.be.revertedWithCustomError(notice, "NotAllowed")
      .withArgs(eve, call[0], data.slice(0, 10));
    await notice.connect(holderOf(system, announcer)).announce(...call);
    const id = await notice.idOf(...call);
    const earliest = await notice.earliestOf(id);
    await expect(notice.connect(eve).execute(...call), name)
      .to.be.revertedWithCustomError(notice, "TooEarly")
      .withArgs(id, earliest, anyValue);
    calls.set(name, call);
  }
  for (let round = 0; round < ROUNDS; round += 1) await nextRound(system);
  for (const call of calls.values()) await notice.noteFunded(await notice.idOf(...call));
  for (let round = 0; round < ROUNDS_TO_WITHDRAW; round += 1) await nextRound(system);

  return { ...system, calls };
}

/** Arguments with which each restricted function goes through. */
async function argumentsOf(system: System): Promise<Record<string, readonly unknown[]>> {
  const { metaPool, allocator, registry, treasury, factory, spare, scores, committee } = system;
  const rules = await allocator.parameters();
  return {
    "MetaPool.connect": [treasury.address, treasury.address],
    "MetaPool.pauseStaking": [86_400n],
    "MetaPool.resumeStaking": [],
    "MetaPool.setParameters": [[1n, 2n, NO_CAP, treasury.address]],
    "MetaPool.upgradeToAndCall": [await implementationOf(metaPool), "0x"],
    "MetaPool.renounceUpgrades": [],
    "Allocator.setParameters": [[...rules]],
    "Allocator.clearWriteDown": [1n],
    "Allocator.upgradeToAndCall": [await implementationOf(allocator), "0x"],
    "Allocator.renounceUpgrades": [],
    "OperatorRegistry.connect": [treasury.address, treasury.address, treasury.address],
    "OperatorRegistry.setFactoryWhitelisted": [await factory.getAddress(), false],
    "OperatorRegistry.whitelistPool": [spare],
    "OperatorRegistry.unwhitelistPool": [spare],
    "OperatorRegistry.list": [[spare, ethers.ZeroAddress, 1n, 0n, 1n, NO_CAP, 0n]],
    "OperatorRegistry.reinstate": [3n],
    "OperatorRegistry.clearWatch": [4n],
    "OperatorRegistry.setWeightBounds": [2n, 0n, 1_000n],
    "OperatorRegistry.setAbsoluteCap": [2n, NO_CAP],
    "OperatorRegistry.setGroups": [2n, 0n],
    "OperatorRegistry.setGroup": [1n, [1n, NO_SHARE, NO_SHARE, NO_CAP]],
    "OperatorRegistry.setPolicy": [[3_333n, NO_SHARE, 1_000n, 0n]],
    "OperatorRegistry.setTenureGroup": [0n],
    "OperatorRegistry.setDimensionMode": [1n, 1n],
    "OperatorRegistry.upgradeToAndCall": [await implementationOf(registry), "0x"],
    "OperatorRegistry.renounceUpgrades": [],
    "OperatorRegistry.drain": [4n],
    "OperatorRegistry.delist": [1n],
    "OperatorRegistry.lowerAbsoluteCap": [1n, 5n],
    "OperatorRegistry.lowerGroupCaps": [1n, 5_000n, NO_SHARE, NO_CAP],
    "OperatorRegistry.watch": [2n],
    "OperatorRegistry.setWeights": [[2n], [80n]],
    "OperatorRegistry.watchByReport": [2n],
    "OperatorRegistry.liftWatch": [2n],
    "OperatorRegistry.drainByReport": [4n],
    "OperatorRegistry.readmit": [5n],
    "OperatorRegistry.noteScores": [1n],
    "Scores.record": [2n, 2n, []],
    "Scores.close": [2n, 0n, 1n],
    "Scores.setParameters": [[...(await scores.parameters())]],
    "Scores.resolveReward": [1n, 10n ** 12n],
    "Scores.resolveSlash": [1n, true],
    "Scores.pardon": [2n],
    "ReportOracle.setCommittee": [committee.slice(1).map(({ address }) => address), 3n],
    "Attributes.attest": [2n, 0n, 1n, "Example Ltd"],
  };
}

describe("Notice", () => {
  it("table has every restricted function, with the role and notice of src/roles.ts", () => {
    const rows = RESTRICTIONS.map(({ contract, signature, role, notice }) => [
      `${contract}.${signature.slice(0, signature.indexOf("("))}`,
      `${role} ${notice ? "notice" : "at once"}`,
    ]);
    const table = Object.entries(NOTICE).map(([name, { role, when }]) => [name, `${role} ${when}`]);

    expect(Object.fromEntries(table)).to.deep.equal(Object.fromEntries(rows));
  });

  it("table has what the table of access says that the AccessManager refuses", () => {
    const restricted = CONTRACTS.flatMap((name) =>
      Object.entries(ACCESS[name].calls)
        // The AccessManager alone calls setAuthority of what it manages.
        .filter(
          ([signature, row]) => row.refusal === "AccessManagedUnauthorized" && !signature.startsWith("setAuthority"),
        )
        .map(([signature]) => `${name}.${signature.slice(0, signature.indexOf("("))}`),
    );

    expect(Object.keys(NOTICE)).to.have.members(restricted);
  });

  for (const [name, { role, when, why }] of Object.entries(NOTICE)) {
    it(`${name} is ${role}'s, ${when}: ${why}`, async () => {
      const system = await networkHelpers.loadFixture(deployAnnounced);
      const { notice, noticeAddress, contracts, allocator, calls, eve } = system;
      const contract = contracts[name.split(".")[0] as Restricted];
      const abi = new ethers.Interface(contract.interface.fragments);
      const call = calls.get(name)!;
      const [to, data] = call;
      const id = await notice.idOf(...call);
      const holder = holderOf(system, role);

      const straight = holder.call({ to, data });
      if (when === "at once" && role !== "admin") await straight;
      else {
        await expect(straight)
          .to.be.revertedWithCustomError(contract, "AccessManagedUnauthorized")
          .withArgs(holder.address);
      }

      const execution = notice.connect(eve).execute(...call);
      const refused = (reason: string, account: string) =>
        expect(execution)
          .to.be.revertedWithCustomError(notice, "CallFailed")
          .withArgs(id, abi.encodeErrorResult(reason, [account]));
      if (role === "admin") await refused("AlreadyConnected", await allocator.getAddress());
      else if (["scorer", "reporter", "attester"].includes(role))
        await refused("AccessManagedUnauthorized", noticeAddress);
      else {
        await expect(execution).to.emit(notice, "Executed");
        expect((await notice.announcement(id)).status).to.equal(2n);
      }
    });
  }
});

/** Who holds a role; governance announces what is the admin's. */
function holderOf(system: System, role: Role) {
  return system[role === "admin" ? "governance" : role];
}
