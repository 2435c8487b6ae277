import { expect } from "chai";

import {
  at,
  DAY,
  deployPaidAccount,
  EPOCH,
  ether,
  ethers,
  force,
  loadStakedPool,
  MAX_UINT256,
  networkHelpers,
  now,
  type PoolFixture,
  stateOf,
  fieldsOf,
} from "../fixtures/metaPool.ts";

const PAUSE = 21n * DAY;
const SPACING = 60n * DAY;

/** Everything that a user can call, and whether a pause stops it. */
const TABLE: Record<string, { stops: boolean; call: (fixture: PoolFixture) => Promise<unknown> }> = {
  deposit: { stops: true, call: ({ pool, alice }) => pool.connect(alice).deposit({ value: 5n }) },
  deposit_and_stake: { stops: true, call: ({ pool, alice }) => pool.connect(alice).deposit_and_stake({ value: 5n }) },
  stake: { stops: true, call: ({ pool, alice }) => pool.connect(alice).stake(5n) },
  stake_all: { stops: true, call: ({ pool, alice }) => pool.connect(alice).stake_all() },
  stakeFor: {
    stops: true,
    call: ({ pool, alice, bob }) => pool.connect(alice).stakeFor(bob, 0n, MAX_UINT256, { value: 5n }),
  },
  unstake: { stops: false, call: ({ pool, alice }) => pool.connect(alice).unstake(5n) },
  unstake_all: { stops: false, call: ({ pool, alice }) => pool.connect(alice).unstake_all() },
  unstakeShares: { stops: false, call: ({ pool, alice }) => pool.connect(alice).unstakeShares(5n, 0n) },
  unstakeInstant: { stops: false, call: ({ pool, alice }) => pool.connect(alice).unstakeInstant(500n, 0n, alice) },
  withdraw: { stops: false, call: ({ pool, alice }) => pool.connect(alice).withdraw(5n) },
  withdraw_all: { stops: false, call: ({ pool, alice }) => pool.connect(alice).withdraw_all() },
  withdrawTo: { stops: false, call: ({ pool, alice, bob }) => pool.connect(alice).withdrawTo(bob, 5n) },
  withdrawFor: { stops: false, call: ({ pool, bob, alice }) => pool.connect(bob).withdrawFor(alice) },
  fundExits: { stops: false, call: ({ pool, alice }) => pool.connect(alice).fundExits(3n) },
  ping: { stops: false, call: ({ pool, alice }) => pool.connect(alice).ping() },
  transfer: { stops: false, call: ({ pool, alice, bob }) => pool.connect(alice).transfer(bob, 5n) },
  approve: { stops: false, call: ({ pool, alice, bob }) => pool.connect(alice).approve(bob, 5n) },
};

describe("MetaPool", () => {
  describe("pauseStaking", () => {
    it("reverts for anyone but the guardian", async () => {
      const { pool, alice, governance } = await loadStakedPool();

      for (const caller of [alice, governance]) {
        await expect(pool.connect(caller).pauseStaking(DAY))
          .to.be.revertedWithCustomError(pool, "AccessManagedUnauthorized")
          .withArgs(caller.address);
      }
    });

    it("reverts for no time and for more than 21 days", async () => {
      const { pool, guardian } = await loadStakedPool();

      for (const duration of [0n, PAUSE + 1n, MAX_UINT256]) {
        await expect(pool.connect(guardian).pauseStaking(duration))
          .to.be.revertedWithCustomError(pool, "OutOfBounds")
          .withArgs(duration, 1n, PAUSE);
      }
    });

    it("cannot be repeated within 60 days, not even after it was resumed", async () => {
      const { pool, guardian, governance } = await loadStakedPool();
      await pool.connect(guardian).pauseStaking(DAY);
      const allowedAt = (await now()) + SPACING;
      await pool.connect(governance).resumeStaking();
      await at(allowedAt - 1n);
      await expect(pool.connect(guardian).pauseStaking(DAY))
        .to.be.revertedWithCustomError(pool, "PauseNotAllowedYet")
        .withArgs(allowedAt);

      await at(allowedAt);
      await pool.connect(guardian).pauseStaking(PAUSE);
    });

    it("can be repeated by governance", async () => {
      const { pool, manager, notice, guardian } = await loadStakedPool();
      await manager.grantRole(1n, notice, 0);
      await pool.connect(guardian).pauseStaking(DAY);

      await pool.connect(notice).pauseStaking(DAY);
    });

    it("ends by itself, or when it is resumed", async () => {
      const { pool, guardian, governance, alice } = await loadStakedPool();
      await expect(pool.connect(guardian).pauseStaking(PAUSE)).to.emit(pool, "StakingPaused");
      const until = (await now()) + PAUSE;
      expect(await pool.is_staking_paused()).to.equal(true);
      await at(until - 1n);
      await expect(pool.connect(alice).deposit({ value: 1n }))
        .to.be.revertedWithCustomError(pool, "StakingIsPaused")
        .withArgs(until);
      await at(until);
      await pool.connect(alice).deposit({ value: 1n });
      expect(await pool.is_staking_paused()).to.equal(false);

      await networkHelpers.time.increase(SPACING);
      await pool.connect(guardian).pauseStaking(PAUSE);
      await expect(pool.connect(governance).resumeStaking()).to.emit(pool, "StakingResumed");
      await pool.connect(alice).deposit({ value: 1n });
    });

    for (const [name, { stops, call }] of Object.entries(TABLE)) {
      it(`${stops ? "stops" : "does not stop"} ${name}`, async () => {
        const fixture = await loadStakedPool();
        const { pool, alice, guardian } = fixture;
        await pool.connect(alice).deposit({ value: 100n });
        await pool.connect(guardian).pauseStaking(PAUSE);
        const until = (await now()) + PAUSE;

        if (stops) {
          await expect(call(fixture)).to.be.revertedWithCustomError(pool, "StakingIsPaused").withArgs(until);
        } else {
          await call(fixture);
        }
      });
    }
  });

  describe("setParameters", () => {
    it("reverts for anyone but governance", async () => {
      const { pool, parameters, guardian } = await loadStakedPool();

      await expect(pool.connect(guardian).setParameters(parameters))
        .to.be.revertedWithCustomError(pool, "AccessManagedUnauthorized")
        .withArgs(guardian.address);
    });

    it("keeps within the bounds that nobody passes", async () => {
      const { pool, address, governance, parameters } = await loadStakedPool();
      const set = (change: Partial<typeof parameters>) =>
        pool.connect(governance).setParameters({ ...parameters, ...change });

      await expect(set({ feeBps: 2001n }))
        .to.be.revertedWithCustomError(pool, "OutOfBounds")
        .withArgs(2001n, 0n, 2000n);
      await expect(set({ bufferTargetBps: 1001n }))
        .to.be.revertedWithCustomError(pool, "OutOfBounds")
        .withArgs(1001n, 0n, 1000n);
      for (const treasury of [ethers.ZeroAddress, address]) {
        await expect(set({ treasury })).to.be.revertedWithCustomError(pool, "InvalidAddress").withArgs(treasury);
      }
    });

    it("sets what it was given, and says what was before", async () => {
      const { pool, governance, parameters, bob } = await loadStakedPool();
      const newParameters = { feeBps: 2000n, bufferTargetBps: 1000n, assetCap: 7n, treasury: bob.address };

      await expect(pool.connect(governance).setParameters(newParameters))
        .to.emit(pool, "ParametersChanged")
        .withArgs(Object.values(parameters), Object.values(newParameters));
      expect(fieldsOf(await pool.parameters())).to.deep.equal(newParameters);
      expect(await pool.get_reward_fee_fraction()).to.deep.equal([2000n, 10_000n]);
    });
  });

  describe("upgrades", () => {
    /** Another version: one whose epochs are twice as long. */
    async function deployOther({ book }: PoolFixture) {
      return ethers.deployContract("MetaPool", [2n * EPOCH], { libraries: { PoolBook: book } });
    }

    it("are restricted", async () => {
      const fixture = await loadStakedPool();
      const { pool, alice } = fixture;

      await expect(pool.connect(alice).upgradeToAndCall(await deployOther(fixture), "0x"))
        .to.be.revertedWithCustomError(pool, "AccessManagedUnauthorized")
        .withArgs(alice.address);
      await expect(pool.connect(alice).renounceUpgrades())
        .to.be.revertedWithCustomError(pool, "AccessManagedUnauthorized")
        .withArgs(alice.address);
    });

    it("keep the book", async () => {
      const fixture = await loadStakedPool();
      const { pool, governance, alice } = fixture;
      const before = await stateOf(pool, alice);

      await pool.connect(governance).upgradeToAndCall(await deployOther(fixture), "0x");

      expect(await pool.epochLength()).to.equal(2n * EPOCH);
      expect(await stateOf(pool, alice)).to.deep.equal(before);
    });

    it("can be given up for ever", async () => {
      const fixture = await loadStakedPool();
      const { pool, governance } = fixture;
      await expect(pool.connect(governance).renounceUpgrades()).to.emit(pool, "UpgradesRenounced");

      await expect(
        pool.connect(governance).upgradeToAndCall(await deployOther(fixture), "0x"),
      ).to.be.revertedWithCustomError(pool, "UpgradesAreRenounced");
    });

    it("leave nothing to initialize, neither on the proxy nor on the implementation", async () => {
      const { pool, implementation, manager, parameters } = await loadStakedPool();

      for (const contract of [pool, implementation]) {
        await expect(contract.initialize(manager, "x", "y", parameters)).to.be.revertedWithCustomError(
          pool,
          "InvalidInitialization",
        );
      }
    });
  });

  describe("ether that nobody asked for", () => {
    it("is rejected from everyone, the allocator included", async () => {
      const { pool, address, alice, allocator } = await loadStakedPool();

      for (const sender of [alice, allocator]) {
        await expect(sender.sendTransaction({ to: address, value: 5n }))
          .to.be.revertedWithCustomError(pool, "UnexpectedEther")
          .withArgs(sender.address, 5n);
        await expect(sender.sendTransaction({ to: address, value: 5n, data: "0x12345678" })).to.be.revert(ethers);
      }
    });

    it("changes nothing when it is forced in", async () => {
      const { pool, alice } = await loadStakedPool();
      const before = await stateOf(pool, alice);

      await force(pool, ether(1000));

      expect(await stateOf(pool, alice)).to.deep.equal(before);
      expect(await pool.previewStake(ether(1))).to.equal(ether(1));
    });
  });

  describe("code size", () => {
    it("stays below 22,000 bytes, library and contract", async () => {
      const { implementation, book } = await loadStakedPool();

      for (const contract of [implementation, book]) {
        expect(ethers.dataLength(await ethers.provider.getCode(contract))).to.be.below(22_000);
      }
    });

    it("needs an account with code for nothing", async () => {
      const { pool } = await loadStakedPool();
      const { act } = await deployPaidAccount(pool);
      await act(pool.interface.encodeFunctionData("deposit_and_stake"), 5n);

      expect(await pool.get_number_of_accounts()).to.equal(3n);
    });
  });
});
