/** The book of exits by itself, against its model: random sequences, after each step everything that it keeps and says. */
import { expect } from "chai";
import type { ContractTransactionReceipt } from "ethers";

import * as model from "../../src/model/exits.ts";
import type { ExitBookHarness } from "../../types/contracts/mocks/ExitBookHarness.ts";
import { ethers } from "../fixtures/metaPool.ts";
import { IS_DEEP } from "../helpers/deep.ts";
import { Random } from "../differential/random.ts";

const SEQUENCES = IS_DEEP ? 1_000 : 12;
const STEPS = 60;
const OWNERS = [1, 2, 3].map((number) => ethers.toBeHex(number, 20));
const ALL = 2n ** 96n;
/** Small amounts show what is rounded, large ones what does not fit. */
const SCALES = [10n ** 24n, 40n, 10n ** 10n];

/** What is told of each exit: its batch, what is open, what is matured. */
type Told = readonly [bigint, bigint, bigint];

interface World {
  readonly harness: ExitBookHarness;
  readonly book: model.ExitBook;
  readonly free: Map<string, bigint>;
  readonly random: Random;
}

async function deploy(): Promise<ExitBookHarness> {
  return ethers.deployContract("ExitBookHarness");
}

function freeOf({ free }: Pick<World, "free">, owner: string): bigint {
  return free.get(owner) ?? 0n;
}

function toldOf(book: model.ExitBook, owner: string): Told[] {
  return model
    .exitsOf(book, owner)
    .map((exit) => [exit.batch, model.openOf(book, exit), model.maturedOf(book, exit)] as const);
}

/** The oldest batch that has begun and has open units. */
function oldestOf({ batches, filling }: model.ExitBook): bigint {
  return batches.find(({ number, openUnits }) => number < filling && openUnits > 0n)?.number ?? 0n;
}

async function expectEqual({ harness, book, free }: World): Promise<void> {
  const seen = await harness.look(OWNERS);
  expect({
    lossIndex: seen.lossIndex,
    isWrittenDown: seen.isWrittenDown,
    owed: seen.owed,
    funded: seen.funded,
    free: seen.free,
    filling: seen.filling,
    completed: seen.completed,
    voidedThrough: seen.voidedThrough,
    oldest: seen.oldest,
    fundedThrough: seen.fundedThrough,
  }).to.deep.equal({
    lossIndex: book.lossIndex,
    isWrittenDown: book.lossIndex !== model.INDEX_ONE,
    owed: book.owed,
    funded: book.funded,
    free: OWNERS.reduce((sum, owner) => sum + freeOf({ free }, owner), 0n),
    filling: book.filling,
    completed: book.completed,
    voidedThrough: book.voided,
    oldest: oldestOf(book),
    fundedThrough: model.fundedThrough(book),
  });
  const batches = seen.batches.map(({ units, openUnits, open, paid }) => [units, openUnits, open, paid]);
  expect(batches).to.deep.equal(
    batches.map((_, number) => {
      const batch = model.batchOf(book, BigInt(number));
      return [batch.units, batch.openUnits, model.batchOpen(book, batch), batch.paid];
    }),
  );
  for (const [index, owner] of OWNERS.entries()) {
    const { free: balance, waiting, matured, hasFree, exits, records } = seen.owners[index]!;
    expect([balance, waiting, matured, hasFree]).to.deep.equal([
      freeOf({ free }, owner),
      model.accountOpen(book, owner),
      model.accountMatured(book, owner),
      freeOf({ free }, owner) !== 0n,
    ]);
    expect(exits.map((exit) => [exit.batch, exit.open, exit.matured])).to.deep.equal(toldOf(book, owner));
    expect(records.map(({ units, taken, next }) => [units, taken, next])).to.deep.equal(
      records.map((_, number) => recordOf(book, owner, BigInt(number))),
    );
  }
}

/** What is kept of an exit: nothing once it is gone. */
function recordOf(book: model.ExitBook, owner: string, number: bigint): bigint[] {
  const exits = model.exitsOf(book, owner);
  const index = exits.findIndex(({ batch }) => batch === number);
  const exit = exits[index];
  return exit === undefined ? [0n, 0n, 0n] : [exit.units, exit.taken, exits[index + 1]?.batch ?? 0n];
}

/** "name: arguments" of each event. */
function eventsIn({ harness }: World, receipt: ContractTransactionReceipt): string[] {
  return receipt.logs.map((log) => {
    const { name, args } = harness.interface.parseLog(log)!;
    return `${name}: ${args.join(" ")}`;
  });
}

/** What funding says of the batches that it pays or closes. */
function fundings(before: model.ExitBook, { batches }: model.ExitBook): string[] {
  return batches.flatMap(({ number, paid, openUnits }) => {
    const { paid: paidBefore, openUnits: openBefore } = model.batchOf(before, number);
    if (paid === paidBefore && openUnits === openBefore) return [];
    return [`BatchFunded: ${number} ${paid - paidBefore} ${openUnits === 0n}`];
  });
}

/** What the preview says is what the book says once it has happened. */
async function expectForeseen(
  { harness, book, free }: World,
  [loss, isEmpty, available, most]: readonly [bigint, boolean, bigint, number],
): Promise<void> {
  const later = structuredClone(book);
  const rest = lose(later, loss, isEmpty);
  const { funded, rest: dust } = model.fund(later, isEmpty ? 0n : available, most);
  const seen = await harness.foresee(OWNERS, loss, isEmpty, available, most);
  expect([seen.funding.funded, seen.funding.dust]).to.deep.equal([funded, rest + dust]);
  expect(seen.fundedThrough).to.equal(model.fundedThrough(later));
  for (const [index, owner] of OWNERS.entries()) {
    const { free: balance, waiting, matured, exits } = seen.owners[index]!;
    expect([balance, waiting, matured]).to.deep.equal([
      freeOf({ free }, owner),
      model.accountOpen(later, owner),
      model.accountMatured(later, owner),
    ]);
    expect(exits.map((exit) => [exit.batch, exit.open, exit.matured])).to.deep.equal(toldOf(later, owner));
  }
}

/** As pools do: what is exhausted, or empty, is voided. Returns what was owed to what was voided. */
function lose(book: model.ExitBook, loss: bigint, isEmpty: boolean): bigint {
  model.writeDown(book, loss);
  return isEmpty || (loss !== 0n && book.lossIndex < model.LEAST_INDEX) ? voidAll(book) : 0n;
}

function voidAll(book: model.ExitBook): bigint {
  model.complete(book, book.filling);
  return model.voidOpen(book);
}

const receiptOf = async (sent: Promise<{ wait: () => Promise<ContractTransactionReceipt | null> }>) =>
  (await (await sent).wait())!;

/** Steps, by how often they are taken. */
const STEP: Readonly<Record<string, readonly [number, (world: World, scale: bigint) => Promise<void>]>> = {
  open: [
    6,
    async ({ harness, book, random }, scale) => {
      const [owner, assets] = [random.pick(OWNERS), 1n + random.amount(scale)];
      const answer = await harness.open.staticCall(owner, assets);
      await harness.open(owner, assets);
      const units = model.addExit(book, owner, assets);
      expect(answer).to.deep.equal([book.filling, units]);
    },
  ],
  begin: [
    3,
    async ({ harness, book }) => {
      const batch = await harness.begin.staticCall();
      await harness.begin();
      expect(batch).to.equal(model.closeFilling(book));
    },
  ],
  complete: [
    2,
    async ({ harness, book }) => {
      await harness.complete(book.filling - 1n);
      model.complete(book, book.filling - 1n);
    },
  ],
  fund: [
    5,
    async (world, scale) => {
      const { harness, book, random } = world;
      const [available, most] = [random.once(5) ? 0n : random.amount(2n * scale), random.below(4)];
      await expectForeseen(world, [0n, false, available, most]);
      const before = structuredClone(book);
      const answer = await harness.fund.staticCall(available, most);
      const receipt = await receiptOf(harness.fund(available, most));
      const { funded, rest } = model.fund(book, available, most);
      expect(answer).to.deep.equal([funded, rest]);
      expect(eventsIn(world, receipt)).to.deep.equal(fundings(before, book));
    },
  ],
  writeDown: [
    2,
    async (world, scale) => {
      const { harness, book, random } = world;
      if (book.owed === 0n) return;
      const loss = random.once(8) ? book.owed : random.amount(book.owed / (random.once(3) ? 1n : 10n));
      await expectForeseen(world, [loss, false, random.amount(scale), random.below(4)]);
      await expectForeseen(world, [loss, true, 0n, 0]);
      const exhausted = await harness.writeDown.staticCall(loss);
      const receipt = await receiptOf(harness.writeDown(loss));
      model.writeDown(book, loss);
      expect(eventsIn(world, receipt)).to.deep.equal(
        loss === 0n ? [] : [`ExitsWrittenDown: ${loss} ${book.lossIndex}`],
      );
      expect(exhausted).to.equal(loss !== 0n && book.lossIndex < model.LEAST_INDEX);
      if (exhausted) await voidBoth(world);
    },
  ],
  take: [
    4,
    async (world, scale) => {
      const { harness, book, free, random } = world;
      const [owner, limit] = [random.pick(OWNERS), random.once(3) ? ALL : random.amount(scale)];
      const taken = await harness.take.staticCall(owner, limit);
      await harness.take(owner, limit);
      const balance = freeOf(world, owner);
      const ofFree = balance < limit ? balance : limit;
      free.set(owner, balance - ofFree);
      expect(taken).to.equal(ofFree + model.takeMatured(book, owner, limit - ofFree));
    },
  ],
  fold: [
    2,
    async (world) => {
      const { harness, book, free, random } = world;
      const [owner, most] = [random.pick(OWNERS), random.below(4)];
      const before = toldOf(book, owner);
      const receipt = await receiptOf(harness.fold(owner, most));
      free.set(owner, freeOf(world, owner) + model.fold(book, owner, most));
      const folded = before.slice(0, before.length - toldOf(book, owner).length);
      expect(eventsIn(world, receipt)).to.deep.equal(
        folded.map(([batch, , matured]) => `ExitFolded: ${owner} ${batch} ${matured}`),
      );
    },
  ],
  addFree: [
    1,
    async (world, scale) => {
      const { harness, free, random } = world;
      const [owner, assets] = [random.pick(OWNERS), 1n + random.amount(scale)];
      await harness.addFree(owner, assets);
      free.set(owner, freeOf(world, owner) + assets);
    },
  ],
};

async function voidBoth(world: World): Promise<void> {
  const { harness, book } = world;
  await harness.complete(book.filling);
  const rest = await harness.voidOpen.staticCall();
  const receipt = await receiptOf(harness.voidOpen());
  const voided = book.filling;
  expect(rest).to.equal(voidAll(book));
  expect(eventsIn(world, receipt)).to.deep.equal([`BatchesVoided: ${voided} ${rest}`]);
}

const NAMES = Object.entries(STEP).flatMap(([name, [weight]]) => Array.from({ length: weight }, () => name));

describe("ExitBook", () => {
  for (let seed = 1; seed <= SEQUENCES; seed += 1) {
    it(`is its model in the sequence of seed ${seed}`, async () => {
      const random = new Random(seed);
      const world: World = { harness: await deploy(), book: model.newExitBook(), free: new Map(), random };
      const scale = SCALES[seed % SCALES.length]!;
      const steps: string[] = [];
      for (let step = 0; step < STEPS; step += 1) {
        const name = random.pick(NAMES);
        steps.push(name);
        try {
          await STEP[name]![1](world, scale);
          await expectEqual(world);
        } catch (error) {
          if (error instanceof Error) error.message = `${steps.join(", ")}: ${error.message}`;
          throw error;
        }
      }
    });
  }

  it("is exhausted below the least index, and not at it", async () => {
    for (const [owed, left, index] of [
      [10n ** 9n, 1n, model.LEAST_INDEX],
      [10n ** 18n + 1n, 10n ** 9n, model.LEAST_INDEX - 1n],
    ] as const) {
      const harness = await deploy();
      await harness.open(OWNERS[0]!, owed);
      expect(await harness.writeDown.staticCall(owed - left)).to.equal(index < model.LEAST_INDEX);
      await harness.writeDown(owed - left);
      const { lossIndex, isWrittenDown } = await harness.look([]);
      expect([lossIndex, isWrittenDown]).to.deep.equal([index, true]);
    }
  });

  it("pays a batch that was funded in part its rest, and no more", async () => {
    const harness = await deploy();
    await harness.open(OWNERS[0]!, 20n);
    await harness.begin();
    await harness.complete(1);
    await harness.fund(15, 1);
    await expect(harness.fund(100, 10)).to.emit(harness, "BatchFunded").withArgs(1n, 5n, true);
    expect(await harness.take.staticCall(OWNERS[0]!, ALL)).to.equal(20n);
  });
});
