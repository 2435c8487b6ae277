/** Roles that are captured: A42, A48 and A65 of docs/attacks.md. */
import { expect } from "chai";

import {
  all,
  connection,
  DAY,
  delegate,
  deployWorld,
  ether,
  ethers,
  networkHelpers,
  nextRound,
  PAGE,
  settleAll,
  type World,
} from "../fixtures/allocator.ts";
import { openLedger } from "../helpers/worth.ts";

const DUST = 10n;
const MOST_EPOCHS = 30;

/** Six honest operators have nearly all of alice's 90 and bob's 10 ether. */
async function deploy() {
  const world = await deployWorld({
    honest: Array.from({ length: 6 }, () => ({ bond: ether(10) })),
    stake: ether("89.9"),
  });
  await world.metaPool.connect(world.bob).deposit_and_stake({ value: ether(10) });
  await delegate(world);
  return world;
}

/** The upgrade to a pool that pays all it has to the first to ask. */
async function theftOf({ metaPool }: World) {
  const thief = await ethers.deployContract("ThievingPool");
  const pool = await metaPool.getAddress();
  const data = metaPool.interface.encodeFunctionData("upgradeToAndCall", [await thief.getAddress(), "0x"]);
  return { call: [pool, data, ethers.ZeroHash] as const, thief: thief.attach(pool) as typeof thief };
}

describe("Attacks", () => {
  describe("governance", () => {
    for (const rounds of [0, 1, 2]) {
      it(`A65 an upgrade right behind what funds the exits it waits for takes nothing of who asked ${rounds} rounds after its announcement`, async () => {
        const world = await networkHelpers.loadFixture(deploy);
        const { metaPool, allocator, notice, governance, bob: victim, eve: attacker } = world;
        const { call, thief } = await theftOf(world);
        await notice.connect(governance).announce(...call);
        const id = await notice.idOf(...call);
        for (let round = 0; round < rounds; round += 1) await nextRound(world);
        await metaPool.connect(victim).unstake_all();
        await allocator.rebalance(all("down", 6), PAGE);
        const asked = await metaPool.get_account_unstaked_balance(victim);
        let paid = 0n;

        let isUpgraded = false;
        for (let epoch = 0; !isUpgraded; epoch += 1) {
          expect(epoch, "the upgrade is not held up for ever").to.be.lessThan(MOST_EPOCHS);
          // The victim looks once an epoch, just before the next.
          await networkHelpers.time.increaseTo((await allocator.nextRoundAt()) - 5n);
          await metaPool.fundExits(32n);
          const withdrawable = await metaPool.withdrawable(victim);
          if (withdrawable !== 0n) await metaPool.connect(victim).withdraw_all();
          paid += withdrawable;
          // Nobody gets in between these.
          await networkHelpers.time.increaseTo(await allocator.nextRoundAt());
          await settleAll(world);
          await metaPool.connect(attacker).fundExits(32n);
          await tried(notice.connect(attacker).noteFunded(id));
          isUpgraded = await tried(notice.connect(attacker).execute(...call));
          if (!isUpgraded) await allocator.rebalance(all("down", 6), PAGE);
        }
        const left = await ethers.provider.getBalance(thief);
        await expect(thief.connect(attacker).take()).to.changeEtherBalance(ethers, attacker, left);

        expect(paid).to.be.closeTo(asked, DUST);
      });
    }

    it("A65 an upgrade that names an address without code cannot be announced, so that nobody waits for what it will be", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { metaPool, notice, governance, eve: attacker, alice } = world;
      const ledger = await openLedger(connection, [metaPool], { attacker: [attacker], victim: [alice] });
      const to = ethers.getCreateAddress({ from: attacker.address, nonce: await attacker.getNonce() });
      const data = metaPool.interface.encodeFunctionData("upgradeToAndCall", [to, "0x"]);

      await expect(notice.connect(governance).announce(metaPool, data, ethers.ZeroHash))
        .to.be.revertedWithCustomError(notice, "CodeNotReadable")
        .withArgs(to);
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("A48 governance that is captured vouches for no pool in Notice's name", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { metaPool, notice, registry, governance: attacker, alice } = world;
      const ledger = await openLedger(connection, [metaPool], { attacker: [attacker], victim: [alice] });
      const pool = await ethers.deployContract("HostilePool");
      const vouch = registry.interface.encodeFunctionData("whitelistPool", [await pool.getAddress()]);
      const byAttacker = notice.connect(attacker);
      const at = ethers.getAddress(await registry.getAddress());
      await expect(byAttacker.announce(at, vouch, ethers.ZeroHash))
        .to.be.revertedWithCustomError(notice, "NotAllowed")
        .withArgs(attacker, at, vouch.slice(0, 10));

      const nested = notice.interface.encodeFunctionData("announce", [at, vouch, ethers.ZeroHash]);
      await expect(byAttacker.announce(notice, nested, ethers.ZeroHash))
        .to.be.revertedWithCustomError(notice, "NotAllowed")
        .withArgs(attacker, ethers.getAddress(await notice.getAddress()), nested.slice(0, 10));
      expect(await registry.isWhitelisted(pool)).to.equal(false);
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
    });

    it("A42 a guardian that announces its pauses at Notice repeats them no sooner", async () => {
      const world = await networkHelpers.loadFixture(deploy);
      const { metaPool, notice, guardian: attacker, governance, alice, eve: victim } = world;
      const ledger = await openLedger(connection, [metaPool], { attacker: [attacker], victim: [alice] });
      const pause = metaPool.interface.encodeFunctionData("pauseStaking", [21n * DAY]);
      const call = [ethers.getAddress(await metaPool.getAddress()), pause, ethers.ZeroHash] as const;
      await metaPool.connect(attacker).pauseStaking(21n * DAY);

      await expect(notice.connect(attacker).announce(...call))
        .to.be.revertedWithCustomError(notice, "NotAllowed")
        .withArgs(attacker, call[0], pause.slice(0, 10));

      await networkHelpers.time.increase(21n * DAY);
      await expect(metaPool.connect(attacker).pauseStaking(DAY)).to.be.revertedWithCustomError(
        metaPool,
        "PauseNotAllowedYet",
      );
      await metaPool.connect(victim).deposit_and_stake({ value: ether(1) });
      expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });

      // With notice governance may, and may take back what the guardian announces.
      await notice.connect(governance).announce(...call);
      for (let round = 0; round < 9; round += 1) await nextRound(world);
      await expect(notice.connect(victim).execute(...call)).to.emit(metaPool, "StakingPaused");
    });
  });
});

async function tried(call: Promise<{ wait(): Promise<unknown> }>): Promise<boolean> {
  return call.then(
    async (sent) => (await sent.wait()) !== null,
    () => false,
  );
}
