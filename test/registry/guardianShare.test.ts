import { expect } from "chai";

import { ether, loadRegistry, NO_CAP, NO_SHARE, pack, POLICY, State } from "../fixtures/registry.ts";

/** T is 1,000 ether, of which the guardian may make a tenth a violation per epoch; both operators hold 80. */
async function loadPositions() {
  const base = await loadRegistry();
  const { registry, allocator, guardian, foundation, noticeSigner } = base;
  for (const id of [1, 2]) await allocator.setPosition(id, ether(80), 0, false);

  return {
    ...base,
    byGuardian: registry.connect(guardian),
    byFoundation: registry.connect(foundation),
    byNotice: registry.connect(noticeSigner),
  };
}

describe("OperatorRegistry", function () {
  describe("guardianShareLeft", function () {
    it("is a share of T, less what was used in this epoch", async function () {
      const { registry, allocator, byGuardian } = await loadPositions();
      expect(await registry.guardianShareLeft()).to.equal(ether(100));

      await byGuardian.drain(1);
      expect(await registry.guardianShareLeft()).to.equal(ether(20));

      await allocator.setTotals(ether(500), 0, 0);
      expect(await registry.guardianShareLeft()).to.equal(0n);

      await allocator.setEpoch(2);
      expect(await registry.guardianShareLeft()).to.equal(ether(50));
    });

    it("is a share of what operators held, if that is less than T", async function () {
      const { registry, allocator } = await loadPositions();
      await allocator.setHealthy(ether(300));

      expect(await registry.guardianShareLeft()).to.equal(ether(30));
    });

    it("is zero under a policy of zero, whatever it was", async function () {
      const { registry, byNotice, byGuardian } = await loadPositions();
      await byNotice.setPolicy({ ...POLICY, guardianShareBps: 0n });

      expect(await registry.guardianShareLeft()).to.equal(0n);
      await expect(byGuardian.lowerAbsoluteCap(1, ether(80) - 1n))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(1n, 0n);
      await byGuardian.lowerAbsoluteCap(1, ether(80));
    });
  });

  describe("guardian share", function () {
    it("bounds a single step", async function () {
      const { registry, allocator, byGuardian } = await loadPositions();
      await allocator.setPosition(1, ether(100) + 1n, 0, false);

      for (const call of [byGuardian.drain(1), byGuardian.delist(1), byGuardian.lowerAbsoluteCap(1, 0)]) {
        await expect(call)
          .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
          .withArgs(ether(100) + 1n, ether(100));
      }
    });

    it("can be used to the last wei", async function () {
      const { registry, allocator, byGuardian } = await loadPositions();
      await allocator.setPosition(1, ether(100), 0, false);

      await byGuardian.drain(1);

      expect(await registry.guardianShareLeft()).to.equal(0n);
    });

    it("attack: many small steps at one operator add up to one", async function () {
      const { registry, byGuardian } = await loadPositions();
      for (let cap = 79; cap >= 10; cap -= 23) await byGuardian.lowerAbsoluteCap(1, ether(cap));
      expect(await registry.guardianShareLeft()).to.equal(ether(30));

      await byGuardian.drain(1);

      expect(await registry.guardianShareLeft()).to.equal(ether(20));
    });

    it("attack: many small steps at many operators by different calls and roles add up", async function () {
      const { registry, allocator, byGuardian, byFoundation, pools } = await loadPositions();
      await allocator.setGroup(1, ether(160), 0, 0);
      await byGuardian.lowerAbsoluteCap(1, ether(50));
      await byGuardian.lowerGroupCaps(1, 1_200, NO_SHARE, NO_CAP);
      expect(await registry.guardianShareLeft()).to.equal(ether(30));

      await expect(byFoundation.unwhitelistPool(pools[1]))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(80), ether(30));
      await expect(byGuardian.delist(1))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(50), ether(30));
      expect((await registry.operator(1)).state).to.equal(State.active);
    });

    it("attack: a round that is left open, in which a group's members are not summed up, hides nothing", async function () {
      const { registry, allocator, byGuardian, byNotice } = await loadPositions();
      await allocator.setRound(2);
      await allocator.setGroup(1, 0, 0, 0); // of 160 ether nothing is read yet

      for (const caller of [byGuardian, byNotice]) {
        await expect(caller.lowerGroupCaps(1, 0, NO_SHARE, NO_CAP))
          .to.be.revertedWithCustomError(registry, "RoundOpen")
          .withArgs(2n);
      }
      await allocator.setRound(0);
      await allocator.setGroup(1, ether(160), 0, 0);

      await expect(byGuardian.lowerGroupCaps(1, 0, NO_SHARE, NO_CAP))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(160), ether(100));
    });

    it("attack: a group is not tightened before a round has read whom it has got", async function () {
      const { registry, allocator, byGuardian, byNotice } = await loadPositions();
      await allocator.setSnapshotRound(5);
      await byNotice.setGroups(2, pack(1, 2)); // with 80 ether, which group 2 is about to hold
      for (const round of [0, 5]) {
        await allocator.setSnapshotRound(round);
        await expect(byGuardian.lowerGroupCaps(2, 0, 0, 0))
          .to.be.revertedWithCustomError(registry, "GroupNotRead")
          .withArgs(2n, BigInt(round), 6n);
      }
      // Of groups that nobody left or joined all is known.
      const { poolShareBps, netShareBps, absoluteCap } = await registry.group(1);
      await expect(byGuardian.lowerGroupCaps(1, poolShareBps, netShareBps, absoluteCap)).to.emit(
        registry,
        "GroupChanged",
      );

      await allocator.setSnapshotRound(6);
      await allocator.setGroup(2, ether(160), 0, 0);
      await expect(byGuardian.lowerGroupCaps(2, 0, 0, 0))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(160), ether(100));
      // A round that has begun may have read it before.
      await allocator.setRound(7);
      await byNotice.setGroups(1, 0);
      await allocator.setRound(0);
      await allocator.setSnapshotRound(7);
      await expect(byGuardian.lowerGroupCaps(1, 0, 0, 0))
        .to.be.revertedWithCustomError(registry, "GroupNotRead")
        .withArgs(1n, 7n, 8n);
      // With notice nobody is taken by surprise.
      await expect(byNotice.lowerGroupCaps(2, 0, 0, 0)).to.emit(registry, "GroupChanged");
    });

    it("attack: a step that fails uses nothing", async function () {
      const { registry, byGuardian } = await loadPositions();
      await byGuardian.drain(1);

      await expect(byGuardian.drain(2)).to.be.revertedWithCustomError(registry, "GuardianShareExceeded");

      expect(await registry.guardianShareLeft()).to.equal(ether(20));
      expect((await registry.operator(2)).state).to.equal(State.active);
    });

    it("attack: what one epoch leaves does not add to the next one's", async function () {
      const { registry, allocator, byGuardian } = await loadPositions();
      await allocator.setEpoch(2);
      expect(await registry.guardianShareLeft()).to.equal(ether(100));

      await byGuardian.drain(1);
      await expect(byGuardian.drain(2))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(80), ether(20));

      await allocator.setEpoch(3);
      await expect(byGuardian.drain(2)).to.emit(registry, "GuardianShareUsed").withArgs(3n, ether(80), ether(80));
    });

    it("does not bound what was announced, nor is it used by that", async function () {
      const { registry, allocator, byNotice, pools } = await loadPositions();
      await allocator.setPosition(1, ether(500), 0, false);
      await allocator.setPosition(2, ether(400), 0, false);
      await allocator.setGroup(1, ether(900), 0, 0);

      await byNotice.lowerGroupCaps(1, 0, 0, 0);
      await byNotice.lowerAbsoluteCap(1, 0);
      await byNotice.drain(1);
      await byNotice.unwhitelistPool(pools[1]);
      await byNotice.delist(2);

      expect(await registry.guardianShareLeft()).to.equal(ether(100));
    });
  });
});
