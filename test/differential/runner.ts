/**
 * Operations on the contracts and on the model: after each, both have done it or both have refused it with the same error and
 * the same arguments, and their states are equal to the wei.
 */
import { inspect } from "node:util";

import type { ContractTransactionResponse, Interface } from "ethers";

import { Revert } from "../../src/model/errors.ts";
import type { Chain, Log } from "./chain.ts";
import type { Random } from "./random.ts";
import type { State, Value } from "./views.ts";

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
  /** What events say of it, where the model's operation returns the same. */
  readonly told?: (logs: readonly Log[]) => Value;
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
export interface World extends Chain {
  start: bigint;
  time: bigint; // of the operation
  /** Whose errors are told apart. */
  readonly interfaces: readonly Interface[];
  readonly actual: () => Promise<State>;
  readonly expected: () => State;
  /** What has happened that no single operation brings about. */
  readonly events?: () => readonly string[];
}

export interface Suite<W extends World> {
  readonly operations: Readonly<Record<string, Operation<W>>>;
  /** What `events` must have said at least once. */
  readonly events?: readonly string[];
  /** A world as it is at the beginning of the sequence with this seed. */
  readonly load: (seed: number) => Promise<W>;
  /** How long until the next operation. */
  readonly pause: (name: string, random: Random, world: W) => bigint;
  /** Of the first sequence; those that follow count on. Another one may be needed to reach everything after a change. */
  readonly seed: number;
  /** Of one sequence. */
  readonly length: number;
  /** Of all sequences. */
  readonly count: { readonly plain: number; readonly deep: number };
}

/** What became of an operation: it was done, there was nothing to do, or the error that refused it. */
export async function execute<W extends World>(suite: Suite<W>, world: W, command: Command): Promise<string> {
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
async function both(world: World, { model, send, told }: Act): Promise<string> {
  let expected = "done";
  let result: unknown;
  try {
    result = model();
  } catch (error) {
    if (!(error instanceof Revert)) throw error;
    expected = error.message;
  }
  let actual = "done";
  let sent: ContractTransactionResponse | undefined;
  try {
    sent = await send();
    if (sent === undefined) await world.mine();
  } catch (error) {
    if (error instanceof TypeError) throw error; // nothing was asked
    actual = refusalOf(error, world.interfaces);
  }
  if (actual !== expected) throw new Error(`the contract says ${actual}, the model ${expected}`);
  if (told !== undefined && sent !== undefined) {
    const differences = differencesOf(told(await world.logsOf(sent.hash)), result as Value, "events");
    if (differences.length > 0) throw new Error(differences.join("\n  "));
  }
  return expected;
}

export async function compare(world: World, after: string): Promise<void> {
  const differences = differencesOf(await world.actual(), world.expected());
  if (differences.length > 0) throw new Error(`after ${after}\n  ${differences.slice(0, 12).join("\n  ")}`);
}

/** The custom error in whatever a provider throws, with its arguments as the model writes them; its text if there is none. */
function refusalOf(error: unknown, interfaces: readonly Interface[]): string {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { data } = cause as { data?: unknown };
    const encoded = typeof data === "object" && data !== null ? (data as { data?: unknown }).data : data;
    if (typeof encoded !== "string") continue;
    for (const abi of interfaces) {
      const parsed = abi.parseError(encoded);
      if (parsed !== null) return `${parsed.name}(${parsed.args.map(String).join(", ")})`;
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

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
