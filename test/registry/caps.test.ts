import { expect } from "chai";

import { ether, GROUPS, loadRegistry, NO_CAP, NO_SHARE, pack, State } from "../fixtures/registry.ts";

type Caps = { dimension: bigint; poolShareBps: bigint; netShareBps: bigint; absoluteCap: bigint };

/** As a tuple, in the order of the struct. */
function tuple(caps: Caps) {
  return [caps.dimension, caps.poolShareBps, caps.netShareBps, caps.absoluteCap];
}

async function loadCaps() {
  const base = await loadRegistry();
  const { registry, guardian, noticeSigner } = base;

  return { ...base, byGuardian: registry.connect(guardian), byNotice: registry.connect(noticeSigner) };
}

describe("OperatorRegistry", function () {
  describe("setAbsoluteCap", function () {
    it("reverts without notice", async function () {
      const { registry, governance } = await loadCaps();

      await expect(registry.connect(governance).setAbsoluteCap(1, 0))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(governance);
    });

    it("reverts for an unknown or delisted operator", async function () {
      const { registry, byNotice } = await loadCaps();
      await byNotice.delist(1);

      await expect(byNotice.setAbsoluteCap(3, 0))
        .to.be.revertedWithCustomError(registry, "UnknownOperator")
        .withArgs(3n);
      await expect(byNotice.setAbsoluteCap(1, 0))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(1n, State.delisted);
    });

    it("raises and lowers a cap, beyond the guardian share", async function () {
      const { registry, allocator, byNotice } = await loadCaps();
      await allocator.setPosition(1, ether(500), 0, false);

      await expect(byNotice.setAbsoluteCap(1, 5))
        .to.emit(registry, "AbsoluteCapChanged")
        .withArgs(1n, NO_CAP, 5n)
        .and.not.to.emit(registry, "GuardianShareUsed");
      await byNotice.setAbsoluteCap(1, 6);
      expect((await registry.operator(1)).absoluteCap).to.equal(6n);
    });
  });

  describe("lowerAbsoluteCap", function () {
    it("reverts when the caller is not the guardian", async function () {
      const { registry, stranger } = await loadCaps();

      await expect(registry.connect(stranger).lowerAbsoluteCap(1, 0))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(stranger);
    });

    it("reverts for an unknown or delisted operator", async function () {
      const { registry, byGuardian } = await loadCaps();
      await byGuardian.delist(1);

      await expect(byGuardian.lowerAbsoluteCap(3, 0))
        .to.be.revertedWithCustomError(registry, "UnknownOperator")
        .withArgs(3n);
      await expect(byGuardian.lowerAbsoluteCap(1, 0))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(1n, State.delisted);
    });

    it("reverts when the cap would not fall", async function () {
      const { registry, byGuardian } = await loadCaps();
      await byGuardian.lowerAbsoluteCap(1, ether(50));

      for (const cap of [ether(50), ether(51)]) {
        await expect(byGuardian.lowerAbsoluteCap(1, cap))
          .to.be.revertedWithCustomError(registry, "NotLower")
          .withArgs(ether(50), cap);
      }
    });

    it("counts what the cap cuts off", async function () {
      const { registry, allocator, byGuardian } = await loadCaps();
      await allocator.setPosition(1, ether(70), 0, false);

      await expect(byGuardian.lowerAbsoluteCap(1, ether(50)))
        .to.emit(registry, "AbsoluteCapChanged")
        .withArgs(1n, NO_CAP, ether(50))
        .and.to.emit(registry, "GuardianShareUsed")
        .withArgs(1n, ether(20), ether(20));
    });

    it("counts nothing while the position fits, or is a violation anyway", async function () {
      const { registry, allocator, byGuardian } = await loadCaps();
      await allocator.setPosition(1, ether(70), 0, false);

      await expect(byGuardian.lowerAbsoluteCap(1, ether(70))).not.to.emit(registry, "GuardianShareUsed");
      await byGuardian.drain(1);
      await expect(byGuardian.lowerAbsoluteCap(1, 0)).not.to.emit(registry, "GuardianShareUsed");
      expect(await registry.guardianShareLeft()).to.equal(ether(30));
    });

    it("counts nothing within the grace, and all of it beyond", async function () {
      const { registry, allocator, byGuardian } = await loadCaps();
      await allocator.setGrace(500);
      await allocator.setPosition(1, ether(42), 0, false);

      await expect(byGuardian.lowerAbsoluteCap(1, ether(40))).not.to.emit(registry, "GuardianShareUsed");
      await expect(byGuardian.lowerAbsoluteCap(1, ether(40) - 1n))
        .to.emit(registry, "GuardianShareUsed")
        .withArgs(1n, ether(2) + 1n, ether(2) + 1n);
    });
  });

  describe("setGroups", function () {
    it("reverts without notice", async function () {
      const { registry, governance } = await loadCaps();

      await expect(registry.connect(governance).setGroups(1, 0))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(governance);
    });

    it("reverts for an unknown or delisted operator", async function () {
      const { registry, byNotice } = await loadCaps();
      await byNotice.delist(1);

      await expect(byNotice.setGroups(3, 0)).to.be.revertedWithCustomError(registry, "UnknownOperator").withArgs(3n);
      await expect(byNotice.setGroups(1, 0))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(1n, State.delisted);
    });

    it("reverts for a group that does not exist or has another dimension", async function () {
      const { registry, byNotice } = await loadCaps();

      await expect(byNotice.setGroups(1, pack(0, 255)))
        .to.be.revertedWithCustomError(registry, "UnknownGroup")
        .withArgs(255n);
      await expect(byNotice.setGroups(1, pack(0, 0, 0, 3)))
        .to.be.revertedWithCustomError(registry, "WrongDimension")
        .withArgs(3n, 5n, 4n);
    });

    it("sets them", async function () {
      const { registry, byNotice } = await loadCaps();

      await expect(byNotice.setGroups(1, pack(0, 2, 0, 0, 3)))
        .to.emit(registry, "GroupsChanged")
        .withArgs(1n, pack(1, 2), pack(0, 2, 0, 0, 3));
      expect((await registry.operator(1)).groups).to.equal(pack(0, 2, 0, 0, 3));
    });
  });

  describe("setGroup", function () {
    const NEW_GROUP = { dimension: 4n, poolShareBps: 10_000n, netShareBps: 0n, absoluteCap: ether(9) };

    it("reverts without notice", async function () {
      const { registry, governance } = await loadCaps();

      await expect(registry.connect(governance).setGroup(4, NEW_GROUP))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(governance);
    });

    it("reverts for the pool itself and for an id that skips one", async function () {
      const { registry, byNotice } = await loadCaps();

      for (const id of [0n, 5n, 2n ** 256n - 1n]) {
        await expect(byNotice.setGroup(id, NEW_GROUP))
          .to.be.revertedWithCustomError(registry, "UnknownGroup")
          .withArgs(id);
      }
    });

    it("reverts for the 256th group", async function () {
      this.timeout(60_000);
      const { registry, byNotice } = await loadCaps();
      for (let id = 4; id <= 255; ++id) await byNotice.setGroup(id, NEW_GROUP);

      await expect(byNotice.setGroup(256, NEW_GROUP))
        .to.be.revertedWithCustomError(registry, "TooManyGroups")
        .withArgs(256n);
      expect(await registry.groupCount()).to.equal(255n);
    });

    for (const { change, bounds } of [
      { change: { dimension: 0n }, bounds: [0n, 1n, 5n] },
      { change: { dimension: 6n }, bounds: [6n, 1n, 5n] },
      { change: { poolShareBps: 10_001n }, bounds: [10_001n, 0n, 10_000n] },
      { change: { netShareBps: NO_SHARE - 1n }, bounds: [NO_SHARE - 1n, 0n, 10_000n] },
    ]) {
      it(`reverts for ${Object.entries(change).join(" ").replace(",", " of ")}`, async function () {
        const { registry, byNotice } = await loadCaps();

        await expect(byNotice.setGroup(4, { ...NEW_GROUP, ...change }))
          .to.be.revertedWithCustomError(registry, "OutOfBounds")
          .withArgs(...bounds);
      });
    }

    it("reverts when the dimension would change", async function () {
      const { registry, byNotice } = await loadCaps();

      await expect(byNotice.setGroup(1, NEW_GROUP))
        .to.be.revertedWithCustomError(registry, "WrongDimension")
        .withArgs(1n, 4n, 1n);
    });

    it("creates a group", async function () {
      const { registry, byNotice } = await loadCaps();

      await expect(byNotice.setGroup(4, NEW_GROUP))
        .to.emit(registry, "GroupChanged")
        .withArgs(4n, [0n, 0n, 0n, 0n], tuple(NEW_GROUP));
      expect(await registry.group(4)).to.deep.equal(tuple(NEW_GROUP));
      expect(await registry.groupCount()).to.equal(4n);
    });

    it("changes a group", async function () {
      const { registry, byNotice } = await loadCaps();
      const raised = { ...GROUPS[0], poolShareBps: 5_000n };

      await expect(byNotice.setGroup(1, raised))
        .to.emit(registry, "GroupChanged")
        .withArgs(1n, tuple(GROUPS[0]), tuple(raised));
      expect(await registry.group(1)).to.deep.equal(tuple(raised));
      expect(await registry.groupCount()).to.equal(3n);
    });
  });

  describe("group", function () {
    it("is all zero for an unknown id", async function () {
      const { registry } = await loadCaps();

      for (const id of [0n, 4n]) expect(await registry.group(id)).to.deep.equal([0n, 0n, 0n, 0n]);
    });
  });

  describe("lowerGroupCaps", function () {
    it("reverts when the caller is not the guardian", async function () {
      const { registry, stranger } = await loadCaps();

      await expect(registry.connect(stranger).lowerGroupCaps(1, 0, 0, 0))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(stranger);
    });

    it("reverts for an unknown group", async function () {
      const { registry, byGuardian } = await loadCaps();

      for (const id of [0n, 4n]) {
        await expect(byGuardian.lowerGroupCaps(id, 0, 0, 0))
          .to.be.revertedWithCustomError(registry, "UnknownGroup")
          .withArgs(id);
      }
    });

    it("reverts for a share above one", async function () {
      const { registry, byGuardian } = await loadCaps();

      await expect(byGuardian.lowerGroupCaps(3, 10_001, NO_SHARE, NO_CAP))
        .to.be.revertedWithCustomError(registry, "OutOfBounds")
        .withArgs(10_001n, 0n, 10_000n);
    });

    it("reverts when one of the caps would rise", async function () {
      const { registry, byGuardian } = await loadCaps();
      await byGuardian.lowerGroupCaps(1, 3_000, 300, 30);

      await expect(byGuardian.lowerGroupCaps(1, 3_001, 0, 0))
        .to.be.revertedWithCustomError(registry, "NotLower")
        .withArgs(3_000n, 3_001n);
      await expect(byGuardian.lowerGroupCaps(1, 0, NO_SHARE, 0))
        .to.be.revertedWithCustomError(registry, "NotLower")
        .withArgs(300n, NO_SHARE);
      await expect(byGuardian.lowerGroupCaps(1, 0, 0, 31))
        .to.be.revertedWithCustomError(registry, "NotLower")
        .withArgs(30n, 31n);
    });

    it("lowers them", async function () {
      const { registry, byGuardian } = await loadCaps();
      const lowered = { dimension: 1n, poolShareBps: 3_999n, netShareBps: 10_000n, absoluteCap: NO_CAP };

      await expect(byGuardian.lowerGroupCaps(1, 3_999, 10_000, NO_CAP))
        .to.emit(registry, "GroupChanged")
        .withArgs(1n, tuple(GROUPS[0]), tuple(lowered));
      expect(await registry.group(1)).to.deep.equal(tuple(lowered));
    });

    it("emits the same caps and changes nothing", async function () {
      const { registry, byGuardian } = await loadCaps();

      await expect(byGuardian.lowerGroupCaps(1, 4_000, NO_SHARE, NO_CAP))
        .to.emit(registry, "GroupChanged")
        .withArgs(1n, tuple(GROUPS[0]), tuple(GROUPS[0]));
    });

    // T = T' = 1,000 and N = 100,000 ether.
    const cuts = [
      { name: "a share of the pool", caps: [3_000n, NO_SHARE, NO_CAP], held: [350, 0, 0], cut: 50 },
      { name: "an absolute cap", caps: [4_000n, NO_SHARE, ether(340)], held: [350, 0, 0], cut: 10 },
      { name: "a share of the network", caps: [4_000n, 40n, NO_CAP], held: [350, 60, 0], cut: 10 },
      { name: "a share of the network that others fill", caps: [4_000n, 40n, NO_CAP], held: [50, 900, 0], cut: 50 },
      { name: "the stake of faulted members", caps: [3_000n, NO_SHARE, NO_CAP], held: [260, 0, 50], cut: 10 },
      { name: "nothing while the members fit", caps: [3_000n, NO_SHARE, NO_CAP], held: [300, 0, 0], cut: 0 },
      { name: "only what was none before", caps: [3_900n, NO_SHARE, NO_CAP], held: [450, 0, 0], cut: 10 },
    ] as const;
    for (const { name, caps, held, cut } of cuts) {
      it(`counts ${name}`, async function () {
        const { registry, allocator, byGuardian } = await loadCaps();
        await allocator.setGroup(1, ether(held[0]), ether(held[1]), ether(held[2]));

        await byGuardian.lowerGroupCaps(1, ...caps);

        expect(await registry.guardianShareLeft()).to.equal(ether(100 - cut));
      });
    }

    for (const [atSnapshot, live] of [
      [0n, ether(100_000)],
      [ether(100_000), 0n],
      [0n, 0n],
    ] as const) {
      it(`attack: refuses a lower share of a network of ${atSnapshot} at the snapshot and ${live} now`, async function () {
        const { registry, allocator, byGuardian } = await loadCaps();
        await allocator.setTotals(ether(1_000), 0, live);
        await allocator.setPoolSnapshot(ether(1_000), 0, atSnapshot);
        await allocator.setGroup(1, ether(350), 0, 0);
        const left = await registry.guardianShareLeft();

        await expect(byGuardian.lowerGroupCaps(1, 4_000, 1, NO_CAP))
          .to.be.revertedWithCustomError(registry, "NetworkNotRead")
          .withArgs(atSnapshot, live);
        await byGuardian.lowerGroupCaps(1, 3_000, NO_SHARE, NO_CAP);
        expect(await registry.guardianShareLeft()).to.equal(left - ether(50));
      });
    }

    it("takes a lower share of a network that cannot be read with notice", async function () {
      const { registry, allocator, byNotice } = await loadCaps();
      await allocator.setTotals(ether(1_000), 0, 0);
      await allocator.setPoolSnapshot(ether(1_000), 0, 0);
      const left = await registry.guardianShareLeft();

      await byNotice.lowerGroupCaps(1, 4_000, 1, NO_CAP);

      expect((await registry.group(1)).netShareBps).to.equal(1n);
      expect(await registry.guardianShareLeft()).to.equal(left);
    });

    for (const live of [true, false]) {
      it(`attack: a large stake in ${live ? "the pool" : "the snapshot"} hides nothing`, async function () {
        const { registry, allocator, byGuardian } = await loadCaps();
        await allocator.setGroup(1, ether(350), 0, 0);
        if (live) await allocator.setTotals(ether(1_000_000), 0, ether(100_000));
        else await allocator.setPoolSnapshot(ether(1_000_000), 0, ether(100_000));
        const left = await registry.guardianShareLeft();

        await byGuardian.lowerGroupCaps(1, 3_000, NO_SHARE, NO_CAP);

        expect(left - (await registry.guardianShareLeft())).to.equal(ether(50));
      });
    }
  });
});
