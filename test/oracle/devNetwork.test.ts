import { expect } from "chai";

import { isDevNetwork } from "../../src/oracle/devNetwork.ts";
import { lastBlockBefore } from "../../src/oracle/blocks.ts";
import { DevNetwork__factory } from "../../types/index.ts";
import { Mode, waitUntil } from "../fixtures/allocator.ts";
import { ether, ethers, loadMembers, LUCK, OPERATORS, sourceOf, waitForEpoch } from "../fixtures/members.ts";
import { deployWorld, networkHelpers } from "../fixtures/allocator.ts";

const EPOCH = 86_400n;

async function deployHostile() {
  const world = await deployWorld({ hostile: 1 });
  const epoch = await world.allocator.currentEpoch();
  await world.hostile[0]!.setMode(Mode.reverts);
  await waitUntil(world, (epoch + 1n) * EPOCH);
  return { ...world, epoch };
}

describe("A member's source on a DevNetwork", () => {
  it("reads the last block of the epoch", async () => {
    const { source, ended } = await loadMembers();
    const { refBlock } = await source.countersOf(ended);
    const [last, next] = await Promise.all([0, 1].map((more) => ethers.provider.getBlock(Number(refBlock) + more)));

    expect(BigInt(last!.timestamp) / EPOCH).to.equal(ended);
    expect(BigInt(next!.timestamp) / EPOCH).to.equal(ended + 1n);
  });

  it("says what each operator earned, lost and did in the epoch, and nothing of before or after", async () => {
    const { source, ended, network, allocator, honest } = await loadMembers();
    const { refBlock, networkStake, operators } = await source.countersOf(ended);
    const at = { blockTag: Number(refBlock) };
    expect(networkStake).to.equal(await network.totalStake(at));
    expect(operators).to.have.length(OPERATORS);

    for (const [index, { address, pool }] of honest.entries()) {
      const bonded = await network.stakeOf(address, at);
      const ours = await pool.get_account_staked_balance(allocator, at);
      const reward = LUCK.rewards[index] ?? 0n;
      // Of what was bonded before the slash: stake and reward of operator 2.
      const slashed = index === 1 ? (bonded * LUCK.slashBps) / (10_000n - LUCK.slashBps) : 0n;
      const expected = {
        assigned: (LUCK.assigned[index] ?? 0n) + (index === 0 ? 10n : 0n),
        done: (LUCK.done[index] ?? 0n) + (index === 0 ? 1n : 0n),
        active: true,
        commissionBps: BigInt(LUCK.commissionBps(index)),
        stake: bonded + slashed - reward,
        external_: bonded - ours,
        reward,
        slashed,
      };
      expect(operators[index], `operator ${index + 1}`).to.deep.equal(expected);
    }
    expect(operators[1]!.slashed).to.be.greaterThan(0n);
    expect(operators[0]!.external_).to.be.greaterThan(ether(1) - 1n); // the bond
  });

  it("says the same whenever it is asked", async () => {
    const members = await loadMembers();
    const { source, ended, network, foundation, honest } = members;
    const before = await source.countersOf(ended);
    await waitForEpoch(members, ended + 5n);
    await network.connect(foundation).slash(honest[0]!.address, 5_000n);

    expect(await source.countersOf(ended)).to.deep.equal(before);
  });

  it("counts a slash of what is unbonding, but not as stake that earned", async () => {
    const members = await loadMembers();
    const { source, ended, network, foundation, honest, eve } = members;
    const { pool, address } = honest[4]!;
    await pool.connect(eve).deposit_and_stake({ value: ether(4) });
    await waitForEpoch(members, ended + 2n);
    await pool.connect(eve).unstake_all();
    await waitForEpoch(members, ended + 3n);
    await pool.ping();
    const bonded = await network.stakeOf(address);
    const unbonding = await network.unbondingOf(address);
    await network.connect(foundation).slash(address, 1_000n);
    await waitForEpoch(members, ended + 4n);

    const { slashed, stake } = (await source.countersOf(ended + 3n)).operators[4]!;
    expect(unbonding).to.equal(ether(4));
    expect(slashed).to.equal(bonded / 10n + unbonding / 10n);
    expect(stake).to.equal(bonded);
  });

  it("says that an operator without stake is not active", async () => {
    const members = await loadMembers();
    const { source, ended, network, foundation, honest } = members;
    await network.connect(foundation).slash(honest[6]!.address, 10_000n);
    await waitForEpoch(members, ended + 2n);

    const { active, stake, slashed } = (await source.countersOf(ended + 1n)).operators[6]!;
    expect({ active, stake }).to.deep.equal({ active: false, stake: slashed });
  });

  it("takes a pool that does not answer for one that asks for everything", async () => {
    const world = await networkHelpers.loadFixture(deployHostile);
    const { operators } = await sourceOf(world).countersOf(world.epoch);

    expect(operators).to.deep.equal([
      {
        assigned: 0n,
        done: 0n,
        active: false,
        commissionBps: 10_000n,
        stake: 0n,
        external_: 0n,
        reward: 0n,
        slashed: 0n,
      },
    ]);
  });

  it("knows no operator of a time before the deployment", async () => {
    const { source } = await loadMembers();
    expect(await source.countersOf(1n)).to.deep.equal({ refBlock: 0n, networkStake: 0n, operators: [] });
  });

  it("is only for a DevNetwork", async () => {
    const { network, registry } = await loadMembers();
    expect(await isDevNetwork(network)).to.equal(true);
    for (const other of [await registry.getAddress(), ethers.ZeroAddress]) {
      expect(await isDevNetwork(DevNetwork__factory.connect(other, ethers.provider))).to.equal(false);
    }
  });
});

describe("The last block before a time", () => {
  it("is found whatever the time", async () => {
    await loadMembers();
    const last = await ethers.provider.getBlockNumber();
    const times = await Promise.all(
      Array.from({ length: last + 1 }, async (_, number) => (await ethers.provider.getBlock(number))!.timestamp),
    );
    for (const number of [1, 2, 17, last - 1, last]) {
      expect(await lastBlockBefore(ethers.provider, BigInt(times[number]!))).to.equal(number - 1);
      expect(await lastBlockBefore(ethers.provider, BigInt(times[number]! + 1))).to.be.at.least(number);
    }
    expect(await lastBlockBefore(ethers.provider, 0n)).to.equal(0);
    expect(await lastBlockBefore(ethers.provider, BigInt(times[last]!) + 10n ** 9n)).to.equal(last);
  });
});
