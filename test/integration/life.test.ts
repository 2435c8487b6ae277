import { expect } from "chai";
import { network } from "hardhat";

import { NO_SHARE } from "../../rocketh/parameters.ts";
import { deployTrellis } from "../fixtures/deployment.ts";
import { createOperators } from "../fixtures/operators.ts";
import { certify, fundAll, initialSheet, nextRound, PAGE } from "../fixtures/rounds.ts";
import { now, waitFor } from "../fixtures/time.ts";
import { watchInvariants } from "../helpers/invariants.ts";

const connection = await network.create();
const { ethers, networkHelpers } = connection;

const COUNT = 5;

function ether(amount: number): bigint {
  return ethers.parseEther(amount.toString());
}

async function deploy() {
  const trellis = await deployTrellis(connection, {
    handover: false,
    parameters: { policy: { poolShareBps: 3_333, netShareBps: NO_SHARE } },
  });
  const operators = await createOperators(
    trellis,
    Array.from({ length: COUNT }, () => ({ bond: ether(20), commissionBps: 1_000 })),
  );
  await trellis.handOver();
  const [alice, bob, carol] = trellis.others.slice(-3);

  return { trellis, operators, alice: alice!, bob: bob!, carol: carol! };
}

describe("Trellis", () => {
  describe("life of a pool", () => {
    it("takes stakes, spreads them, earns, and pays out everyone who leaves", async () => {
      const { trellis, operators, alice, bob, carol } = await networkHelpers.loadFixture(deploy);
      const { metaPool, allocator, network: staking, foundation, treasury } = trellis;
      const legs = (amount: bigint, up: boolean) => operators.map(({ id }) => ({ operator: id, amount, up }));
      const move = async (amount: bigint, up: boolean) => {
        const moved = await allocator.rebalance.staticCall(legs(amount, up), PAGE);
        await allocator.rebalance(legs(amount, up), PAGE);
        return moved;
      };
      const check = watchInvariants(trellis, [alice, bob, carol]);

      await metaPool.connect(alice).deposit_and_stake({ value: ether(60) });
      await metaPool.connect(bob).deposit_and_stake({ value: ether(30) });
      await metaPool.connect(carol).deposit_and_stake({ value: ether(10) });
      expect(await metaPool.balanceOf(alice)).to.equal(ether(60));

      await nextRound(trellis);
      expect(await certify(trellis, await initialSheet(trellis))).to.equal(true);
      const target = await allocator.targetOf(1n);
      const { total } = await allocator.poolSnapshot();
      expect(target).to.be.closeTo(total / BigInt(COUNT), 1n);
      expect(await move(ether(100), true)).to.deep.equal(operators.map(() => target));
      expect(await allocator.committed()).to.equal(target * BigInt(COUNT));
      for (const { id } of operators) {
        const { position } = await allocator.positionOf(id);
        expect(position).to.equal(target);
      }
      await check({ read: true });

      const addresses = operators.map(({ address }) => address);
      await staking.connect(foundation).reward(
        addresses,
        addresses.map(() => ether(0.1)),
        { value: ether(0.5) },
      );
      await nextRound(trellis);
      const book = await metaPool.getBook();
      expect(book.locked).to.be.greaterThan(0n);
      expect(await metaPool.balanceOf(treasury)).to.be.greaterThan(0n);
      await check({ read: true });

      await waitFor(trellis, 7n * 86_400n);
      await nextRound(trellis);
      const staked = await metaPool.get_account_staked_balance(alice);
      expect(staked).to.be.greaterThan(ether(60));
      expect((await metaPool.getBook()).locked).to.equal(0n);

      await metaPool.connect(alice).unstake_all();
      await metaPool.connect(bob).unstake(ether(30));
      expect(await metaPool.get_account_unstaked_balance(alice)).to.be.closeTo(staked, 1n);
      expect(await metaPool.is_account_unstaked_balance_available(alice)).to.equal(false);
      await nextRound(trellis);
      const { need } = await allocator.poolSnapshot();
      expect(need).to.be.greaterThan(0n);
      const moved = await move(ether(100), false);
      expect(moved.reduce((sum, part) => sum + part, 0n)).to.be.greaterThanOrEqual(need);
      await check({ read: true });

      const unbondingTime = await staking.unbondingTime();
      for (const end = (await now(trellis)) + unbondingTime * 2n; (await now(trellis)) < end;) {
        await nextRound(trellis);
        await check({ read: true });
      }
      await fundAll(trellis);
      expect((await metaPool.getBook()).owed).to.equal(0n);
      expect(await metaPool.is_account_unstaked_balance_available(alice)).to.equal(true);

      const claim = await metaPool.get_account_unstaked_balance(alice);
      await expect(metaPool.connect(alice).withdraw_all()).to.changeEtherBalances(
        ethers,
        [alice, metaPool],
        [claim, -claim],
      );
      // Pools round down what they give back; exits share such losses until they are funded.
      const rest = await metaPool.get_account_unstaked_balance(bob);
      expect(rest).to.be.closeTo(ether(30), BigInt(COUNT));
      await expect(metaPool.connect(bob).withdraw(rest)).to.changeEtherBalance(ethers, bob, rest);
      expect(await metaPool.get_account_total_balance(alice)).to.equal(0n);
      await check({ read: true });
    });
  });
});
