import { expect } from "chai";

import {
  Answer,
  days,
  deployPool,
  ether,
  ethers,
  listing,
  loadRegistry,
  loadUnconnectedRegistry,
  loadUnhandedRegistry,
  NO_CAP,
  pack,
  State,
} from "../fixtures/registry.ts";

/** A pool that may be listed as operator 3 by the notice. */
async function loadCandidate(answer: bigint = Answer.revert, unbondingTime: bigint = days(2)) {
  const base = await loadRegistry();
  const pool = await deployPool(answer, unbondingTime);
  await base.registry.connect(base.foundation).whitelistPool(pool);

  return { ...base, pool, byNotice: base.registry.connect(base.noticeSigner) };
}

describe("OperatorRegistry", function () {
  describe("list", function () {
    it("reverts without notice", async function () {
      const { registry, governance, pool } = await loadCandidate();

      await expect(registry.connect(governance).list(await listing(pool)))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(governance);
    });

    it("reverts before the registry is connected", async function () {
      const { registry } = await loadUnconnectedRegistry();

      await expect(registry.list(await listing(await deployPool()))).to.be.revertedWithCustomError(
        registry,
        "NotConnected",
      );
    });

    it("reverts from within a call of the allocator's", async function () {
      const { registry, byNotice, allocator, pool } = await loadCandidate();
      await allocator.setBusy(true);

      await expect(byNotice.list(await listing(pool))).to.be.revertedWithCustomError(registry, "AllocatorBusy");
    });

    it("reverts while a round is open", async function () {
      const { registry, byNotice, allocator, pool } = await loadCandidate();
      await allocator.setRound(7);

      await expect(byNotice.list(await listing(pool)))
        .to.be.revertedWithCustomError(registry, "RoundOpen")
        .withArgs(7n);
    });

    it("reverts for a pool that nobody vouches for", async function () {
      const { registry, byNotice } = await loadCandidate();
      const pool = await deployPool();

      await expect(byNotice.list(await listing(pool)))
        .to.be.revertedWithCustomError(registry, "NotWhitelisted")
        .withArgs(pool);
    });

    it("reverts for a pool that the factory does not know", async function () {
      const { registry, byNotice, factory, pool } = await loadCandidate();

      await expect(byNotice.list(await listing(pool, { factory: await factory.getAddress() })))
        .to.be.revertedWithCustomError(registry, "NotWhitelisted")
        .withArgs(pool);
    });

    it("reverts for a pool of a factory that is not whitelisted", async function () {
      const { registry, byNotice, pool } = await loadCandidate();
      const factory = await ethers.deployContract("MockStakingPoolFactory");
      await factory.setPool(pool, true);

      await expect(byNotice.list(await listing(pool, { factory: await factory.getAddress() })))
        .to.be.revertedWithCustomError(registry, "NotWhitelisted")
        .withArgs(pool);
    });

    it("reverts for a pool that is listed", async function () {
      const { registry, byNotice, pools } = await loadCandidate();

      await expect(byNotice.list(await listing(pools[1])))
        .to.be.revertedWithCustomError(registry, "AlreadyListed")
        .withArgs(pools[1], 2n);
    });

    it("reverts for a delisted pool until it is removed", async function () {
      const { registry, byNotice, pools } = await loadCandidate();
      await byNotice.delist(2);

      await expect(byNotice.list(await listing(pools[1])))
        .to.be.revertedWithCustomError(registry, "AlreadyListed")
        .withArgs(pools[1], 2n);
    });

    it("attack: reverts for the pool of pools itself", async function () {
      const { registry, byNotice, foundation, metaPool } = await loadCandidate();
      await registry.connect(foundation).whitelistPool(metaPool);

      await expect(byNotice.list(await listing(metaPool)))
        .to.be.revertedWithCustomError(registry, "NestedMetaPool")
        .withArgs(metaPool);
    });

    it("attack: reverts for another pool of pools", async function () {
      const { registry, byNotice, pool } = await loadCandidate(Answer.true);

      await expect(byNotice.list(await listing(pool)))
        .to.be.revertedWithCustomError(registry, "NestedMetaPool")
        .withArgs(pool);
    });

    for (const [index, bounds] of [
      [9n, 10n, 1_000n],
      [1_001n, 10n, 1_000n],
    ].entries()) {
      it(`reverts for a weight ${index === 0 ? "below" : "above"} its bounds`, async function () {
        const { registry, byNotice, pool } = await loadCandidate();

        await expect(byNotice.list(await listing(pool, { weight: bounds[0]! })))
          .to.be.revertedWithCustomError(registry, "WeightOutOfBounds")
          .withArgs(3n, ...bounds);
      });
    }

    it("reverts when the bounds are the wrong way round", async function () {
      const { registry, byNotice, pool } = await loadCandidate();

      await expect(byNotice.list(await listing(pool, { minWeight: 101n, maxWeight: 100n })))
        .to.be.revertedWithCustomError(registry, "OutOfBounds")
        .withArgs(101n, 0n, 100n);
    });

    it("reverts for a group that does not exist", async function () {
      const { registry, byNotice, pool } = await loadCandidate();

      await expect(byNotice.list(await listing(pool, { groups: pack(4) })))
        .to.be.revertedWithCustomError(registry, "UnknownGroup")
        .withArgs(4n);
    });

    it("reverts for a group in another dimension's place", async function () {
      const { registry, byNotice, pool } = await loadCandidate();

      await expect(byNotice.list(await listing(pool, { groups: pack(1, 1) })))
        .to.be.revertedWithCustomError(registry, "WrongDimension")
        .withArgs(1n, 1n, 2n);
    });

    it("reverts when unbonding takes more than 24 epochs", async function () {
      const { registry, byNotice, pool } = await loadCandidate(Answer.revert, days(24) + 1n);

      await expect(byNotice.list(await listing(pool)))
        .to.be.revertedWithCustomError(registry, "UnbondingTooLong")
        .withArgs(days(24) + 1n, days(24));
    });

    it("lists a pool as ramping when its listing was announced", async function () {
      const { registry, byNotice, pool } = await loadCandidate();
      const entry = await listing(pool, { groups: pack(1, 2, 0, 0, 3), absoluteCap: ether(5) });

      await expect(byNotice.list(entry))
        .to.emit(registry, "OperatorListed")
        .withArgs(3n, pool, State.ramping, [
          entry.pool,
          entry.factory,
          entry.weight,
          entry.minWeight,
          entry.maxWeight,
          entry.absoluteCap,
          entry.groups,
        ]);
      expect(await registry.operatorCount()).to.equal(3n);
      expect(await registry.idOf(pool)).to.equal(3n);
      expect(await registry.factoryOf(3)).to.equal(ethers.ZeroAddress);
      expect(await registry.weightBounds(3)).to.deep.equal([10n, 1_000n]);
      expect(await registry.operator(3)).to.deep.equal([
        await pool.getAddress(),
        State.ramping,
        false,
        true,
        100n,
        pack(1, 2, 0, 0, 3),
        ether(5),
        days(2),
      ]);
    });

    it("lists a pool as established before the handover", async function () {
      const { registry, factory } = await loadUnhandedRegistry();
      const pool = await deployPool();
      await factory.setPool(pool, true);
      await registry.setFactoryWhitelisted(factory, true);

      await registry.list(await listing(pool, { factory: await factory.getAddress() }));

      expect((await registry.operator(1)).state).to.equal(State.active);
      expect((await registry.operator(1)).whitelisted).to.equal(true);
      expect(await registry.factoryOf(1)).to.equal(factory);
    });

    it("lets ramp whoever is listed once a round has ended, whoever calls", async function () {
      const { registry, factory, allocator, accessManager } = await loadUnhandedRegistry();
      const pools = [await deployPool(), await deployPool()];
      for (const pool of pools) await factory.setPool(pool, true);
      await registry.setFactoryWhitelisted(factory, true);
      await allocator.setSnapshotRound(1);

      const entries = await Promise.all(
        pools.map(async (pool) => listing(pool, { factory: await factory.getAddress() })),
      );
      await registry.list(entries[0]!);
      // Governance may call through the manager, with notice to that: the registry's caller is not Notice then.
      await accessManager.execute(registry, registry.interface.encodeFunctionData("list", [entries[1]!]));

      expect((await registry.operator(1)).state).to.equal(State.ramping);
      expect((await registry.operator(2)).state).to.equal(State.ramping);
    });

    it("raises the longest unbonding time and never lowers it", async function () {
      const { registry, byNotice, foundation, pool } = await loadCandidate(Answer.revert, days(24));
      const quick = await deployPool(Answer.revert, 0n);
      await registry.connect(foundation).whitelistPool(quick);

      await expect(byNotice.list(await listing(pool)))
        .to.emit(registry, "LongestUnbondingChanged")
        .withArgs(days(2), days(24));
      await expect(byNotice.list(await listing(quick))).not.to.emit(registry, "LongestUnbondingChanged");
      expect(await registry.longestUnbonding()).to.equal(days(24));
    });

    it("gives a removed pool a new id, and never two at once", async function () {
      const { registry, byNotice, pools } = await loadCandidate();
      await byNotice.delist(2);
      await registry.remove(2);

      await byNotice.list(await listing(pools[1]));

      expect(await registry.idOf(pools[1])).to.equal(3n);
      expect((await registry.operator(2)).state).to.equal(State.removed);
      expect((await registry.operator(3)).state).to.equal(State.ramping);
      await expect(byNotice.list(await listing(pools[1])))
        .to.be.revertedWithCustomError(registry, "AlreadyListed")
        .withArgs(pools[1], 3n);
    });

    for (const answer of ["revert", "false", "short"] as const) {
      it(`lists a pool whose answer to isMetaPool is ${answer}`, async function () {
        const { registry, byNotice, pool } = await loadCandidate(Answer[answer]);

        await byNotice.list(await listing(pool));

        expect(await registry.idOf(pool)).to.equal(3n);
      });
    }

    for (const answer of ["flood", "burn"] as const) {
      it(`attack: a pool that answers isMetaPool with a ${answer} costs a bounded piece of gas`, async function () {
        const { registry, byNotice, pool } = await loadCandidate(Answer[answer]);

        const receipt = await (await byNotice.list(await listing(pool))).wait();

        expect(await registry.idOf(pool)).to.equal(3n);
        expect(receipt!.gasUsed).to.be.lessThan(400_000n);
      });
    }
  });

  describe("operator", function () {
    it("is all zero for an unknown id", async function () {
      const { registry } = await loadRegistry();

      for (const id of [0, 3]) {
        expect(await registry.operator(id)).to.deep.equal([ethers.ZeroAddress, 0n, false, false, 0n, 0n, 0n, 0n]);
      }
    });

    it("is cheap: five slots at most", async function () {
      const { registry } = await loadRegistry();
      const byItself = (await registry.operator.estimateGas(2)) - 21_000n;
      const byFactory = (await registry.operator.estimateGas(1)) - 21_000n;

      // A slot costs 2,100, the proxy about 7,500.
      expect(byItself).to.be.lessThan(20_000n);
      expect(byFactory).to.be.lessThan(24_000n);
      expect((await registry.operator(2)).absoluteCap).to.equal(NO_CAP);
    });
  });
});
