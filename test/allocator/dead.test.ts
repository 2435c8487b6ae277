/** A third of the operators is dead, in each way in which a pool can die: whoever leaves is funded all the same. */
import { expect } from "chai";

import {
  all,
  certifyFair,
  deployWorld,
  ether,
  ethers,
  Mode,
  move,
  networkHelpers,
  nextRound,
  PAGE,
  sum,
} from "../fixtures/allocator.ts";
import { casesOf, IS_DEEP } from "../helpers/deep.ts";

const SEEDS = casesOf(IS_DEEP ? 8 : 1).map((k) => k + 1);
const OPERATORS = 9;
const DEAD = 3;
/** A pool that never pays is found out after four epochs, and the three may be asked one after the other. */
const MOST_EPOCHS = 14;

/** How a pool can die. */
const DEATHS = [
  "reverts",
  "burnsGas",
  "returnsFloods",
  "revertsOnPing",
  "revertsOnUnstake",
  "revertsOnWithdraw",
  "underpays",
  "neverPays",
  "restakes",
  "liesDown",
  "swallowsStake",
] as const satisfies readonly (keyof typeof Mode)[];

async function deploy() {
  const world = await deployWorld({
    hostile: OPERATORS,
    stake: ether("89.9"),
    parameters: { pool: { bufferTargetBps: 50 } },
  });
  await nextRound(world);
  expect(await certifyFair(world)).to.equal(true);
  expect(sum(await move(world, all("up", OPERATORS)))).to.be.greaterThan(ether(88));
  await nextRound(world);
  return world;
}

describe("Allocator", () => {
  describe("with a third of the operators dead", () => {
    for (const [index, death] of DEATHS.entries()) {
      for (const seed of SEEDS) {
        const first = (seed * 5 + index) % OPERATORS;
        // Before the request, or while the money is on its way.
        const diesLate = (seed + index) % 2 === 0;
        it(`(${death}, ${diesLate ? "later" : "before"}, ${seed}) exits are funded, and pay`, async function () {
          this.timeout(120_000);
          const world = await networkHelpers.loadFixture(deploy);
          const { metaPool, allocator, hostile, alice, keeper } = world;
          const die = async () => {
            for (let k = 0; k < DEAD; k += 1) await hostile[(first + 2 * k) % OPERATORS]!.setMode(Mode[death]);
          };
          if (!diesLate) await die();
          const wanted = ether(30);
          await metaPool.connect(alice).unstake(wanted);
          const batch = await metaPool.fillingBatch();

          let epochs = 0;
          for (; (await metaPool.fundedThrough()) < batch; epochs += 1) {
            expect(epochs, "epochs until the exit is funded").to.be.lessThan(MOST_EPOCHS);
            await nextRound(world);
            if (epochs === 1 && diesLate) await die();
            // Legs in some order, those of the dead among them, in calls that burning pools cannot exhaust.
            const legs = all("down", OPERATORS);
            const order = [...legs.slice(seed % OPERATORS), ...legs.slice(0, seed % OPERATORS)];
            for (let start = 0; start < OPERATORS; start += 3) {
              await allocator.connect(keeper).rebalance(order.slice(start, start + 3), PAGE);
            }
            await metaPool.connect(keeper).fundExits(10);
          }

          // A third is lost at most, and a pool that underpays or lies loses no more than its position.
          const claim = await metaPool.get_account_unstaked_balance(alice);
          expect(claim).to.be.within((wanted * 64n) / 100n, wanted);
          expect(await metaPool.is_account_unstaked_balance_available(alice)).to.equal(true);
          await expect(metaPool.connect(alice).withdraw_all()).to.changeEtherBalances(
            ethers,
            [alice, metaPool],
            [claim, -claim],
          );
        });
      }
    }
  });
});
