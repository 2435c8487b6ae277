import { expect } from "chai";

import {
  at,
  deployBarePool,
  deployPaidAccount,
  ether,
  ethers,
  force,
  loadGrownPool,
  loadPool,
  loadStakedPool,
  loadWorkingPool,
  networkHelpers,
  nextEpoch,
  now,
  type PoolFixture,
  wire,
} from "../fixtures/metaPool.ts";

/** What `account` could have in its hands once all of it has left. */
async function claimOf({ pool }: Pick<PoolFixture, "pool">, account: { address: string }): Promise<bigint> {
  return pool.get_account_total_balance(account.address);
}

describe("MetaPool", () => {
  describe("attacks", () => {
    it("first depositor: inflating the price of a single wei with a donation costs the attacker and nobody else", async () => {
      const bare = await deployBarePool();
      const { pool, alice: attacker, bob: victim } = bare;
      await wire(pool, bare.governance, bare.allocator.address, bare.notice.address, 1n);
      await pool.connect(attacker).deposit_and_stake({ value: 1n });
      await force(pool, ether(100));
      await pool.connect(victim).deposit_and_stake({ value: ether(10) });

      expect(await claimOf(bare, victim)).to.equal(ether(10));
      expect(await claimOf(bare, attacker)).to.equal(1n);
    });

    it("donation: forced ether buys nothing and moves no price, before, between or after stakes", async () => {
      const fixture = await loadPool();
      const { pool, alice: attacker, bob: victim } = fixture;
      for (const donation of [1n, ether(1), ether(1000)]) {
        await pool.connect(attacker).deposit_and_stake({ value: ether(1) });
        await force(pool, donation);
        await pool.connect(victim).deposit_and_stake({ value: ether(1) });
      }

      expect(await claimOf(fixture, attacker)).to.equal(ether(3));
      expect(await claimOf(fixture, victim)).to.equal(ether(3));
    });

    it("thousands of tiny stakes and exits leave the attacker poorer and the victims no poorer", async () => {
      const fixture = await loadGrownPool();
      const { pool, alice, round } = fixture;
      const attacker = await deployPaidAccount(pool);
      const target = await pool.getAddress();
      const encode = pool.interface.encodeFunctionData.bind(pool.interface) as (
        name: string,
        args?: unknown[],
      ) => string;
      await attacker.act(encode("deposit_and_stake"), ether(1));
      const before = (await claimOf(fixture, attacker)) + (await ethers.provider.getBalance(attacker.address));
      const rate = await pool.getRate();
      const victim = await claimOf(fixture, alice);

      for (let page = 0; page < 6; page++) {
        await attacker.account.repeat(target, 2n, encode("deposit_and_stake"), 200n);
        await attacker.account.repeat(target, 0n, encode("unstakeShares", [1n, 0n]), 200n);
        await attacker.account.repeat(target, 0n, encode("unstake", [1n]), 200n);
        await round();
      }
      await pool.fundExits(10);

      const after = (await claimOf(fixture, attacker)) + (await ethers.provider.getBalance(attacker.address));
      expect(after).to.be.at.most(before);
      expect(await claimOf(fixture, alice)).to.be.at.least(victim);
      expect(await pool.getRate()).to.be.at.least(rate);
    });

    it("stake and leave in one go returns less or the same, at odd prices", async () => {
      for (const [grown, value] of [
        [1n, 3n],
        [7n, ether(1)],
        [ether("33.333"), 1_000_003n],
        [ether(1000), 12_345n],
      ] as const) {
        const fixture = await loadWorkingPool();
        const { pool, carol: attacker, gain, round } = fixture;
        await gain(grown);
        await round();
        await nextEpoch(2n);

        await pool.connect(attacker).deposit_and_stake({ value });

        expect(await claimOf(fixture, attacker)).to.be.at.most(value);
        await pool.connect(attacker).unstake_all();
        expect(await claimOf(fixture, attacker)).to.be.at.most(value);
      }
    });

    it("sandwich of a gain: a flash stake around endRound earns nothing", async () => {
      const fixture = await loadWorkingPool();
      const { pool, carol: attacker, alice: victim, gain, beginRound, endRound } = fixture;
      await beginRound();
      await gain(ether(10));
      const before = await claimOf(fixture, victim);
      await networkHelpers.setBalance(attacker.address, ether(20_000));
      await pool.connect(attacker).deposit_and_stake({ value: ether(10_000) });
      const end = (await now()) + 1n;
      await at(end);
      await endRound(1n, 0n, 0n);
      expect(await claimOf(fixture, attacker)).to.be.at.most(ether(10_000));
      expect(await claimOf(fixture, victim)).to.be.at.least(before);
    });

    it("front-running a loss: an exit asked for before it is booked shares it, and so does a second one", async () => {
      const fixture = await loadWorkingPool();
      const { pool, alice: attacker, bob: victim, loss } = fixture;
      await pool.connect(attacker).unstake(ether(30));
      await loss(ether(10));
      await pool.connect(attacker).unstake_all();

      expect(await claimOf(fixture, attacker)).to.be.at.most((ether(59) * 90n) / 100n + 1n);
      expect(await claimOf(fixture, victim)).to.be.at.least((ether(40) * 90n) / 100n - 1n);
    });

    it("instant exit ahead of a loss: what it saves is bounded by half the buffer target and pays the fee", async () => {
      const fixture = await loadStakedPool();
      const { pool, alice: attacker, fund } = fixture;
      await fund(ether(50));
      await nextEpoch();
      let paid = 0n;
      for (let size = ether("0.2"); size > 1000n; size /= 2n) {
        const [assets] = await pool.previewInstant(size);
        const attempt = await pool
          .connect(attacker)
          .unstakeInstant(size, 0n, attacker)
          .then(
            () => true,
            () => false,
          );
        if (attempt) paid += assets;
      }

      expect(paid).to.be.at.most(ether("0.25"));
    });

    it("griefing by dust: exits of a wei do not make anybody else's exit dearer or later", async () => {
      const fixture = await loadStakedPool();
      const { pool, alice: victim, round } = fixture;
      const attacker = await deployPaidAccount(pool);
      const encode = pool.interface.encodeFunctionData.bind(pool.interface) as (
        name: string,
        args?: unknown[],
      ) => string;
      await attacker.act(encode("deposit_and_stake"), ether(1));
      for (let batch = 0; batch < 20; batch++) {
        await attacker.account.repeat(await pool.getAddress(), 0n, encode("unstake", [1n]), 10n);
        await round();
      }
      await pool.connect(victim).unstake(ether(10));
      await round();
      await pool.fundExits(100);

      await expect(pool.connect(victim).withdraw_all()).to.changeEtherBalance(ethers, victim, ether(10));
    });

    it("partial funding by the wei: an exit loses at most a wei each time, to the shares and not to the attacker", async () => {
      const fixture = await loadWorkingPool();
      const { pool, alice: victim, carol: attacker, loss, round, cash } = fixture;
      await pool.connect(victim).unstake(ether(10));
      await loss(ether(33));
      const claim = await claimOf(fixture, victim);
      await round();
      for (let time = 0; time < 20; time++) {
        await pool.connect(attacker).deposit_and_stake({ value: 7n });
        await pool.connect(attacker).fundExits(1);
      }
      await cash(ether(20));
      await pool.fundExits(1);

      expect(await claimOf(fixture, victim)).to.be.at.least(claim - 20n);
      expect(await claimOf(fixture, attacker)).to.be.at.most(140n);
    });

    it("paying somebody out: withdrawFor moves only what is free and funded, and only to its owner", async () => {
      const fixture = await loadStakedPool();
      const { pool, alice: victim, bob: attacker } = fixture;
      await pool.connect(victim).deposit({ value: ether(2) });
      const staked = await pool.get_account_staked_balance(victim);

      await expect(pool.connect(attacker).withdrawFor(victim)).to.changeEtherBalances(
        ethers,
        [victim, attacker],
        [ether(2), 0n],
      );
      expect(await pool.get_account_staked_balance(victim)).to.equal(staked);
    });

    it("buying into a write-down: a stake made while an operator plays dead gains nothing when it comes back", async () => {
      const fixture = await loadWorkingPool();
      const { pool, allocator, carol: attacker, alice: victim, round } = fixture;
      const own = pool.connect(allocator);
      const before = await claimOf(fixture, victim);
      const factor = await own.reportWriteDown.staticCall(ether(20));
      await own.reportWriteDown(ether(20));
      await pool.connect(attacker).deposit_and_stake({ value: ether(100) });
      await own.endWriteDown(ether(20), factor, true);
      await round();
      await nextEpoch(2n);

      expect(await claimOf(fixture, attacker)).to.be.at.most(ether(100) + 1n);
      expect(await claimOf(fixture, victim)).to.be.at.least(before - 1n);
    });
  });
});
