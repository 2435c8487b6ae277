/** The order of transactions, and keepers: A81 to A83 of docs/attacks.md. */
import { expect } from "chai";

import {
  connection,
  delegate,
  deployWorld,
  ether,
  keep,
  LOOSE,
  networkHelpers,
  nextEpoch,
  nextRound,
  PAGE,
  positionsOf,
  sum,
} from "../fixtures/allocator.ts";
import { openLedger } from "../helpers/worth.ts";

const STAKE = ether(500);

/** A round is due; one operator has lost five ether that nobody has booked, another one has earned a fifth. */
async function deployDue() {
  const bond = ether(10);
  const world = await deployWorld({
    hostile: 1,
    honest: [{ bond }, { bond }, { bond }],
    stake: ether("99.9"),
    parameters: { allocator: LOOSE },
  });
  await delegate(world);
  const { network, foundation, honest, hostile } = world;
  await nextEpoch(world);
  await hostile[0]!.lose(ether(5));
  await network.connect(foundation).reward([honest[0]!.address], [ether("0.28")], { value: ether("0.28") });
  return world;
}

/** Every order of `items`. */
function ordersOf<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) =>
    ordersOf([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}

describe("Attacks", () => {
  describe("keepers and the order of transactions", () => {
    it("A81 a keeper that orders its stake, its exit, a slash and a round as it likes earns nothing by any order", async () => {
      const world = await networkHelpers.loadFixture(deployDue);
      const { allocator, metaPool, eve, alice } = world;
      const pool = metaPool.connect(eve);
      const moves = {
        stake: () => pool.deposit_and_stake({ value: STAKE }),
        leave: async () => {
          if ((await pool.balanceOf(eve)) !== 0n) await pool.unstake_all();
        },
        round: () => allocator.connect(eve).settle(100, PAGE),
        slash: () => allocator.connect(eve).settleOne(1),
      };
      const start = await networkHelpers.takeSnapshot();
      for (const order of ordersOf(Object.keys(moves) as (keyof typeof moves)[])) {
        const ledger = await openLedger(connection, [metaPool], { attacker: [eve], victim: [alice] });
        for (const move of order) await moves[move]();
        await moves.leave();

        const { attacker, victim } = await ledger.changes();
        // A gain of a quarter is released over a day: some seconds of it are hers.
        expect(attacker, order.join(" ")).to.be.at.most(ether("0.0001"));
        expect(victim, order.join(" ")).to.be.at.least(-ether(5));
        await start.restore();
      }
    });

    it("A81 settling in pages, or a page before the loss, gives the keeper nothing either", async () => {
      const world = await networkHelpers.loadFixture(deployDue);
      const { allocator, metaPool, eve, alice } = world;
      const start = await networkHelpers.takeSnapshot();
      for (const page of [1, 2, 3]) {
        for (const entry of [0, 1, 2]) {
          const ledger = await openLedger(connection, [metaPool], { attacker: [eve], victim: [alice] });
          for (let call = 0; call < 4; call += 1) {
            if (call === entry) await metaPool.connect(eve).deposit_and_stake({ value: STAKE });
            await allocator.connect(eve).settle(page, PAGE);
          }
          await metaPool.connect(eve).unstake_all();

          const { attacker, victim } = await ledger.changes();
          expect(attacker, `${page} ${entry}`).to.be.at.most(ether("0.0001"));
          expect(victim, `${page} ${entry}`).to.be.at.least(-ether(5));
          await start.restore();
        }
      }
    });

    it("A82 no job pays whoever does it, however often it is done", async () => {
      const world = await networkHelpers.loadFixture(deployDue);
      const { allocator, metaPool, eve, alice } = world;
      await allocator.settle(100, PAGE);
      const ledger = await openLedger(connection, [metaPool], { attacker: [eve], victim: [alice] });
      for (let time = 0; time < 5; time += 1) {
        await allocator.connect(eve).settle(100, PAGE);
        await allocator.connect(eve).settleOne(1);
        await allocator.connect(eve).certifyLevels([], 100, PAGE);
        await allocator.connect(eve).rebalance([{ operator: 2, amount: 1n, up: false }], PAGE);
        await metaPool.connect(eve).fundExits(10);
        await metaPool.connect(eve).ping(PAGE);
      }

      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.equal(0n);
      expect(victim, "what is released meanwhile").to.be.within(0n, ether("0.001"));
    });

    it("A83 a stolen keeper's key moves nothing out: it stays with operators below their caps, and comes back", async () => {
      const world = await networkHelpers.loadFixture(deployDue);
      const { allocator, metaPool, keeper, eve, alice } = world;
      await metaPool.connect(alice).deposit_and_stake({ value: ether(40) });
      await nextRound(world);
      const ledger = await openLedger(connection, [metaPool], { attacker: [keeper, eve], victim: [alice] });
      const cap = ((await allocator.poolSnapshot()).total * 3_333n) / 10_000n;
      for (const up of [true, false, true]) {
        const legs = [1, 2, 3, 4].map((operator) => ({ operator, amount: 2n ** 95n, up }));
        await allocator.connect(keeper).rebalance(legs, PAGE);
        const positions = await positionsOf(world);
        expect(sum(positions)).to.be.greaterThan(ether(130));
        for (const position of positions) expect(position).to.be.at.most(cap);
      }
      await metaPool.connect(alice).unstake(ether(60));
      await keep(world, 10);
      await metaPool.connect(alice).withdraw_all();

      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.equal(0n);
      expect(victim, "nothing but the released gain").to.be.within(-20n, ether("0.3"));
    });
  });
});
