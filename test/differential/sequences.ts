/**
 * Random sequences of operations. A sequence is a list of commands; one that fails is shrunk and printed so that it can be
 * pasted into a test.
 */
import { inspect } from "node:util";

import { expect } from "chai";

import { casesOf, IS_DEEP } from "../helpers/deep.ts";
import { Random } from "./random.ts";
import { type Command, compare, execute, messageOf, type Suite, type World } from "./runner.ts";

const MOST_REPLAYS = 60;
/** So many operations are shrunk for minutes: what was found is said before. */
const MUCH = 200;

/** How often each operation was done, and how often refused. */
type Tally = Map<string, { done: number; refused: number; skipped: number }>;

/** A sequence that contracts and model do differently, made as short as it goes. */
export class Difference extends Error {
  readonly seed: number;
  readonly commands: readonly Command[];

  constructor(message: string, seed: number, commands: readonly Command[], cause: unknown) {
    super(message, { cause });
    this.name = "Difference";
    this.seed = seed;
    this.commands = commands;
  }
}

/** Plays sequences of a suite; each operation must have been done at least once, and each event have happened. */
export async function playAll<W extends World>(suite: Suite<W>): Promise<void> {
  const asked = process.env.TRELLIS_OPERATIONS;
  const operations = casesOf(asked === undefined ? suite.count[IS_DEEP ? "deep" : "plain"] : Number(asked));
  const total = operations.length;
  // As many sequences are before this part's as the parts before it have operations.
  const first = Number(process.env.TRELLIS_SEED ?? suite.seed) + Math.ceil((operations[0] ?? 0) / suite.length);
  const tally: Tally = new Map(
    Object.keys(suite.operations).map((name) => [name, { done: 0, refused: 0, skipped: 0 }]),
  );
  const events = new Map((suite.events ?? []).map((event) => [event, 0]));
  for (let [seed, done] = [first, 0]; done < total; seed++) {
    const length = Math.min(suite.length, total - done);
    await playOne(suite, { seed, length }, tally, events);
    done += length;
    if (IS_DEEP) report(`seed ${seed.toString()}: ${done.toString()} of ${total.toString()} operations, no difference`);
  }
  if (process.env.TRELLIS_TALLY !== undefined) report(inspect({ tally, events }, { depth: null, breakLength: 160 }));
  // Less than an ordinary run may not bring about what is rare.
  if (total < suite.count.plain) return;
  const missing = [
    ...[...tally].filter(([, { done }]) => done === 0),
    ...[...events].filter(([, times]) => times === 0),
  ].map(([name]) => name);
  expect(missing, "never happened").to.deep.equal([]);
}

/** Plays a list of commands as a test of its own. */
export async function replay<W extends World>(
  suite: Suite<W>,
  seed: number,
  commands: readonly Command[],
): Promise<void> {
  const world = await suite.load(seed);
  await compare(world, "the beginning");
  for (const command of commands) await execute(suite, world, command);
}

/** Plays one sequence. */
export async function playOne<W extends World>(
  suite: Suite<W>,
  { seed, length }: { seed: number; length: number },
  tally: Tally = new Map(),
  events = new Map<string, number>(),
): Promise<void> {
  const random = new Random(seed);
  const world = await suite.load(seed);
  await compare(world, "the beginning");
  const deck = Object.entries(suite.operations).flatMap(([name, { weight }]) => Array<string>(weight).fill(name));
  const commands: Command[] = [];
  let left: string[] = [];
  while (commands.length < length) {
    // As from a deck of cards, so that the rare ones come as well.
    if (left.length === 0) left = [...deck];
    const name = left.splice(random.below(left.length), 1)[0]!;
    const count = tally.get(name) ?? { done: 0, refused: 0, skipped: 0 };
    world.time += suite.pause(name, random, world);
    const given = suite.operations[name]!.plan(world, random);
    if (given === undefined) {
      count.skipped += 1;
      continue;
    }
    const command = { name, at: world.time - world.start, given };
    commands.push(command);
    try {
      const outcome = await execute(suite, world, command);
      count[outcome === "done" ? "done" : outcome === "skipped" ? "skipped" : "refused"] += 1;
    } catch (error) {
      throw await differenceOf(suite, seed, commands, error);
    }
    for (const event of world.events?.() ?? []) events.set(event, (events.get(event) ?? 0) + 1);
  }
}

/* SHRINKING */

async function differenceOf<W extends World>(
  suite: Suite<W>,
  seed: number,
  failing: readonly Command[],
  error: unknown,
): Promise<Difference> {
  const found = messageOf(error);
  if (failing.length > MUCH) report(`seed ${seed.toString()}, operation ${failing.length.toString()}: ${found}`);
  const { commands, message } = await shrink(suite, seed, failing, found);
  const text =
    `seed ${seed.toString()}, operation ${failing.length.toString()}: ${found}\n\n` +
    `${commands.length.toString()} commands are enough for: ${message}\n\n` +
    `await replay(suite, ${seed.toString()}, ${print(commands)});\n`;
  return new Difference(text, seed, commands, error);
}

/** Leaves out commands, in ever smaller pieces, as long as what is left still fails. */
async function shrink<W extends World>(
  suite: Suite<W>,
  seed: number,
  failing: readonly Command[],
  found: string,
): Promise<{ commands: readonly Command[]; message: string }> {
  let [commands, message] = [failing, found];
  let replays = 0;
  for (let piece = Math.floor(commands.length / 2); piece >= 1 && replays < MOST_REPLAYS;) {
    let isSmaller = false;
    for (let end = commands.length - 1; end > 0 && replays < MOST_REPLAYS; end -= piece) {
      const fewer = [...commands.slice(0, Math.max(0, end - piece)), ...commands.slice(end)];
      replays += 1;
      const failure = await failureOf(suite, seed, fewer);
      if (failure === undefined) continue;
      [commands, message] = [fewer.slice(0, failure.length), failure.message];
      isSmaller = true;
    }
    if (piece > 1) piece = Math.floor(piece / 2);
    else if (!isSmaller) break;
  }
  return { commands, message };
}

/** How a list of commands fails, and how many of them it takes. */
async function failureOf<W extends World>(
  suite: Suite<W>,
  seed: number,
  commands: readonly Command[],
): Promise<{ message: string; length: number } | undefined> {
  const world = await suite.load(seed);
  for (const [index, command] of commands.entries()) {
    try {
      await execute(suite, world, command);
    } catch (error) {
      // What a command speaks of is not there without the ones that were left out.
      if (error instanceof TypeError) return undefined;
      return { message: messageOf(error), length: index + 1 };
    }
  }
  return undefined;
}

function print(commands: readonly Command[]): string {
  return inspect(commands, { depth: null, maxArrayLength: null, maxStringLength: null, breakLength: 120 });
}

function report(line: string): void {
  process.stdout.write(`      ${line}\n`);
}
