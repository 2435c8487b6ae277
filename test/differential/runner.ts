/**
 * Random sequences of operations, on the contracts and on the model: after each, both have done it or both have refused it for
 * the same reason, and their states are equal to the wei. A sequence is a list of commands; one that fails is shrunk and printed
 * so that it can be pasted into a test.
 */
import { inspect } from "node:util";

import type { NetworkHelpers } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";
import type { ContractTransactionResponse, Interface } from "ethers";

import { Revert } from "../../src/model/errors.ts";
import { Random } from "./random.ts";
import type { State, Value } from "./views.ts";

const IS_DEEP = process.env.TRELLIS_DEEP === "1";
const PER_SEQUENCE = 250;
/** Sequences of a run have this seed and those that follow. */
const FIRST_SEED = Number(process.env.TRELLIS_SEED ?? 1000);
const MOST_REPLAYS = 60;
/** Fewer operations may not bring about what is rare. */
const ENOUGH_FOR_EVENTS = 1_000;

/** What an operation was decided to be, in full, so that it can be done again. */
export type Given = Readonly<Record<string, Value>>;

/** One operation of a sequence: `at` seconds after its beginning. */
export interface Command {
  readonly name: string;
  readonly at: bigint;
  readonly given: Given;
}

/** An operation on both sides; the contracts' may be nothing that a transaction does. */
export interface Act {
  readonly model: () => unknown;
  readonly send: () => Promise<ContractTransactionResponse | undefined>;
}

/** A kind of operation. Nothing is done where `plan` or `act` find nothing to do. */
export interface Operation<World> {
  readonly weight: number;
  readonly plan: (world: World, random: Random) => Given | undefined;
  readonly act: (world: World, given: Given) => Act | undefined;
}

/** A kind of operation by what it is decided to be and what it does. */
export function operation<World, Arguments extends Given>(
  weight: number,
  plan: (world: World, random: Random) => Arguments | undefined,
  act: (world: World, given: Arguments) => Act | undefined,
): Operation<World> {
  return { weight, plan, act: (world, given) => act(world, given as Arguments) };
}

/** A deployment and its model. */
export interface World {
  start: bigint;
  time: bigint; // of the operation
  /** Whose errors are told apart. */
  readonly interfaces: readonly Interface[];
  /** Makes the next block happen at a time. */
  readonly setTime: (time: bigint) => Promise<void>;
  readonly mine: () => Promise<void>;
  readonly actual: () => Promise<State>;
  readonly expected: () => State;
  /** What has happened that no single operation brings about. */
  readonly events?: () => readonly string[];
}

export interface Suite<W extends World> {
  readonly operations: Readonly<Record<string, Operation<W>>>;
  /** What `events` must have said at least once in a run of some length. */
  readonly events?: readonly string[];
  /** A world as it is at the beginning of the sequence with this seed. */
  readonly load: (seed: number) => Promise<W>;
  /** How long until the next operation. */
  readonly pause: (name: string, random: Random, world: W) => bigint;
  readonly count: { readonly plain: number; readonly deep: number };
}

/** How often each operation was done, and how often refused. */
type Tally = Map<string, { done: number; refused: number; skipped: number }>;

/** Where every sequence begins: the start of a day that no clock has reached yet. */
export const BEGINNING = 4_102_444_800n;

/** How a world reaches the chain. */
export function chainOf(helpers: NetworkHelpers, balanceOf: (address: string) => Promise<bigint>) {
  return {
    setTime: (timestamp: bigint) => helpers.time.setNextBlockTimestamp(timestamp),
    mine: () => helpers.mine(),
    /** Puts ether into an account without a call, as a validator's rewards or a dying contract can. */
    force: async (address: string, amount: bigint) => helpers.setBalance(address, (await balanceOf(address)) + amount),
  };
}

/* SEQUENCES */

/** Plays sequences of a suite; each operation must have been done at least once. */
export async function playAll<W extends World>(suite: Suite<W>): Promise<void> {
  const asked = process.env.TRELLIS_OPERATIONS;
  const total = asked === undefined ? suite.count[IS_DEEP ? "deep" : "plain"] : Number(asked);
  const tally: Tally = new Map(
    Object.keys(suite.operations).map((name) => [name, { done: 0, refused: 0, skipped: 0 }]),
  );
  const events = new Map((suite.events ?? []).map((event) => [event, 0]));
  for (let [seed, done] = [FIRST_SEED, 0]; done < total; seed++) {
    const length = Math.min(PER_SEQUENCE, total - done);
    await playOne(suite, { seed, length }, tally, events);
    done += length;
    if (IS_DEEP) report(`seed ${seed.toString()}: ${done.toString()} of ${total.toString()} operations, no difference`);
  }
  if (process.env.TRELLIS_TALLY !== undefined) report(inspect({ tally, events }, { depth: null, breakLength: 160 }));
  const missing = [
    ...[...tally].filter(([, { done }]) => done === 0),
    ...[...events].filter(([, times]) => times === 0 && total >= ENOUGH_FOR_EVENTS),
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

async function playOne<W extends World>(
  suite: Suite<W>,
  { seed, length }: { seed: number; length: number },
  tally: Tally,
  events: Map<string, number>,
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
    world.time += suite.pause(name, random, world);
    const given = suite.operations[name]!.plan(world, random);
    if (given === undefined) {
      tally.get(name)!.skipped += 1;
      continue;
    }
    const command = { name, at: world.time - world.start, given };
    commands.push(command);
    try {
      const outcome = await execute(suite, world, command);
      const count = tally.get(name)!;
      count[outcome === "done" ? "done" : outcome === "skipped" ? "skipped" : "refused"] += 1;
      for (const event of world.events?.() ?? []) events.set(event, (events.get(event) ?? 0) + 1);
    } catch (error) {
      const found = messageOf(error);
      const { commands: few, message } = await shrink(suite, seed, commands, found);
      throw new Error(
        `seed ${seed.toString()}, operation ${commands.length.toString()}: ${found}\n\n` +
          `${few.length.toString()} commands are enough for: ${message}\n\n` +
          `await replay(suite, ${seed.toString()}, ${print(few)});\n`,
        { cause: error },
      );
    }
  }
}

/* ONE OPERATION */

async function execute<W extends World>(suite: Suite<W>, world: W, command: Command): Promise<string> {
  const { name, at, given } = command;
  world.time = world.start + at;
  await world.setTime(world.time);
  const act = suite.operations[name]!.act(world, given);
  let outcome = "skipped";
  if (act === undefined) await world.mine();
  else outcome = await both(world, act);
  await compare(world, `${name} ${inspect(given, { depth: null, breakLength: Infinity })} (${outcome})`);
  return outcome;
}

/** Both do it, or both refuse it for the same reason. */
async function both(world: World, { model, send }: Act): Promise<string> {
  let expected = "done";
  try {
    model();
  } catch (error) {
    if (!(error instanceof Revert)) throw error;
    expected = String(error.reason);
  }
  let actual = "done";
  try {
    const sent = await send();
    if (sent === undefined) await world.mine();
    else await sent.wait();
  } catch (error) {
    actual = errorName(error, world.interfaces);
  }
  if (actual !== expected) throw new Error(`the contract says ${actual}, the model ${expected}`);
  return expected;
}

async function compare(world: World, after: string): Promise<void> {
  const differences = differencesOf(await world.actual(), world.expected());
  if (differences.length > 0) throw new Error(`after ${after}\n  ${differences.slice(0, 12).join("\n  ")}`);
}

/** Name of the custom error in whatever a provider throws; its text if there is none. */
function errorName(error: unknown, interfaces: readonly Interface[]): string {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { data } = cause as { data?: unknown };
    if (typeof data !== "string") continue;
    for (const abi of interfaces) {
      const name = abi.parseError(data)?.name;
      if (name !== undefined) return name;
    }
  }
  return messageOf(error);
}

/** Where the contracts say something else than the model, by path. The model need not say all that the contracts do. */
function differencesOf(actual: Value, expected: Value, path = ""): string[] {
  if (typeof expected !== "object" || typeof actual !== "object") {
    return actual === expected ? [] : [`${path}: contract ${inspect(actual)}, model ${inspect(expected)}`];
  }
  const [lengths, names] = [
    [actual, expected].map((value) => (Array.isArray(value) ? value.length : 0)),
    Object.keys(expected),
  ];
  if (lengths[0] !== lengths[1]) return [`${path}: contract ${inspect(actual)}, model ${inspect(expected)}`];
  return names.flatMap((name) =>
    differencesOf((actual as State)[name], (expected as State)[name], path === "" ? name : `${path}.${name}`),
  );
}

/* SHRINKING */

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
      return { message: messageOf(error), length: index + 1 };
    }
  }
  return undefined;
}

function print(commands: readonly Command[]): string {
  return inspect(commands, { depth: null, maxArrayLength: null, maxStringLength: null, breakLength: 120 });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function report(line: string): void {
  process.stdout.write(`      ${line}\n`);
}
