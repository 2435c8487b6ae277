import { expect } from "chai";

import {
  deployPaidAccount,
  ether,
  ethers,
  loadStakedPool,
  MAX_UINT256,
  networkHelpers,
  now,
  type PoolFixture,
} from "../fixtures/metaPool.ts";

describe("MetaPool", () => {
  describe("ERC-20", () => {
    it("has a name, a symbol and 18 decimals", async () => {
      const { pool } = await loadStakedPool();

      expect(await pool.name()).to.equal("Trellis Staked Ether");
      expect(await pool.symbol()).to.equal("trETH");
      expect(await pool.decimals()).to.equal(18n);
    });

    it("counts the seed, the stakes and nothing else", async () => {
      const { pool, alice, bob, carol } = await loadStakedPool();
      await pool.connect(carol).deposit({ value: 5n });

      expect(await pool.totalSupply()).to.equal(ether(100));
      const balances = await Promise.all([alice, bob, carol, pool].map((account) => pool.balanceOf(account)));
      expect(balances).to.deep.equal([ether(59), ether(40), 0n, ether(1)]);
    });
  });

  describe("transfer", () => {
    it("reverts above the balance", async () => {
      const { pool, alice, bob } = await loadStakedPool();

      for (const value of [ether(59) + 1n, 2n ** 128n, 2n ** 128n + 1n, MAX_UINT256]) {
        await expect(pool.connect(alice).transfer(bob, value))
          .to.be.revertedWithCustomError(pool, "ERC20InsufficientBalance")
          .withArgs(alice.address, ether(59), value);
      }
    });

    it("reverts to the zero address and to the pool itself", async () => {
      const { pool, address, alice } = await loadStakedPool();

      for (const receiver of [ethers.ZeroAddress, address]) {
        for (const value of [0n, 1n]) {
          await expect(pool.connect(alice).transfer(receiver, value))
            .to.be.revertedWithCustomError(pool, "ERC20InvalidReceiver")
            .withArgs(receiver);
        }
      }
    });

    it("moves shares, all of them or none", async () => {
      const { pool, alice, carol } = await loadStakedPool();

      for (const value of [0n, 1n, ether(59) - 1n]) {
        const transfer = pool.connect(alice).transfer(carol, value);
        await expect(transfer).to.emit(pool, "Transfer").withArgs(alice.address, carol.address, value);
        await expect(transfer).to.changeTokenBalances(ethers, pool, [alice, carol], [-value, value]);
      }
      expect(await pool.totalSupply()).to.equal(ether(100));
      expect(await pool.get_account_staked_balance(carol)).to.equal(ether(59));
    });

    it("changes nothing when it goes to oneself", async () => {
      const { pool, alice } = await loadStakedPool();

      for (const value of [0n, 1n, ether(59)]) {
        const transfer = pool.connect(alice).transfer(alice, value);
        await expect(transfer).to.emit(pool, "Transfer").withArgs(alice.address, alice.address, value);
        await expect(transfer).to.changeTokenBalance(ethers, pool, alice, 0n);
      }
      await expect(pool.connect(alice).transfer(alice, ether(59) + 1n))
        .to.be.revertedWithCustomError(pool, "ERC20InsufficientBalance")
        .withArgs(alice.address, ether(59), ether(59) + 1n);
    });

    it("leaves free balances, exits and the receiver's flags alone", async () => {
      const { pool, alice, bob } = await loadStakedPool();
      await pool.connect(alice).deposit({ value: 7n });
      await pool.connect(alice).unstake(9n);
      await pool.connect(bob).unstake(3n);

      await pool.connect(alice).transfer(bob, ether(1));
      await pool.connect(bob).transfer(alice, ether(2));

      expect(await pool.get_account_unstaked_balance(alice)).to.equal(16n);
      expect(await pool.get_account_unstaked_balance(bob)).to.equal(3n);
    });
  });

  describe("approve and transferFrom", () => {
    it("revert for the zero address", async () => {
      const { pool, alice } = await loadStakedPool();

      await expect(pool.connect(alice).approve(ethers.ZeroAddress, 1n))
        .to.be.revertedWithCustomError(pool, "ERC20InvalidSpender")
        .withArgs(ethers.ZeroAddress);
      await expect(pool.connect(alice).transferFrom(ethers.ZeroAddress, alice, 0n))
        .to.be.revertedWithCustomError(pool, "ERC20InvalidApprover")
        .withArgs(ethers.ZeroAddress);
    });

    it("revert beyond the allowance, beyond the balance, and to the pool itself", async () => {
      const { pool, address, alice, bob, carol } = await loadStakedPool();
      await pool.connect(alice).approve(bob, 10n);

      await expect(pool.connect(bob).transferFrom(alice, carol, 11n))
        .to.be.revertedWithCustomError(pool, "ERC20InsufficientAllowance")
        .withArgs(bob.address, 10n, 11n);
      await expect(pool.connect(bob).transferFrom(alice, address, 10n))
        .to.be.revertedWithCustomError(pool, "ERC20InvalidReceiver")
        .withArgs(address);
      await pool.connect(carol).approve(bob, 10n);
      await expect(pool.connect(bob).transferFrom(carol, bob, 10n))
        .to.be.revertedWithCustomError(pool, "ERC20InsufficientBalance")
        .withArgs(carol.address, 0n, 10n);
    });

    it("give nobody the seed", async () => {
      const { pool, address, alice } = await loadStakedPool();

      await expect(pool.connect(alice).transferFrom(address, alice, 1n))
        .to.be.revertedWithCustomError(pool, "ERC20InsufficientAllowance")
        .withArgs(alice.address, 0n, 1n);
    });

    it("spend the allowance", async () => {
      const { pool, alice, bob, carol } = await loadStakedPool();
      await expect(pool.connect(alice).approve(bob, 10n))
        .to.emit(pool, "Approval")
        .withArgs(alice.address, bob.address, 10n);

      const transfer = pool.connect(bob).transferFrom(alice, carol, 4n);

      await expect(transfer).to.emit(pool, "Transfer").withArgs(alice.address, carol.address, 4n);
      await expect(transfer).to.changeTokenBalances(ethers, pool, [alice, bob, carol], [-4n, 0n, 4n]);
      expect(await pool.allowance(alice, bob)).to.equal(6n);
    });

    it("never spend an infinite allowance, and replace one by another", async () => {
      const { pool, alice, bob } = await loadStakedPool();
      await pool.connect(alice).approve(bob, MAX_UINT256);
      await pool.connect(bob).transferFrom(alice, bob, ether(1));
      expect(await pool.allowance(alice, bob)).to.equal(MAX_UINT256);

      await pool.connect(alice).approve(bob, 0n);

      await expect(pool.connect(bob).transferFrom(alice, bob, 1n)).to.be.revertedWithCustomError(
        pool,
        "ERC20InsufficientAllowance",
      );
    });

    it("do not let a spender leave for the owner", async () => {
      const { pool, alice, carol } = await loadStakedPool();
      await pool.connect(alice).approve(carol, MAX_UINT256);

      await expect(pool.connect(carol).unstake(1n)).to.be.revertedWithCustomError(pool, "InsufficientStake");
    });
  });

  describe("permit", () => {
    const types = {
      Permit: [
        { name: "owner", type: "address" },
        { name: "spender", type: "address" },
        { name: "value", type: "uint256" },
        { name: "nonce", type: "uint256" },
        { name: "deadline", type: "uint256" },
      ],
    };

    async function signed(
      { pool, address, alice, bob }: PoolFixture,
      signer = alice,
      change: { chainId?: bigint } = {},
    ) {
      const { chainId } = await ethers.provider.getNetwork();
      const domain = { name: "Trellis Staked Ether", version: "1", chainId, verifyingContract: address, ...change };
      const deadline = (await now()) + 86_400n;
      const nonce = await pool.nonces(alice);
      const message = { owner: alice.address, spender: bob.address, value: 42n, nonce, deadline };
      const { v, r, s } = ethers.Signature.from(await signer.signTypedData(domain, types, message));
      return { deadline, permit: () => pool.permit(alice, bob, 42n, deadline, v, r, s) };
    }

    it("sets the allowance that the owner signed, once", async () => {
      const fixture = await loadStakedPool();
      const { pool, alice, bob } = fixture;
      const { permit } = await signed(fixture);

      await expect(permit()).to.emit(pool, "Approval").withArgs(alice.address, bob.address, 42n);

      expect(await pool.allowance(alice, bob)).to.equal(42n);
      expect(await pool.nonces(alice)).to.equal(1n);
      await expect(permit()).to.be.revertedWithCustomError(pool, "ERC2612InvalidSigner");
    });

    it("reverts after the deadline", async () => {
      const fixture = await loadStakedPool();
      const { deadline, permit } = await signed(fixture);
      await networkHelpers.time.increaseTo(deadline + 1n);

      await expect(permit()).to.be.revertedWithCustomError(fixture.pool, "ERC2612ExpiredSignature").withArgs(deadline);
    });

    it("reverts when somebody else signed, or for another chain", async () => {
      const fixture = await loadStakedPool();
      const { pool, carol, alice } = fixture;

      await expect((await signed(fixture, carol)).permit())
        .to.be.revertedWithCustomError(pool, "ERC2612InvalidSigner")
        .withArgs(carol.address, alice.address);
      await expect((await signed(fixture, alice, { chainId: 1n })).permit()).to.be.revertedWithCustomError(
        pool,
        "ERC2612InvalidSigner",
      );
    });

    it("binds its domain to the proxy", async () => {
      const { pool, address } = await loadStakedPool();

      expect((await pool.eip712Domain()).verifyingContract).to.equal(address);
      const { account } = await deployPaidAccount(pool);
      expect(await pool.nonces(account)).to.equal(0n);
    });
  });
});
