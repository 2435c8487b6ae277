import { expect } from "chai";

import { ether, ethers, loadPool, networkHelpers, now, UNBONDING } from "../fixtures/operator.ts";

// Ordinary accounts stake here as pools do: the network does not tell them apart.
describe("DevNetwork", () => {
  describe("bond", () => {
    it("reverts without a value", async () => {
      const { network, alice } = await loadPool();
      await expect(network.connect(alice).bond()).to.be.revertedWithCustomError(network, "ZeroAmount");
    });

    it("bonds the value as stake of the caller, and nobody else's", async () => {
      const { network, alice, bob } = await loadPool();
      const total = await network.totalStake();

      const bond = network.connect(alice).bond({ value: 5n });

      await expect(bond).to.emit(network, "Bonded").withArgs(alice, 5n);
      await expect(bond).to.changeEtherBalances(ethers, [alice, network], [-5n, 5n]);
      expect(await network.stakeOf(alice)).to.equal(5n);
      expect(await network.stakeOf(bob)).to.equal(0n);
      expect(await network.totalStake()).to.equal(total + 5n);
    });
  });

  describe("unbond", () => {
    it("reverts for zero", async () => {
      const { network, alice } = await loadPool();
      await expect(network.connect(alice).unbond(0n)).to.be.revertedWithCustomError(network, "ZeroAmount");
    });

    it("reverts for more than the caller has bonded", async () => {
      const { network, alice } = await loadPool();
      await network.connect(alice).bond({ value: 5n });
      await expect(network.connect(alice).unbond(6n))
        .to.be.revertedWithCustomError(network, "InsufficientBonded")
        .withArgs(alice, 6n, 5n);
    });

    it("starts the wait; what unbonds is no stake any more", async () => {
      const { network, alice } = await loadPool();
      await network.connect(alice).bond({ value: 5n });
      const total = await network.totalStake();
      const at = (await now()) + 10n;
      await networkHelpers.time.setNextBlockTimestamp(at);

      await expect(network.connect(alice).unbond(2n))
        .to.emit(network, "Unbonding")
        .withArgs(alice, 2n, at + UNBONDING);

      expect(await network.stakeOf(alice)).to.equal(3n);
      expect(await network.unbondingOf(alice)).to.equal(2n);
      expect(await network.totalStake()).to.equal(total - 2n);
      expect(await network.entriesOf(alice)).to.equal(1n);
      expect(await network.unbondingTime()).to.equal(UNBONDING);
    });
  });

  describe("collect", () => {
    it("sends nothing, and does not revert, before anything has matured", async () => {
      const { network, alice } = await loadPool();
      await network.connect(alice).bond({ value: 5n });
      await network.connect(alice).unbond(2n);

      const collection = network.connect(alice).collect();

      await expect(collection).not.to.emit(network, "Collected");
      await expect(collection).to.changeEtherBalances(ethers, [alice, network], [0n, 0n]);
    });

    it("sends what has matured, first in, first out", async () => {
      const { network, alice } = await loadPool();
      await network.connect(alice).bond({ value: 9n });
      await network.connect(alice).unbond(2n);
      const first = await now();
      await networkHelpers.time.increase(100n);
      await network.connect(alice).unbond(3n);
      await networkHelpers.time.increaseTo(first + UNBONDING - 1n);
      expect(await network.collectable(alice)).to.equal(0n);
      await networkHelpers.time.increaseTo(first + UNBONDING);
      expect(await network.collectable(alice)).to.equal(2n);
      expect(await network.connect(alice).collect.staticCall()).to.equal(2n);

      const collection = network.connect(alice).collect();

      await expect(collection).to.emit(network, "Collected").withArgs(alice, 2n);
      await expect(collection).to.changeEtherBalances(ethers, [alice, network], [2n, -2n]);
      expect(await network.unbondingOf(alice)).to.equal(3n);
      expect(await network.stakeOf(alice)).to.equal(4n);
      expect(await network.entriesOf(alice)).to.equal(1n);
    });

    it("takes at most 32 entries at once", async () => {
      const { network, alice } = await loadPool();
      await network.connect(alice).bond({ value: 40n });
      for (let entry = 0; entry < 40; entry++) await network.connect(alice).unbond(1n);
      await networkHelpers.time.increase(UNBONDING);

      expect(await network.collectable(alice)).to.equal(32n);
      await expect(network.connect(alice).collect()).to.changeEtherBalance(ethers, alice, 32n);
      expect(await network.entriesOf(alice)).to.equal(8n);
      await expect(network.connect(alice).collect()).to.changeEtherBalance(ethers, alice, 8n);
      expect(await network.unbondingOf(alice)).to.equal(0n);
    });

    it("reverts for a caller who does not take ether, and loses nothing", async () => {
      const { network } = await loadPool();
      const user = await ethers.deployContract("PoolUser");
      const { interface: abi } = network;
      await user.execute(network, abi.encodeFunctionData("bond"), { value: 5n });
      await user.execute(network, abi.encodeFunctionData("unbond", [5n]));
      await networkHelpers.time.increase(UNBONDING);
      await user.setRefuses(true);

      await expect(user.execute(network, abi.encodeFunctionData("collect")))
        .to.be.revertedWithCustomError(network, "TransferFailed")
        .withArgs(user, 5n);

      expect(await network.collectable(user)).to.equal(5n);
    });

    it("pays once to a receiver that calls again", async () => {
      const { network } = await loadPool();
      const user = await ethers.deployContract("PoolUser");
      const { interface: abi } = network;
      await user.execute(network, abi.encodeFunctionData("bond"), { value: 5n });
      await user.execute(network, abi.encodeFunctionData("unbond", [5n]));
      await networkHelpers.time.increase(UNBONDING);
      await user.setCallback(network, abi.encodeFunctionData("collect"));

      await user.execute(network, abi.encodeFunctionData("collect"));

      expect(await user.calledBack()).to.equal(true);
      expect(await ethers.provider.getBalance(user)).to.equal(5n);
    });
  });

  describe("ether", () => {
    it("is not taken without a function call", async () => {
      const { network, alice } = await loadPool();
      await expect(alice.sendTransaction({ to: network, value: ether(1) })).to.be.revertedWithoutReason(ethers);
    });
  });
});
