import { expect } from "chai";
import fc from "fast-check";

import {
  assetsAt,
  beginRound,
  type Book,
  bufferOf,
  DAY,
  endRound,
  lockedAt,
  newBook,
  report,
  sendToAllocator,
  supplyOf,
} from "../../src/model/book.ts";
import { max, monus, sum } from "../../src/model/arithmetic.ts";
import { Revert } from "../../src/model/errors.ts";
import { brokenInState, brokenInStep, type Step } from "../../src/model/invariants.ts";
import * as metaPool from "../../src/model/metaPool.ts";
import { snapshotOf } from "../../src/model/snapshot.ts";
import { IS_DEEP } from "../helpers/deep.ts";

const RUNS = IS_DEEP ? 5000 : 500;
const ACTORS = ["ann", "bob", "eve"] as const;
const SEED = 10n ** 9n;

/** What happens outside the pool, written down by the test: the second opinion on every bucket. */
interface Ledger {
  now: bigint;
  paidIn: Map<string, bigint>;
  paidOut: Map<string, bigint>;
  atOperators: bigint;
  gains: bigint;
  losses: bigint;
}

interface Operation {
  name: string;
  run: (book: Book, ledger: Ledger) => Step;
  [fc.toStringMethod]: () => string;
}

function operation<Fields>(
  name: string,
  fields: fc.Arbitrary<Fields>,
  run: (book: Book, ledger: Ledger, fields: Fields) => Step | undefined,
): fc.Arbitrary<Operation> {
  return fields.map((values) => ({
    name,
    run: (book, ledger) => run(book, ledger, values) ?? {},
    [fc.toStringMethod]: () => `${name}(${fc.stringify(values)})`,
  }));
}

const actor = fc.constantFrom(...ACTORS);
const wei = fc.oneof(fc.bigInt(1n, 10n), fc.bigInt(1n, 10n ** 6n), fc.bigInt(10n ** 9n, 10n ** 12n));
const part = fc.bigInt(0n, 1000n); // of a thousand

function sharesOf(book: Book, who: string): bigint {
  return book.accounts.get(who)?.shares ?? 0n;
}

function credit(ledger: Map<string, bigint>, who: string, amount: bigint): void {
  ledger.set(who, (ledger.get(who) ?? 0n) + amount);
}

const userOperation: fc.Arbitrary<Operation> = fc.oneof(
  operation("depositAndStake", fc.record({ who: actor, amount: wei }), (book, ledger, { who, amount }) => {
    const preview = metaPool.previewStake(book, ledger.now, amount);
    expect(metaPool.depositAndStake(book, ledger.now, who, amount)).to.equal(preview);
    credit(ledger.paidIn, who, amount);
  }),
  operation("deposit", fc.record({ who: actor, amount: wei }), (book, ledger, { who, amount }) => {
    metaPool.deposit(book, ledger.now, who, amount);
    credit(ledger.paidIn, who, amount);
  }),
  operation("stakeAll", actor, (book, ledger, who) => {
    metaPool.stakeAll(book, ledger.now, who);
  }),
  operation("unstake", fc.record({ who: actor, share: part }), (book, ledger, { who, share }) => {
    const amount = (metaPool.stakedBalance(book, ledger.now, who) * share) / 1000n;
    if (amount === 0n) return;
    const held = sharesOf(book, who);
    const burned = metaPool.previewUnstake(book, ledger.now, amount);
    // L1: up to the staked balance it never reverts
    metaPool.unstake(book, ledger.now, who, amount);
    expect(held - sharesOf(book, who)).to.equal(burned);
  }),
  operation("unstakeAll", actor, (book, ledger, who) => {
    metaPool.unstakeAll(book, ledger.now, who);
    expect(sharesOf(book, who)).to.equal(0n);
  }),
  operation("unstakeInstant", fc.record({ who: actor, share: part }), (book, ledger, { who, share }) => {
    const shares = (sharesOf(book, who) * share) / 1000n;
    const { assets } = metaPool.quoteInstant(book, ledger.now, shares);
    expect(metaPool.unstakeInstant(book, ledger.now, who, shares)).to.equal(assets);
    credit(ledger.paidOut, who, assets);
  }),
  operation("withdrawAll", actor, (book, ledger, who) => {
    credit(ledger.paidOut, who, metaPool.withdrawAll(book, who));
  }),
  operation("withdraw", fc.record({ who: actor, share: part }), (book, ledger, { who, share }) => {
    const amount = (metaPool.withdrawable(book, who) * share) / 1000n;
    metaPool.withdraw(book, who, amount);
    credit(ledger.paidOut, who, amount);
  }),
);

const transfer = operation(
  "transfer",
  fc.record({ from: actor, to: actor, share: part }),
  (book, _, { from, to, share }) => {
    const supply = supplyOf(book);
    metaPool.transfer(book, from, to, (sharesOf(book, from) * share) / 1000n);
    expect(supplyOf(book)).to.equal(supply);
  },
);

/** What keepers and the allocator do while operators earn and lose nothing. */
const quietOperation: fc.Arbitrary<Operation> = fc.oneof(
  operation("wait", fc.bigInt(1n, 2n * DAY), (_, ledger, seconds) => {
    ledger.now += seconds;
  }),
  operation("round", fc.constant(undefined), (book, ledger) => {
    if (book.openRound === 0n) beginRound(book);
    else endRound(book, ledger.now, book.roundGain, 0n);
  }),
  operation("fundExits", fc.constant(3), (book, _, batches) => {
    metaPool.fundExits(book, batches);
  }),
  operation("send", part, (book, ledger, share) => {
    const assets = (monus(bufferOf(book), book.exits.owed) * share) / 1000n;
    sendToAllocator(book, assets);
    ledger.atOperators += assets;
  }),
  operation("return", part, (book, ledger, share) => {
    const cash = (book.delegated * share) / 1000n;
    report(book, ledger.now, { cash });
    ledger.atOperators -= cash;
  }),
);

const gainOperation = operation("gain", part, (book, ledger, share) => {
  const gain = (book.delegated * share) / 100_000n;
  report(book, ledger.now, { gain });
  ledger.atOperators += gain;
  ledger.gains += gain;
});

const lossOperation = operation(
  "loss",
  fc.oneof(part, fc.bigInt(0n, 3n), fc.constant(1000n)),
  (book, ledger, share) => {
    const loss = share < 4n ? share : (book.delegated * share) / 1000n;
    if (loss > book.delegated) return;
    const { lossIndex, owed } = book.exits;
    report(book, ledger.now, { loss });
    ledger.atOperators -= loss;
    ledger.losses += loss;
    return { loss, voided: owed > 0n && book.exits.owed === 0n && book.exits.lossIndex >= lossIndex };
  },
);

function play(
  operations: Operation[],
  afterEach?: (book: Book, ledger: Ledger) => void,
): { book: Book; ledger: Ledger } {
  const ledger: Ledger = { now: 0n, paidIn: new Map(), paidOut: new Map(), atOperators: 0n, gains: 0n, losses: 0n };
  const book = newBook(
    { feeBps: 500n, bufferTargetBps: 500n, assetCap: undefined, treasury: "treasury", epochLength: DAY },
    SEED,
  );
  for (const operation of operations) {
    const before = snapshotOf(book, ledger.now);
    let step: Step = {};
    try {
      step = operation.run(book, ledger);
    } catch (error) {
      if (!(error instanceof Revert)) throw error;
      expect(snapshotOf(book, ledger.now), "a refused operation changed something").to.deep.equal(before);
    }
    const after = snapshotOf(book, ledger.now);
    expect([...brokenInState(after), ...brokenInStep(before, after, step)]).to.deep.equal([]);

    // I-02, I-04: every bucket again, from what went in and out
    const total = (sums: Map<string, bigint>) => [...sums.values()].reduce((a, b) => a + b, 0n);
    const paid = SEED + total(ledger.paidIn) - total(ledger.paidOut);
    expect(book.delegated).to.equal(ledger.atOperators);
    expect(book.balance + ledger.atOperators).to.equal(paid + ledger.gains - ledger.losses);
    expect(book.balance).to.equal(after.buffer + after.reserved + after.free);
    afterEach?.(book, ledger);
  }
  return { book, ledger };
}

/** What an actor could get out in the end, if everything at operators came back, and at the highest. */
function wealth(book: Book, ledger: Ledger, who: string): bigint {
  return (ledger.paidOut.get(who) ?? 0n) + metaPool.totalBalance(book, ledger.now, who);
}

describe("model: MetaPool's book under random sequences", () => {
  it("keeps the invariants, and an independent ledger agrees with every bucket", () => {
    const any = fc.oneof(
      { weight: 6, arbitrary: userOperation },
      { weight: 1, arbitrary: transfer },
      { weight: 5, arbitrary: quietOperation },
      { weight: 1, arbitrary: gainOperation },
      { weight: 1, arbitrary: lossOperation },
    );
    fc.assert(
      fc.property(fc.array(any, { minLength: 10, maxLength: 80 }), (operations) => {
        play(operations);
      }),
      { numRuns: RUNS },
    );
  });

  it("gives nobody more than it put in as long as nothing is earned, but for what others left behind", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(userOperation, quietOperation), { minLength: 10, maxLength: 80 }), (operations) => {
        const { book, ledger } = play(operations);
        const gainOf = (who: string) => wealth(book, ledger, who) - (ledger.paidIn.get(who) ?? 0n);
        for (const who of ACTORS) {
          // Fees of instant exits and roundings fall to those who stay, never to who caused them.
          const others = ACTORS.filter((other) => other !== who);
          expect(gainOf(who) <= sum(others.map((other) => max(0n, -gainOf(other))))).to.be.true;
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("pays at most what came in for a stake that leaves at once, at any price", () => {
    fc.assert(
      fc.property(
        fc.bigInt(1n, 10n ** 24n),
        fc.bigInt(1n, 10n ** 24n),
        fc.bigInt(1n, 10n ** 24n),
        (equity, supply, amount) => {
          const { book } = play([]);
          book.accounts.set("ann", { shares: supply, free: 0n, hasStaked: true });
          book.equity = equity;
          book.balance = equity;
          if (metaPool.previewStake(book, 0n, amount) === 0n) return;
          metaPool.depositAndStake(book, 0n, "eve", amount);
          expect(metaPool.unstakeAll(book, 0n, "eve") <= amount).to.be.true;
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("pays nothing for a stake that enters just before a gain is booked and leaves after", () => {
    fc.assert(
      fc.property(wei, fc.bigInt(1n, 10n ** 12n), fc.bigInt(0n, 10n ** 10n), (stake, attack, gain) => {
        const { book, ledger } = play([]);
        metaPool.depositAndStake(book, ledger.now, "ann", stake);
        sendToAllocator(book, bufferOf(book));
        beginRound(book);
        if (metaPool.previewStake(book, ledger.now, attack) === 0n) return;
        metaPool.depositAndStake(book, ledger.now, "eve", attack);
        report(book, ledger.now, { gain });
        endRound(book, ledger.now, book.roundGain, 0n);
        // The fee's shares are minted at the price before, rounded down: they lift the others by less than a share's worth.
        expect(metaPool.unstakeAll(book, ledger.now, "eve") <= attack + 1n).to.be.true;
      }),
      { numRuns: RUNS },
    );
  });

  it("lets a loss fall on a share and on an exit of the same worth alike, within a wei", () => {
    fc.assert(
      fc.property(fc.bigInt(10n ** 6n, 10n ** 12n), fc.bigInt(1n, 999n), (stake, share) => {
        const { book, ledger } = play([]);
        metaPool.depositAndStake(book, ledger.now, "ann", stake);
        metaPool.depositAndStake(book, ledger.now, "bob", stake);
        sendToAllocator(book, bufferOf(book));
        metaPool.unstakeAll(book, ledger.now, "bob");
        const [ann, bob] = [metaPool.stakedBalance(book, 0n, "ann"), metaPool.unstakedBalance(book, "bob")];
        report(book, ledger.now, { loss: (book.delegated * share) / 1000n });
        const [annLeft, bobLeft] = [metaPool.stakedBalance(book, 0n, "ann"), metaPool.unstakedBalance(book, "bob")];
        const difference = annLeft * bob - bobLeft * ann;
        // The loss rounds for who leaves; units and their worth against it.
        expect(difference >= -2n * (ann + bob) && difference <= 3n * bob).to.be.true;
      }),
      { numRuns: RUNS },
    );
  });

  it("releases a gain never faster than linearly, and all of it", () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 12n), fc.bigInt(0n, DAY), (gain, passed) => {
        const { book } = play([]);
        sendToAllocator(book, bufferOf(book));
        beginRound(book);
        report(book, 0n, { gain });
        endRound(book, 0n, book.roundGain, 0n);
        const all = book.locked;
        expect(all - lockedAt(book, passed) <= (all * passed) / DAY).to.be.true;
        expect(lockedAt(book, DAY)).to.equal(0n);
        expect(assetsAt(book, DAY)).to.equal(book.equity);
      }),
      { numRuns: RUNS },
    );
  });
});
