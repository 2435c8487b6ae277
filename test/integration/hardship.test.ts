import { expect } from "chai";
import { network } from "hardhat";

import { NO_SHARE } from "../../rocketh/parameters.ts";
import { deployTrellis } from "../fixtures/deployment.ts";
import { createGroups, createOperators } from "../fixtures/operators.ts";
import { certifyFair, fundAll, nextRound, rebalanceAll } from "../fixtures/rounds.ts";
import { checkState, watchInvariants } from "../helpers/invariants.ts";

const connection = await network.create();
const { ethers, networkHelpers } = connection;

function ether(amount: number): bigint {
  return ethers.parseEther(amount.toString());
}

/** Eight operators of unlike size in two jurisdictions and two clients; the last has hardly a bond. */
async function deploy() {
  const trellis = await deployTrellis(connection, {
    handover: false,
    parameters: { policy: { poolShareBps: 2_500, netShareBps: NO_SHARE } },
  });
  await createGroups(trellis, [
    { dimension: 1, poolShareBps: 6_000 },
    { dimension: 1, poolShareBps: 6_000 },
    { dimension: 2, poolShareBps: 5_000 },
    { dimension: 2, absoluteCap: ether(150) },
  ]);
  const operators = await createOperators(
    trellis,
    Array.from({ length: 8 }, (_, index) => ({
      bond: index === 7 ? ether(0.1) : ether(5 + index),
      commissionBps: 500 + 100 * index,
      weight: 100 + 25 * index,
      groups: [1 + (index % 2), 3 + (index < 4 ? 0 : 1)],
    })),
  );
  await trellis.handOver();
  const users = trellis.others.slice(-4);

  return { trellis, operators, users, check: watchInvariants(trellis, users) };
}

describe("Trellis", () => {
  describe("in hard times", () => {
    it("keeps its caps, shares losses and lets everyone out", async () => {
      const { trellis, operators, users, check } = await networkHelpers.loadFixture(deploy);
      const { metaPool, allocator, registry, network: staking, foundation, guardian } = trellis;
      const turn = async () => {
        await nextRound(trellis);
        await check({ read: true });
        expect(await certifyFair(trellis)).to.equal(true);
        for (const { amount, moved, operator } of await rebalanceAll(trellis)) {
          expect(moved, `leg of operator ${operator}`).to.equal(amount);
        }
        await check();
      };

      for (const [index, user] of users.entries()) {
        await metaPool.connect(user).deposit_and_stake({ value: ether(50 + 37 * index) });
        await check();
      }
      await turn();
      for (const { id } of operators) {
        const { position } = await allocator.positionOf(id);
        expect(position, `position of operator ${id}`).to.equal(await allocator.targetOf(id));
      }
      // 100 times its bond, of which the bond itself and the pool's seed are a part.
      expect((await allocator.positionOf(8n)).position).to.equal(ether(10) - ether(0.101));

      // A good week.
      for (let day = 0; day < 4; ++day) {
        await staking.connect(foundation).reward(
          operators.map(({ address }) => address),
          operators.map(({ id }) => ether(0.01) * id),
          { value: ether(0.36) },
        );
        await turn();
      }

      // One is slashed beyond its bond, while some are leaving.
      await metaPool.connect(users[0]).unstake_all();
      await metaPool.connect(users[1]).unstake(ether(20));
      await check();
      await staking.connect(foundation).slash(operators[2]!.address, 4_000n);
      const position = (await allocator.positionOf(3n)).position;
      const loss = await allocator.settleOne.staticCall(3n);
      await expect(allocator.settleOne(3n))
        .to.emit(allocator, "LossSeen")
        .withArgs(3n, loss, position - loss, 0n);
      await checkState(trellis, users);
      expect(loss).to.be.greaterThan(position / 4n);
      expect((await allocator.positionOf(3n)).position).to.equal(position - loss);
      await nextRound(trellis);
      expect((await registry.operator(3n)).watch).to.equal(true);
      expect(await certifyFair(trellis)).to.equal(true);

      // One is sent home by the guardian.
      await registry.connect(guardian).drain(8n);
      for (let epoch = 0; epoch < 8; ++epoch) await nextAfterLoss();
      expect((await allocator.positionOf(8n)).position).to.equal(0n);

      // Everybody leaves.
      for (const user of users) {
        if ((await metaPool.balanceOf(user)) !== 0n) await metaPool.connect(user).unstake_all();
      }
      for (let epoch = 0; epoch < 12; ++epoch) await nextAfterLoss();
      await fundAll(trellis);
      expect((await metaPool.getBook()).owed).to.equal(0n);
      for (const user of users) {
        const claim = await metaPool.get_account_unstaked_balance(user);
        expect(await metaPool.is_account_unstaked_balance_available(user)).to.equal(true);
        await expect(metaPool.connect(user).withdraw_all()).to.changeEtherBalance(ethers, user, claim);
        expect(await metaPool.get_account_total_balance(user)).to.equal(0n);
      }

      async function nextAfterLoss(): Promise<void> {
        await nextRound(trellis);
        await checkState(trellis, users);
        await certifyFair(trellis);
        await rebalanceAll(trellis);
        await checkState(trellis, users);
      }
    });
  });
});
