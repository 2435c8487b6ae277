import { expect } from "chai";

import { deployPool, ether, listing, loadRegistry, State } from "../fixtures/registry.ts";

/** Operators 1 and 2 are active, operator 3 ramps; each has some stake. */
async function loadOperators() {
  const base = await loadRegistry();
  const { registry, allocator, foundation, noticeSigner, guardian } = base;
  const pool = await deployPool();
  await registry.connect(foundation).whitelistPool(pool);
  await registry.connect(noticeSigner).list(await listing(pool));
  for (const id of [1, 2, 3]) await allocator.setPosition(id, ether(30), ether(1), false);

  return { ...base, byNotice: registry.connect(noticeSigner), byGuardian: registry.connect(guardian) };
}

describe("OperatorRegistry", function () {
  describe("drain", function () {
    it("reverts when the caller is not the guardian", async function () {
      const { registry, governance } = await loadOperators();

      await expect(registry.connect(governance).drain(1))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(governance);
    });

    it("reverts for an unknown operator", async function () {
      const { registry, byGuardian } = await loadOperators();

      for (const id of [0n, 4n]) {
        await expect(byGuardian.drain(id)).to.be.revertedWithCustomError(registry, "UnknownOperator").withArgs(id);
      }
    });

    it("reverts when the operator is draining already", async function () {
      const { registry, byGuardian } = await loadOperators();
      await byGuardian.drain(1);

      await expect(byGuardian.drain(1))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(1n, State.draining);
    });

    it("drains, counting the position", async function () {
      const { registry, byGuardian } = await loadOperators();

      await expect(byGuardian.drain(1))
        .to.emit(registry, "StateChanged")
        .withArgs(1n, State.active, State.draining)
        .and.to.emit(registry, "GuardianShareUsed")
        .withArgs(1n, ether(30), ether(30));
      expect((await registry.operator(1)).state).to.equal(State.draining);
    });

    it("works while a round is open", async function () {
      const { registry, allocator, byGuardian } = await loadOperators();
      await allocator.setRound(3);

      await byGuardian.drain(3);

      expect((await registry.operator(3)).state).to.equal(State.draining);
    });

    it("counts nothing for an operator whose pool is not whitelisted any more", async function () {
      const { registry, byGuardian, foundation, pools } = await loadOperators();
      await registry.connect(foundation).unwhitelistPool(pools[0]);

      await expect(byGuardian.drain(1)).not.to.emit(registry, "GuardianShareUsed");
    });
  });

  describe("reinstate", function () {
    it("reverts without notice", async function () {
      const { registry, governance } = await loadOperators();

      await expect(registry.connect(governance).reinstate(1))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(governance);
    });

    it("reverts for an unknown operator", async function () {
      const { registry, byNotice } = await loadOperators();

      await expect(byNotice.reinstate(4)).to.be.revertedWithCustomError(registry, "UnknownOperator").withArgs(4n);
    });

    it("reverts when the operator is not draining", async function () {
      const { registry, byNotice } = await loadOperators();
      await byNotice.delist(2);

      for (const [id, state] of [
        [1n, State.active],
        [2n, State.delisted],
        [3n, State.ramping],
      ] as const) {
        await expect(byNotice.reinstate(id)).to.be.revertedWithCustomError(registry, "WrongState").withArgs(id, state);
      }
    });

    it("reverts while a round is open", async function () {
      const { registry, allocator, byNotice } = await loadOperators();
      await byNotice.drain(1);
      await allocator.setRound(2);

      await expect(byNotice.reinstate(1)).to.be.revertedWithCustomError(registry, "RoundOpen").withArgs(2n);
    });

    for (const [id, state] of [
      [1n, State.active],
      [3n, State.ramping],
    ] as const) {
      it(`gives operator ${id.toString()} its state of ${state.toString()} back`, async function () {
        const { registry, byNotice } = await loadOperators();
        await byNotice.drain(id);

        await expect(byNotice.reinstate(id)).to.emit(registry, "StateChanged").withArgs(id, State.draining, state);
        expect((await registry.operator(id)).state).to.equal(state);
      });
    }
  });

  describe("delist", function () {
    it("reverts when the caller is not the guardian", async function () {
      const { registry, stranger } = await loadOperators();

      await expect(registry.connect(stranger).delist(1))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(stranger);
    });

    it("reverts for an unknown or delisted operator", async function () {
      const { registry, byGuardian } = await loadOperators();
      await byGuardian.delist(1);

      await expect(byGuardian.delist(9)).to.be.revertedWithCustomError(registry, "UnknownOperator").withArgs(9n);
      await expect(byGuardian.delist(1))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(1n, State.delisted);
    });

    it("delists for good, counting the position", async function () {
      const { registry, byGuardian } = await loadOperators();

      await expect(byGuardian.delist(3))
        .to.emit(registry, "StateChanged")
        .withArgs(3n, State.ramping, State.delisted)
        .and.to.emit(registry, "GuardianShareUsed")
        .withArgs(1n, ether(30), ether(30));
    });

    it("counts nothing for a draining operator", async function () {
      const { registry, byGuardian } = await loadOperators();
      await byGuardian.drain(1);

      await expect(byGuardian.delist(1)).not.to.emit(registry, "GuardianShareUsed");
      expect(await registry.guardianShareLeft()).to.equal(ether(70));
    });
  });

  describe("remove", function () {
    it("reverts for an unknown operator", async function () {
      const { registry } = await loadOperators();

      await expect(registry.remove(0)).to.be.revertedWithCustomError(registry, "UnknownOperator").withArgs(0n);
    });

    it("reverts unless the operator is delisted", async function () {
      const { registry, allocator, byGuardian } = await loadOperators();
      await byGuardian.drain(1);
      await allocator.setPosition(1, 0, 0, false);

      await expect(registry.remove(1))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(1n, State.draining);
      await expect(registry.remove(2)).to.be.revertedWithCustomError(registry, "WrongState").withArgs(2n, State.active);
    });

    it("reverts while a round is open", async function () {
      const { registry, allocator, byGuardian } = await loadOperators();
      await byGuardian.delist(1);
      await allocator.setPosition(1, 0, 0, false);
      await allocator.setRound(4);

      await expect(registry.remove(1)).to.be.revertedWithCustomError(registry, "RoundOpen").withArgs(4n);
    });

    for (const [position, unbonding] of [
      [1n, 0n],
      [0n, 1n],
    ] as const) {
      it(`reverts while ${position === 0n ? "unbonding" : "stake"} is left`, async function () {
        const { registry, allocator, byGuardian } = await loadOperators();
        await byGuardian.delist(1);
        await allocator.setPosition(1, position, unbonding, false);

        await expect(registry.remove(1))
          .to.be.revertedWithCustomError(registry, "StillHolding")
          .withArgs(1n, position, unbonding);
      });
    }

    for (const writtenDown of [false, true]) {
      it(`lets anyone remove an operator that ${writtenDown ? "was written down" : "holds nothing"}`, async function () {
        const { registry, allocator, byGuardian, stranger, pools } = await loadOperators();
        await byGuardian.delist(1);
        await allocator.setPosition(1, writtenDown ? 5n : 0n, 0, writtenDown);

        await expect(registry.connect(stranger).remove(1))
          .to.emit(registry, "StateChanged")
          .withArgs(1n, State.delisted, State.removed);
        expect((await registry.operator(1)).state).to.equal(State.removed);
        expect(await registry.idOf(pools[0])).to.equal(1n);
        expect(await registry.operatorCount()).to.equal(3n);
      });
    }

    it("reverts a second time", async function () {
      const { registry, allocator, byGuardian } = await loadOperators();
      await byGuardian.delist(1);
      await allocator.setPosition(1, 0, 0, false);
      await registry.remove(1);

      await expect(registry.remove(1))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(1n, State.removed);
    });
  });

  describe("activate", function () {
    it("reverts when the caller is not the allocator", async function () {
      const { registry, byNotice, noticeSigner } = await loadOperators();

      await expect(byNotice.activate(3))
        .to.be.revertedWithCustomError(registry, "OnlyAllocator")
        .withArgs(noticeSigner);
    });

    it("reverts unless the operator is ramping", async function () {
      const { registry, allocatorSigner } = await loadOperators();

      await expect(registry.connect(allocatorSigner).activate(1))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(1n, State.active);
      await expect(registry.connect(allocatorSigner).activate(4))
        .to.be.revertedWithCustomError(registry, "UnknownOperator")
        .withArgs(4n);
    });

    it("ends the ramp", async function () {
      const { registry, allocatorSigner } = await loadOperators();

      await expect(registry.connect(allocatorSigner).activate(3))
        .to.emit(registry, "StateChanged")
        .withArgs(3n, State.ramping, State.active);
    });
  });

  describe("watch", function () {
    it("reverts when the caller is neither guardian nor allocator", async function () {
      const { registry, stranger } = await loadOperators();

      await expect(registry.connect(stranger).watch(1))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(stranger);
    });

    it("reverts for an unknown operator", async function () {
      const { registry, byGuardian } = await loadOperators();

      await expect(byGuardian.watch(4)).to.be.revertedWithCustomError(registry, "UnknownOperator").withArgs(4n);
    });

    for (const who of ["guardian", "allocatorSigner"] as const) {
      it(`stops increases when called by the ${who}, and does no harm a second time`, async function () {
        const base = await loadOperators();
        const { registry } = base;

        await expect(registry.connect(base[who]).watch(1)).to.emit(registry, "WatchChanged").withArgs(1n, true);
        await registry.connect(base[who]).watch(1);

        expect((await registry.operator(1)).watch).to.equal(true);
        expect((await registry.operator(1)).state).to.equal(State.active);
        expect((await registry.operator(2)).watch).to.equal(false);
      });
    }

    it("never stops a round: it works in every state", async function () {
      const { registry, allocator, allocatorSigner, byGuardian } = await loadOperators();
      const byAllocator = registry.connect(allocatorSigner);

      await byGuardian.drain(1);
      await byAllocator.watch(1);
      await byGuardian.delist(1);
      await byAllocator.watch(1);
      await allocator.setPosition(1, 0, 0, false);
      await registry.remove(1);
      await byAllocator.watch(1);

      expect((await registry.operator(1)).watch).to.equal(true);
    });
  });

  describe("clearWatch", function () {
    it("reverts without notice", async function () {
      const { registry, guardian } = await loadOperators();

      await expect(registry.connect(guardian).clearWatch(1))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(guardian);
    });

    it("reverts for an unknown or delisted operator", async function () {
      const { registry, byNotice } = await loadOperators();
      await byNotice.delist(1);

      await expect(byNotice.clearWatch(4)).to.be.revertedWithCustomError(registry, "UnknownOperator").withArgs(4n);
      await expect(byNotice.clearWatch(1))
        .to.be.revertedWithCustomError(registry, "WrongState")
        .withArgs(1n, State.delisted);
    });

    it("allows increases again", async function () {
      const { registry, byNotice, byGuardian } = await loadOperators();
      await byGuardian.watch(1);

      await expect(byNotice.clearWatch(1)).to.emit(registry, "WatchChanged").withArgs(1n, false);
      expect((await registry.operator(1)).watch).to.equal(false);
    });
  });

  describe("setLongestUnbonding", function () {
    it("reverts when the caller is not the allocator", async function () {
      const { registry, byNotice, noticeSigner } = await loadOperators();

      await expect(byNotice.setLongestUnbonding(1))
        .to.be.revertedWithCustomError(registry, "OnlyAllocator")
        .withArgs(noticeSigner);
    });

    it("records it, also when it falls", async function () {
      const { registry, allocatorSigner } = await loadOperators();

      await expect(registry.connect(allocatorSigner).setLongestUnbonding(5))
        .to.emit(registry, "LongestUnbondingChanged")
        .withArgs(172_800n, 5n);
      expect(await registry.longestUnbonding()).to.equal(5n);
    });

    it("attack: an operator cannot hold up every change by claiming to unbond for ever", async function () {
      const { registry, allocatorSigner } = await loadOperators();

      await registry.connect(allocatorSigner).setLongestUnbonding(2n ** 256n - 1n);

      expect(await registry.longestUnbonding()).to.equal(24n * 86_400n);
    });
  });
});
