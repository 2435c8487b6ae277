/** MetaPool under a commanded allocator. */
import * as book from "../../src/model/book.ts";
import {
  connection,
  DAY,
  ether,
  ethers,
  loadPool,
  networkHelpers,
  now,
  SEED as POOL_SEED,
} from "../fixtures/metaPool.ts";
import { BEGINNING, chainOf } from "./chain.ts";
import { type Operation, operation, type Suite } from "./runner.ts";
import { poolExpected, poolViews, type PoolWorld } from "./pool.ts";
import { userOperations } from "./users.ts";
import { deployReader } from "./views.ts";

/** A pool whose allocator is under command. */
interface World extends PoolWorld {
  readonly own: PoolWorld["pool"]; // as the allocator
  readonly claims: book.Claim[]; // of written-down operators
}

const allocatorOperations: Record<string, Operation<World>> = {
  beginRound: operation(
    6,
    (w: World) => (w.state.openRound === 0n ? {} : undefined),
    (w) =>
      w.state.openRound === 0n ? { model: () => book.beginRound(w.state), send: () => w.own.beginRound() } : undefined,
  ),
  endRound: operation(
    7,
    (w: World, random) =>
      w.state.openRound === 0n
        ? undefined
        : { netGain: random.amount(w.state.roundGain * 2n), accrual: BigInt(random.below(9 * 86_400)) },
    (w, { netGain, accrual }) => {
      const { openRound: round } = w.state;
      if (round === 0n) return undefined;
      return {
        model: () => book.endRound(w.state, w.time, netGain, accrual),
        send: () => w.own.endRound(round, netGain, accrual),
      };
    },
  ),
  fund: operation(
    6,
    (w: World, random) => ({ amount: random.amount(book.bufferOf(w.state)) }),
    (w, { amount }) => ({
      model: () => {
        book.sendToAllocator(w.state, amount);
      },
      send: () => w.own.fund(amount),
    }),
  ),
  /** What the allocator saw: cash up to what is delegated, a gain, and of what is left a loss. */
  report: operation(
    12,
    (w: World, random) => {
      const { delegated } = w.state;
      const [hasCash, hasGain, hasLoss] = [random.once(2), random.once(2), random.once(5)];
      return {
        cash: hasCash ? random.amount(delegated / (random.once(3) ? 1n : 10n)) : 0n,
        gain: hasGain ? random.amount(delegated / 50n) : 0n,
        loss: hasLoss ? random.amount(delegated / 5n) : 0n,
      };
    },
    (w, { cash, gain, loss }) => {
      if (cash + loss > w.state.delegated) return undefined;
      return {
        model: () => {
          book.report(w.state, w.time, { cash, gain, loss });
        },
        send: () => w.own.report(gain, loss, { value: cash }),
      };
    },
  ),
  /** Everything, or all but a few wei of it. */
  ruin: operation(
    2,
    (w: World, random) => ({ loss: w.state.delegated - BigInt(random.below(3)) }),
    (w, { loss }) => {
      if (loss < 0n || loss > w.state.delegated) return undefined;
      return {
        model: () => {
          book.report(w.state, w.time, { loss });
        },
        send: () => w.own.report(0n, loss),
      };
    },
  ),
  writeDown: operation(
    2,
    (w: World, random) => ({ loss: random.amount(w.state.delegated / 3n) }),
    (w, { loss }) => {
      if (loss > w.state.delegated) return undefined;
      return {
        model: () => {
          const claim = book.reportWriteDown(w.state, w.time, loss);
          if (claim.units > 0n) w.claims.push(claim);
        },
        send: () => w.own.reportWriteDown(loss),
      };
    },
  ),
  recover: operation(
    3,
    (w: World, random) => ({ which: random.below(w.claims.length + 1), gain: random.amount(ether(20)) }),
    (w, { which, gain }) => {
      const claim = w.claims.splice(which, 1)[0] ?? { units: 0n, era: 0n };
      const left = gain % 4n === 0n ? claim.units / (2n + (gain % 10n ** 9n)) : 0n;
      return {
        model: () => {
          book.endWriteDown(w.state, gain, claim, left);
          if (left > 0n) w.claims.push({ ...claim, units: left });
        },
        send: () => w.own.endWriteDown(gain, claim.units, left, claim.era),
      };
    },
  ),
};

export const suite: Suite<World> = {
  operations: { ...userOperations<World>(), ...allocatorOperations },
  events: ["closed", "voided", "premium"],
  pause: (_, random) => BigInt(random.below(random.once(4) ? 3 * 86_400 : 600) + 1),
  seed: 1000,
  length: 250,
  count: { plain: 500, deep: 20_000 },
  load: async (seed) => {
    const { pool, address, allocator, governance, guardian, treasury, alice, bob, carol } = await loadPool();
    const reader = await deployReader(connection);
    await networkHelpers.time.increaseTo(BEGINNING);
    const chain = chainOf(connection);
    const { chainId } = await ethers.provider.getNetwork();
    const world: World = {
      ...chain,
      start: await now(),
      time: await now(),
      interfaces: [pool.interface],
      reader,
      pool,
      poolAddress: address,
      own: pool.connect(chain.by(allocator)),
      state: book.newBook(
        { feeBps: 500n, bufferTargetBps: 50n, assetCap: undefined, treasury: treasury.address, epochLength: DAY },
        POOL_SEED,
      ),
      claims: [],
      users: [alice, bob, carol],
      treasury: treasury.address,
      governance,
      guardian,
      size: seed % 3 === 2 ? 40n : ether(50), // a few wei, where every rounding shows
      forced: 0n,
      domain: { name: "Trellis Staked Ether", version: "1", chainId, verifyingContract: address },
      actual: () => reader.read(poolViews(world)),
      expected: () => poolExpected(world),
      events: () => [
        ...(world.state.closed ? ["closed"] : []),
        ...(world.state.exits.voided > 0n ? ["voided"] : []),
        ...(world.state.premium > 0n ? ["premium"] : []),
      ],
    };
    return world;
  },
};
