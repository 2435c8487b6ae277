/** What the differential tests share: seeded sequences, and running one operation on a contract and on the model. */
import type { ContractTransactionResponse } from "ethers";

import { Revert } from "../../src/model/errors.ts";
import type { Random } from "./random.ts";

/** An operation by its weight in a sequence. */
export type Weights<Name extends string> = Readonly<Record<Name, number>>;

export function choose<Name extends string>(random: Random, weights: Weights<Name>): Name {
  const names = Object.keys(weights) as Name[];
  return random.pick(names.flatMap((name) => Array.from({ length: weights[name] }, () => name)));
}

interface Parsing {
  parseError: (data: string) => { name: string } | null;
}

/** Name of the custom error in whatever a provider throws; its text if there is none. */
export function errorName(error: unknown, contracts: readonly Parsing[]): string {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { data } = cause as { data?: unknown };
    if (typeof data !== "string") continue;
    for (const contract of contracts) {
      const name = contract.parseError(data)?.name;
      if (name !== undefined) return name;
    }
  }
  return error instanceof Error ? error.message : String(error);
}

/** Runs an operation on the model and on the contract: both do it, or both refuse it for the same reason. */
export async function both(
  modelled: () => void,
  sent: () => Promise<ContractTransactionResponse>,
  contracts: readonly Parsing[],
): Promise<string> {
  let expected = "done";
  try {
    modelled();
  } catch (error) {
    if (!(error instanceof Revert)) throw error;
    expected = String(error.reason);
  }
  let actual = "done";
  try {
    await (await sent()).wait();
  } catch (error) {
    actual = errorName(error, contracts);
  }
  if (actual !== expected) throw new Error(`the contract says ${actual}, the model ${expected}`);
  return expected;
}

/** The seed that the environment asks for, or the default one. */
export const SEED = Number(process.env.TRELLIS_SEED ?? 1);

/** Runs `operations` steps of a sequence. What fails is thrown with the seed and all operations up to it. */
export async function play(
  seed: number,
  operations: number,
  step: () => Promise<string>,
): Promise<Map<string, number>> {
  const log: string[] = [];
  const counts = new Map<string, number>();
  for (let i = 0; i < operations; i++) {
    try {
      log.push("…");
      const done = await step();
      log[i] = done;
      const name = `${done.split(" ")[0] ?? ""} ${done.split(" ").at(-1) ?? ""}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`seed ${seed.toString()}, operation ${i.toString()}: ${reason}\n${log.slice(-60).join("\n")}`, {
        cause: error,
      });
    }
  }
  return counts;
}

/** The first differences between two values, by path. */
export function expectSame(actual: unknown, expected: unknown, done: string): void {
  const differences: string[] = [];
  const walk = (path: string, a: unknown, b: unknown) => {
    if (typeof a === "object" && a !== null && typeof b === "object" && b !== null) {
      const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
      for (const key of keys) {
        walk(`${path}.${key}`, (a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]);
      }
    } else if (a !== b) {
      differences.push(`${path}: contract ${String(a)}, model ${String(b)}`);
    }
  };
  walk("", actual, expected);
  if (differences.length > 0) throw new Error(`after ${done}\n  ${differences.slice(0, 12).join("\n  ")}`);
}
