import { expect } from "chai";

import {
  deployPool,
  ether,
  listing,
  loadUnhandedRegistry,
  NO_CAP,
  NO_SHARE,
  pack,
  State,
} from "../fixtures/registry.ts";
import { inTenure, loadOperators, loadTenure, TENURE, VETERANS } from "../fixtures/curation.ts";

describe("OperatorRegistry", function () {
  describe("setTenureGroup", function () {
    it("reverts without notice", async function () {
      const { registry, governance, scorer } = await loadOperators();

      for (const caller of [governance, scorer]) {
        await expect(registry.connect(caller).setTenureGroup(TENURE))
          .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    });

    for (const group of [4n, 256n + 3n, 2n ** 256n - 1n]) {
      it(`reverts for group ${group.toString()}, which does not exist`, async function () {
        const { registry, byNotice } = await loadOperators();

        await expect(byNotice.setTenureGroup(group))
          .to.be.revertedWithCustomError(registry, "UnknownGroup")
          .withArgs(group);
      });
    }

    it("reverts for a group of another dimension", async function () {
      const { registry, byNotice } = await loadOperators();

      await expect(byNotice.setTenureGroup(2))
        .to.be.revertedWithCustomError(registry, "WrongDimension")
        .withArgs(2n, 2n, 5n);
    });

    it("names a group, and none again, and moves nobody", async function () {
      const { registry, byNotice } = await loadOperators();
      expect(await registry.tenureGroup()).to.equal(0n);

      await expect(byNotice.setTenureGroup(TENURE)).to.emit(registry, "TenureGroupChanged").withArgs(0n, 3n);
      expect(await registry.tenureGroup()).to.equal(3n);
      expect((await registry.operator(3)).groups).to.equal(0n);
      await expect(byNotice.setTenureGroup(0)).to.emit(registry, "TenureGroupChanged").withArgs(3n, 0n);

      expect(await registry.tenureGroup()).to.equal(0n);
      expect(await registry.groupCount()).to.equal(3n);
    });
  });

  describe("list with a tenure group", function () {
    for (const [given, what] of [
      [0, "none"],
      [TENURE, "the same"],
      [VETERANS, "another one"],
    ] as const) {
      it(`puts a newcomer into it, whose group of that dimension was to be ${what}`, async function () {
        const { registry, byNotice, candidate } = await loadTenure();
        const entry = await listing(candidate, { groups: inTenure(given) });

        await expect(byNotice.list(entry))
          .to.emit(registry, "OperatorListed")
          .withArgs(4n, candidate, State.ramping, [
            ...Object.values({ ...entry, groups: 0n }).slice(0, -1),
            inTenure(TENURE),
          ]);
        expect((await registry.operator(4)).groups).to.equal(inTenure(TENURE));
      });
    }

    it("leaves who is listed before the handover where it was said to be", async function () {
      const { registry } = await loadUnhandedRegistry();
      await registry.setTenureGroup(TENURE);
      const pool = await deployPool();
      await registry.whitelistPool(pool);

      await registry.list(await listing(pool, { groups: pack(1) }));

      const { state, groups } = await registry.operator(1);
      expect([state, groups]).to.deep.equal([State.active, pack(1)]);
    });
  });

  describe("setGroups with a tenure group", function () {
    it("keeps in it who ramps, and changes the other dimensions", async function () {
      const { registry, byNotice, candidate } = await loadTenure();
      await byNotice.list(await listing(candidate));

      await expect(byNotice.setGroups(4, pack(1, 2)))
        .to.emit(registry, "TenureBegun")
        .withArgs(4n, 0n)
        .and.to.emit(registry, "GroupsChanged")
        .withArgs(4n, pack(0, 0, 0, 0, TENURE), pack(1, 2, 0, 0, TENURE));
      expect((await registry.operator(4)).groups).to.equal(pack(1, 2, 0, 0, TENURE));
    });

    it("puts into it who began to ramp before it was named", async function () {
      const { registry, byNotice } = await loadTenure();

      await byNotice.setGroups(3, pack(1));

      expect((await registry.operator(3)).groups).to.equal(inTenure(TENURE));
    });

    it("does what it is told of who is active or draining", async function () {
      const { registry, byNotice, byGuardian } = await loadTenure();
      await byGuardian.drain(2);

      for (const id of [1, 2]) {
        await byNotice.setGroups(id, inTenure(VETERANS));
        expect((await registry.operator(id)).groups).to.equal(inTenure(VETERANS));
      }
    });
  });

  describe("readmit with a tenure group", function () {
    it("puts into it who begins anew", async function () {
      const { registry, byScorer } = await loadTenure();
      await byScorer.drainByReport(1);

      await expect(byScorer.readmit(1))
        .to.emit(registry, "GroupsChanged")
        .withArgs(1n, pack(1, 2), pack(1, 2, 0, 0, TENURE));
      expect((await registry.operator(1)).groups).to.equal(pack(1, 2, 0, 0, TENURE));
    });

    it("changes nothing for who was in it", async function () {
      const { registry, byNotice, byScorer } = await loadTenure();
      await byNotice.setGroups(3, pack(1));
      await byScorer.drainByReport(3);

      await expect(byScorer.readmit(3)).not.to.emit(registry, "GroupsChanged");
      expect((await registry.operator(3)).groups).to.equal(inTenure(TENURE));
    });
  });

  describe("activate after readmit", function () {
    for (const [own, what] of [
      [TENURE, "the tenure group, which was its own"],
      [VETERANS, "its own group"],
      [0, "none"],
    ] as const) {
      it(`leaves who was established in ${what}`, async function () {
        const { registry, byNotice, byScorer, byAllocator } = await loadTenure();
        await byNotice.setGroups(1, inTenure(own));
        await byScorer.drainByReport(1);
        await byScorer.readmit(1);
        expect((await registry.operator(1)).groups).to.equal(inTenure(TENURE));
        // Neither does it get out by being drained again while it ramps.
        await byScorer.drainByReport(1);
        await byScorer.readmit(1);

        const activation = byAllocator.activate(1);
        if (own === TENURE) await expect(activation).not.to.emit(registry, "GroupsChanged");
        else await expect(activation).to.emit(registry, "GroupsChanged").withArgs(1n, inTenure(TENURE), inTenure(own));

        expect((await registry.operator(1)).groups).to.equal(inTenure(own));
      });
    }
  });

  describe("reinstate with a tenure group", function () {
    it("puts into it who goes on ramping, and not who was active", async function () {
      const { registry, byNotice, byGuardian } = await loadTenure();
      await byGuardian.drain(1);
      await byGuardian.drain(3);

      await expect(byNotice.reinstate(3))
        .to.emit(registry, "GroupsChanged")
        .withArgs(3n, 0n, pack(0, 0, 0, 0, TENURE))
        .and.to.emit(registry, "StateChanged")
        .withArgs(3n, State.draining, State.ramping);
      await expect(byNotice.reinstate(1)).not.to.emit(registry, "GroupsChanged");
      expect((await registry.operator(1)).groups).to.equal(pack(1, 2));
    });
  });

  describe("lowerGroupCaps with a tenure group", function () {
    it("attack: counts who may join the group once it has ramped up", async function () {
      const { registry, allocator, byGuardian } = await loadTenure();
      await allocator.setGroup(TENURE, ether(60), 0, ether(50));
      await allocator.setGroup(VETERANS, ether(30), 0, 0);

      await expect(byGuardian.lowerGroupCaps(VETERANS, 0, NO_SHARE, NO_CAP))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(140), ether(100));
      // Nobody joins the tenure group itself but who ramps, nor groups of another dimension.
      await byGuardian.lowerGroupCaps(1, 0, NO_SHARE, NO_CAP);
      expect(await registry.guardianShareLeft()).to.equal(ether(100));
      await expect(byGuardian.lowerGroupCaps(TENURE, 0, NO_SHARE, NO_CAP))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(110), ether(100));
    });
  });

  describe("activate with a tenure group", function () {
    it("takes out of it who has ramped up", async function () {
      const { registry, byNotice, byAllocator } = await loadTenure();
      await byNotice.setGroups(3, pack(1));

      await expect(byAllocator.activate(3))
        .to.emit(registry, "StateChanged")
        .withArgs(3n, State.ramping, State.active)
        .and.to.emit(registry, "GroupsChanged")
        .withArgs(3n, inTenure(TENURE), pack(1));
      expect((await registry.operator(3)).groups).to.equal(pack(1));
    });

    it("gives the group of that dimension that it was listed with", async function () {
      const { registry, byNotice, byAllocator, candidate } = await loadTenure();
      await byNotice.list(await listing(candidate, { groups: inTenure(VETERANS) }));

      await byAllocator.activate(4);

      expect((await registry.operator(4)).groups).to.equal(inTenure(VETERANS));
    });

    it("gives the group that it was given last, also if that is none", async function () {
      const { registry, byNotice, byAllocator, byScorer } = await loadTenure();
      await byNotice.setGroups(3, inTenure(VETERANS));
      await byNotice.setGroups(3, pack(1));
      await byAllocator.activate(3);
      expect((await registry.operator(3)).groups).to.equal(pack(1));

      // A ramp that is over leaves nothing to the next one.
      await byScorer.drainByReport(3);
      await byScorer.readmit(3);
      await byAllocator.activate(3);
      expect((await registry.operator(3)).groups).to.equal(pack(1));
    });

    it("keeps what waits when the other dimensions change", async function () {
      const { registry, byNotice, byAllocator } = await loadTenure();
      await byNotice.setGroups(3, inTenure(VETERANS));

      await byNotice.setGroups(3, pack(0, 2, 0, 0, TENURE));
      await byAllocator.activate(3);

      expect((await registry.operator(3)).groups).to.equal(pack(0, 2, 0, 0, VETERANS));
    });

    it("leaves the groups of who ramped outside of it", async function () {
      const { registry, byAllocator, byNotice } = await loadTenure();
      await byNotice.setTenureGroup(0);
      await byNotice.setGroups(3, inTenure(VETERANS));
      await byNotice.setTenureGroup(TENURE);

      await expect(byAllocator.activate(3)).not.to.emit(registry, "GroupsChanged");
      expect((await registry.operator(3)).groups).to.equal(inTenure(VETERANS));
    });

    it("takes out of a former tenure group who ramped in it", async function () {
      const { registry, byAllocator, byNotice } = await loadTenure();
      await byNotice.setGroups(3, inTenure(VETERANS));
      await byNotice.setTenureGroup(0);

      await expect(byAllocator.activate(3))
        .to.emit(registry, "GroupsChanged")
        .withArgs(3n, inTenure(TENURE), inTenure(VETERANS));
      expect((await registry.operator(3)).groups).to.equal(inTenure(VETERANS));
    });

    it("gives its own group to who went on ramping in another tenure group", async function () {
      const { registry, byAllocator, byNotice, byScorer } = await loadTenure();
      await byNotice.setGroups(3, inTenure(VETERANS));
      await byNotice.setGroup(5, {
        dimension: 5,
        poolShareBps: NO_SHARE,
        netShareBps: NO_SHARE,
        absoluteCap: NO_CAP,
      });
      await byNotice.setTenureGroup(5);
      await byScorer.drainByReport(3);
      await byScorer.readmit(3);
      expect((await registry.operator(3)).groups).to.equal(inTenure(5));

      await byAllocator.activate(3);

      expect((await registry.operator(3)).groups).to.equal(inTenure(VETERANS));
    });

    it("gives the group that it was given while it was draining", async function () {
      const { registry, byAllocator, byNotice, byScorer } = await loadTenure();
      await byNotice.setGroups(3, pack(1));
      await byScorer.drainByReport(3);
      await byNotice.setGroups(3, inTenure(VETERANS));
      await byScorer.readmit(3);
      expect((await registry.operator(3)).groups).to.equal(inTenure(TENURE));

      await byAllocator.activate(3);

      expect((await registry.operator(3)).groups).to.equal(inTenure(VETERANS));
    });
  });
});
