/** Newcomers together: what all of them may hold while they ramp, beside who is established. */
import { expect } from "chai";

import {
  all,
  asNotice,
  deployWorld,
  ether,
  LOOSE,
  move,
  networkHelpers,
  nextRound,
  sum,
  up,
  type World,
} from "../fixtures/allocator.ts";
import { ROLES } from "../../src/roles.ts";
import { listNewcomer, type Newcomer } from "../fixtures/newcomers.ts";
import { certifyFair } from "../fixtures/rounds.ts";

const BPS = 10_000n;
const NEWCOMERS = 20;
const TENURE = 1;
const TENURE_BPS = 500n;
/** As in IOperatorRegistry.State. */
const ACTIVE = 2n;

/** An established operator, and twenty newcomers that may hold 5 % of 100,000.1 ether together; a tenth each when they are done. */
async function deploy() {
  const world = await deployWorld({
    hostile: 1,
    stake: 0n,
    groups: [{ dimension: 5, poolShareBps: Number(TENURE_BPS) }],
    parameters: { allocator: LOOSE, policy: { poolShareBps: 1_000 } },
  });
  const { metaPool, registry, alice } = world;
  await networkHelpers.setBalance(alice.address, ether(1_000_000));
  await metaPool.connect(alice).deposit_and_stake({ value: ether(100_000) });
  await nextRound(world);
  await registry.connect(await asNotice(world)).setTenureGroup(TENURE);
  const newcomers: Newcomer[] = [];
  for (let i = 0; i < NEWCOMERS; i += 1) newcomers.push(await listNewcomer(world));
  await nextRound(world);
  return { ...world, newcomers };
}

type Crowd = Awaited<ReturnType<typeof deploy>>;

const heldBy = async ({ allocator, newcomers }: Crowd): Promise<bigint> =>
  sum((await Promise.all(newcomers.map(({ id }) => allocator.positionOf(id)))).map(({ position }) => position));

const mostOf = async ({ allocator }: World): Promise<bigint> =>
  ((await allocator.poolSnapshot()).total * TENURE_BPS) / BPS;

/** Everybody is lifted as far as it may. */
async function liftAll(world: Crowd): Promise<void> {
  await certifyFair(world);
  await move(world, all("up", NEWCOMERS + 1));
}

describe("Allocator", () => {
  describe("the tenure group", () => {
    it("holds twenty newcomers to 5 % of T together while each of them ramps; who is established is in no such group", async function () {
      this.timeout(300_000);
      const world = await networkHelpers.loadFixture(deploy);
      const { allocator, registry, newcomers } = world;
      expect((await registry.operator(1)).groups).to.equal(0n);
      for (const { id } of newcomers) expect((await registry.operator(id)).groups).to.equal(BigInt(TENURE) << 32n);

      let ramps = 0n;
      for (let epoch = 0; epoch < 8; epoch += 1) {
        await liftAll(world);
        ramps = sum(await Promise.all(newcomers.map(({ id }) => allocator.rampOf(id))));
        const most = await mostOf(world);
        expect(await heldBy(world)).to.be.at.most(ramps < most ? ramps : most);
        await nextRound(world);
      }

      // The ramps would let each of them have more than the group has for all.
      const most = await mostOf(world);
      expect(ramps).to.be.above(2n * most);
      expect(await heldBy(world)).to.be.closeTo(most, BigInt(NEWCOMERS));
      expect((await allocator.groupSnapshot(TENURE)).position).to.equal(await heldBy(world));
      expect((await allocator.positionOf(1)).position).to.equal((ether("100000.1") * 1_000n) / BPS);
    });

    it("is left by who is established, alone, and what it held there is free for the others", async function () {
      this.timeout(300_000);
      const world = await networkHelpers.loadFixture(deploy);
      const { allocator, registry, newcomers } = world;
      const [first, ...others] = newcomers as [Newcomer, ...Newcomer[]];
      for (const { id } of others) await registry.connect(world.guardian).watch(id);
      await liftAll(world);
      await nextRound(world);
      const [most, all19] = [await mostOf(world), BigInt(others.length)];
      let epochs = 0;
      while ((await registry.operator(first.id)).state !== ACTIVE) {
        await move(world, [up(first.id, ether(100_000))]);
        await nextRound(world);
        epochs += 1;
      }

      // From 5 bp to a tenth: 5 · 1.5^13 is 973, so the fourteenth clean epoch ends it.
      expect(epochs).to.equal(14);
      expect((await registry.operator(first.id)).groups).to.equal(0n);
      const group = await allocator.groupSnapshot(TENURE);
      expect(group.members).to.equal(all19);
      expect(group.position).to.equal(
        sum(await Promise.all(others.map(async ({ id }) => (await allocator.positionOf(id)).position))),
      );
      await liftAll(world);
      expect((await allocator.positionOf(first.id)).position).to.be.above(most);
    });

    it("is where an operator is again that reports drained and readmit, on a ramp that begins anew", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { accessManager, allocator, registry, scorer } = world;
      const [position] = await move(world, [up(1, ether(10_000))]);
      // Nobody else holds anything, so that it is more than the guardian share.
      const notice = await asNotice(world);
      await accessManager.connect(notice).grantRole(ROLES.scorer, notice, 0);
      await registry.connect(notice).drainByReport(1);
      await nextRound(world);
      await registry.connect(scorer).readmit(1);
      await nextRound(world);

      const { total } = await allocator.poolSnapshot();
      expect((await registry.operator(1)).groups).to.equal(BigInt(TENURE) << 32n);
      expect(await allocator.rampOf(1)).to.equal((total * 5n) / BPS);
      expect((await allocator.snapshotOf(1)).fixedCap, "what it still holds is no violation").to.equal(position);
      expect(position).to.be.above((total * 4n) / 100n);
      expect((await allocator.roomsOf(1, 1))[0]!.up).to.equal(0n);
    });
  });
});
