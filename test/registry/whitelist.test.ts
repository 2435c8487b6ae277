import { expect } from "chai";

import { deployPool, ether, listing, loadRegistry, loadUnhandedRegistry, NO_CAP, State } from "../fixtures/registry.ts";

describe("OperatorRegistry", function () {
  describe("setFactoryWhitelisted", function () {
    it("reverts without notice", async function () {
      const { registry, factory, foundation } = await loadRegistry();

      await expect(registry.connect(foundation).setFactoryWhitelisted(factory, false))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(foundation);
    });

    it("vouches for a factory's pools", async function () {
      const { registry, factory } = await loadUnhandedRegistry();

      await expect(registry.setFactoryWhitelisted(factory, true))
        .to.emit(registry, "FactoryWhitelisted")
        .withArgs(factory, true);
      expect(await registry.isFactoryWhitelisted(factory)).to.equal(true);
    });

    it("keeps factories apart, whichever was named first", async function () {
      const { registry, factory, noticeSigner } = await loadRegistry();
      const other = await deployPool();
      for (const whitelisted of [true, false]) {
        await registry.connect(noticeSigner).setFactoryWhitelisted(other, whitelisted);
        expect(await registry.isFactoryWhitelisted(other)).to.equal(whitelisted);
        expect(await registry.isFactoryWhitelisted(factory)).to.equal(true);
      }
      await registry.connect(noticeSigner).setFactoryWhitelisted(other, true);
      await registry.connect(noticeSigner).setFactoryWhitelisted(factory, false);
      expect(await registry.isFactoryWhitelisted(other)).to.equal(true);
      expect((await registry.operator(1)).whitelisted).to.equal(false);
      expect(await registry.factoryOf(1)).to.equal(await factory.getAddress());
    });

    it("stops vouching for all of them at once, but not for those whitelisted by themselves", async function () {
      const { registry, factory, noticeSigner, foundation, pools } = await loadRegistry();
      const both = await deployPool();
      await factory.setPool(both, true);
      await registry.connect(foundation).whitelistPool(both);
      await registry.connect(noticeSigner).list(await listing(both, { factory: await factory.getAddress() }));

      await expect(registry.connect(noticeSigner).setFactoryWhitelisted(factory, false))
        .to.emit(registry, "FactoryWhitelisted")
        .withArgs(factory, false);
      expect(await registry.isWhitelisted(pools[0])).to.equal(false);
      expect((await registry.operator(1)).whitelisted).to.equal(false);
      expect((await registry.operator(2)).whitelisted).to.equal(true);
      expect((await registry.operator(3)).whitelisted).to.equal(true);
    });
  });

  describe("whitelistPool", function () {
    it("reverts when the caller is not the foundation", async function () {
      const { registry, governance, stranger } = await loadRegistry();

      await expect(registry.connect(governance).whitelistPool(stranger))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(governance);
    });

    it("vouches for a pool", async function () {
      const { registry, foundation } = await loadRegistry();
      const pool = await deployPool();

      await expect(registry.connect(foundation).whitelistPool(pool))
        .to.emit(registry, "PoolWhitelisted")
        .withArgs(pool, true);
      expect(await registry.isWhitelisted(pool)).to.equal(true);
    });

    it("lifts a block", async function () {
      const { registry, foundation, pools } = await loadRegistry();
      const pool = await pools[0].getAddress();
      await registry.connect(foundation).unwhitelistPool(pool);
      expect(await registry.standing(1)).to.deep.equal([pool, false, false, NO_CAP]);

      await registry.connect(foundation).whitelistPool(pool);

      expect(await registry.isWhitelisted(pool)).to.equal(true);
      expect((await registry.operator(1)).whitelisted).to.equal(true);
      expect(await registry.standing(1)).to.deep.equal([pool, true, false, NO_CAP]);
    });
  });

  describe("unwhitelistPool", function () {
    it("reverts when the caller is not the foundation", async function () {
      const { registry, guardian, pools } = await loadRegistry();

      await expect(registry.connect(guardian).unwhitelistPool(pools[0]))
        .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
        .withArgs(guardian);
    });

    it("reverts when it makes more a violation than the guardian share", async function () {
      const { registry, allocator, foundation, pools } = await loadRegistry();
      await allocator.setPosition(1, ether(101), 0, false);

      await expect(registry.connect(foundation).unwhitelistPool(pools[0]))
        .to.be.revertedWithCustomError(registry, "GuardianShareExceeded")
        .withArgs(ether(101), ether(100));
    });

    it("wins over the factory", async function () {
      const { registry, allocator, foundation, pools } = await loadRegistry();
      await allocator.setPosition(1, ether(40), 0, false);

      await expect(registry.connect(foundation).unwhitelistPool(pools[0]))
        .to.emit(registry, "PoolWhitelisted")
        .withArgs(pools[0], false)
        .and.to.emit(registry, "GuardianShareUsed")
        .withArgs(1n, ether(40), ether(40));
      expect(await registry.isWhitelisted(pools[0])).to.equal(false);
      expect((await registry.operator(1)).whitelisted).to.equal(false);
      expect((await registry.operator(1)).state).to.equal(State.active);
    });

    it("keeps a pool from being listed by its factory", async function () {
      const { registry, factory, foundation, noticeSigner } = await loadRegistry();
      const pool = await deployPool();
      await factory.setPool(pool, true);
      await registry.connect(foundation).unwhitelistPool(pool);

      await expect(registry.connect(noticeSigner).list(await listing(pool, { factory: await factory.getAddress() })))
        .to.be.revertedWithCustomError(registry, "NotWhitelisted")
        .withArgs(pool);
    });

    it("counts nothing for a pool that is not listed, or is blocked already", async function () {
      const { registry, allocator, foundation, pools, stranger } = await loadRegistry();
      await allocator.setPosition(1, ether(60), 0, false);

      await expect(registry.connect(foundation).unwhitelistPool(stranger)).not.to.emit(registry, "GuardianShareUsed");
      await registry.connect(foundation).unwhitelistPool(pools[0]);
      await expect(registry.connect(foundation).unwhitelistPool(pools[0])).not.to.emit(registry, "GuardianShareUsed");
      expect(await registry.guardianShareLeft()).to.equal(ether(40));
    });
  });

  describe("isWhitelisted", function () {
    it("is false for a factory's pool that is not listed, and for anything else", async function () {
      const { registry, factory, stranger } = await loadRegistry();
      const pool = await deployPool();
      await factory.setPool(pool, true);

      expect(await registry.isWhitelisted(pool)).to.equal(false);
      expect(await registry.isWhitelisted(stranger)).to.equal(false);
    });

    it("is true for a listed pool of a factory, and for one whitelisted by itself", async function () {
      const { registry, pools } = await loadRegistry();

      expect(await registry.isWhitelisted(pools[0])).to.equal(true);
      expect(await registry.isWhitelisted(pools[1])).to.equal(true);
    });
  });
});
