import { expect } from "chai";

import { ether, ethers, gasOf, loadPool, networkHelpers, UNBONDING } from "../fixtures/operator.ts";

describe("DevNetwork", () => {
  describe("reward", () => {
    it("reverts for anyone but the owner", async () => {
      const { network, alice } = await loadPool();
      await expect(network.connect(alice).reward([alice], [1n], { value: 1n }))
        .to.be.revertedWithCustomError(network, "OwnableUnauthorizedAccount")
        .withArgs(alice);
    });

    it("reverts unless there are as many amounts as pools", async () => {
      const { network, alice } = await loadPool();
      await expect(network.reward([alice], [1n, 2n], { value: 3n }))
        .to.be.revertedWithCustomError(network, "LengthMismatch")
        .withArgs(1n, 2n);
    });

    it("reverts unless the amounts add up to the value", async () => {
      const { network, alice, bob } = await loadPool();
      for (const value of [0n, 2n, 4n]) {
        await expect(network.reward([alice, bob], [1n, 2n], { value }))
          .to.be.revertedWithCustomError(network, "WrongValue")
          .withArgs(value, 3n);
      }
    });

    it("adds to the bonded stake of each pool", async () => {
      const { network, deployer, alice, bob } = await loadPool();
      const total = await network.totalStake();

      const rewards = network.reward([alice, bob, alice], [1n, 2n, 4n], { value: 7n });

      await expect(rewards).to.emit(network, "Rewarded").withArgs(alice, 1n);
      await expect(rewards).to.emit(network, "Rewarded").withArgs(bob, 2n);
      await expect(rewards).to.changeEtherBalances(ethers, [deployer, network], [-7n, 7n]);
      expect(await network.stakeOf(alice)).to.equal(5n);
      expect(await network.stakeOf(bob)).to.equal(2n);
      expect(await network.totalStake()).to.equal(total + 7n);
    });
  });

  describe("countDuties", () => {
    it("reverts for anyone but the owner", async () => {
      const { network, alice } = await loadPool();
      await expect(network.connect(alice).countDuties([alice], [1n], [1n]))
        .to.be.revertedWithCustomError(network, "OwnableUnauthorizedAccount")
        .withArgs(alice);
    });

    it("reverts unless there are as many duties, assigned and done, as pools", async () => {
      const { network, alice } = await loadPool();
      await expect(network.countDuties([alice], [1n, 2n], [1n]))
        .to.be.revertedWithCustomError(network, "LengthMismatch")
        .withArgs(1n, 2n);
      await expect(network.countDuties([alice], [1n], []))
        .to.be.revertedWithCustomError(network, "LengthMismatch")
        .withArgs(1n, 0n);
    });

    it("reverts for more done than assigned, of any pool", async () => {
      const { network, alice, bob } = await loadPool();
      await expect(network.countDuties([alice, bob], [5n, 7n], [5n, 8n]))
        .to.be.revertedWithCustomError(network, "InvalidDuties")
        .withArgs(7n, 8n);
    });

    it("says what each pool did, and changes nothing", async () => {
      const { network, alice, bob } = await loadPool();
      const total = await network.totalStake();

      const duties = network.countDuties([alice, bob, alice], [5n, 7n, 1n], [5n, 0n, 0n]);

      await expect(duties).to.emit(network, "DutiesCounted").withArgs(alice, 5n, 5n);
      await expect(duties).to.emit(network, "DutiesCounted").withArgs(bob, 7n, 0n);
      await expect(duties).to.emit(network, "DutiesCounted").withArgs(alice, 1n, 0n);
      expect(await network.totalStake()).to.equal(total);
    });
  });

  describe("slash", () => {
    it("reverts for anyone but the owner", async () => {
      const { network, alice } = await loadPool();
      await expect(network.connect(alice).slash(alice, 1n))
        .to.be.revertedWithCustomError(network, "OwnableUnauthorizedAccount")
        .withArgs(alice);
    });

    it("reverts for nothing and for more than everything", async () => {
      const { network, alice } = await loadPool();
      for (const bps of [0n, 10_001n]) {
        await expect(network.slash(alice, bps)).to.be.revertedWithCustomError(network, "InvalidFraction").withArgs(bps);
      }
    });

    it("burns the fraction of what is bonded, unbonding and waiting to be collected, and leaves others alone", async () => {
      const { network, alice, bob } = await loadPool();
      await network.connect(bob).bond({ value: ether(1) });
      await network.connect(alice).bond({ value: ether(10) });
      await network.connect(alice).unbond(ether(2));
      await networkHelpers.time.increase(UNBONDING);
      await network.connect(alice).unbond(ether(3));
      const total = await network.totalStake();

      const slash = network.slash(alice, 1_000n);

      await expect(slash).to.emit(network, "Slashed").withArgs(alice, 1_000n, ether("0.5"), ether("0.5"));
      await expect(slash).to.changeEtherBalances(ethers, [network, ethers.ZeroAddress], [-ether(1), ether(1)]);
      expect(await network.stakeOf(alice)).to.equal(ether("4.5"));
      expect(await network.unbondingOf(alice)).to.equal(ether("4.5"));
      expect(await network.collectable(alice)).to.equal(ether("1.8"));
      expect(await network.stakeOf(bob)).to.equal(ether(1));
      expect(await network.totalStake()).to.equal(total - ether("0.5"));
      await expect(network.connect(alice).collect()).to.changeEtherBalance(ethers, alice, ether("1.8"));
      expect(await network.unbondingOf(alice)).to.equal(ether("2.7"));
    });

    it("does not touch what is unbonded afterwards", async () => {
      const { network, alice } = await loadPool();
      await network.connect(alice).bond({ value: ether(10) });
      await network.connect(alice).unbond(ether(2));
      await network.slash(alice, 5_000n);
      await network.connect(alice).unbond(ether(4));

      expect(await network.unbondingOf(alice)).to.equal(ether(5));
      await networkHelpers.time.increase(UNBONDING);
      await expect(network.connect(alice).collect()).to.changeEtherBalance(ethers, alice, ether(5));
    });

    it("of everything leaves nothing to collect, and a new start", async () => {
      const { network, alice } = await loadPool();
      await network.connect(alice).bond({ value: 10n });
      await network.connect(alice).unbond(4n);
      await network.slash(alice, 10_000n);
      await networkHelpers.time.increase(UNBONDING);
      expect(await network.collectable(alice)).to.equal(0n);
      expect(await network.entriesOf(alice)).to.equal(0n);

      await network.connect(alice).bond({ value: 3n });
      await network.connect(alice).unbond(3n);
      await networkHelpers.time.increase(UNBONDING);
      await expect(network.connect(alice).collect()).to.changeEtherBalance(ethers, alice, 3n);
    });

    it("costs the same however many entries are unbonding", async () => {
      const { network, alice } = await loadPool();
      await network.connect(alice).bond({ value: ether(10) });
      await network.connect(alice).unbond(1n);
      await network.slash(alice, 1n);
      const few = await gasOf(network.slash(alice, 1n));
      for (let entry = 0; entry < 20; entry++) await network.connect(alice).unbond(ether("0.1"));
      const many = await gasOf(network.slash(alice, 1n));
      expect(many).to.be.below(few + 6_000n);
    });

    it("keeps what it holds equal to what it owes, to the wei", async () => {
      const { network, alice } = await loadPool();
      await network.connect(alice).bond({ value: 1_000_003n });
      for (const [amount, bps] of [
        [333n, 1_111n],
        [77n, 3n],
        [1_001n, 4_999n],
        [5n, 777n],
      ] as const) {
        await network.connect(alice).unbond(amount);
        await network.slash(alice, bps);
      }
      await networkHelpers.time.increase(UNBONDING);
      const unbonding = await network.unbondingOf(alice);

      await expect(network.connect(alice).collect()).to.changeEtherBalance(ethers, alice, unbonding);

      expect(await network.unbondingOf(alice)).to.equal(0n);
      expect(await ethers.provider.getBalance(network)).to.equal(await network.totalStake());
    });
  });
});
