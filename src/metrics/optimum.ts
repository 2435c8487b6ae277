import type { Highs } from "highs";

import type { Problem } from "../allocation/problem.ts";
import { POOL } from "../allocation/types.ts";

/** The most that the caps let a pool earn, whoever has to be left out for it. */
export interface Optimum {
  /** In the order of the operators, rounded to a part in 10^15 of the total. */
  readonly stakes: readonly bigint[];
  /** Σ score·stake/total of these stakes, in the unit of the scores. */
  readonly value: number;
  /** What no allocation can exceed, by weak duality: it proves the value without trust in the solver. */
  readonly bound: number;
}

/** Parts that a stake is rounded to; more than a double tells apart. */
const PARTS = 10n ** 15n;

let solver: Promise<Highs> | null = null;

/** Its types take the package for a CommonJS one, as which its default export would be the whole module. */
async function loadSolver(): Promise<Highs> {
  const { default: load } = (await import("highs")) as unknown as { default: () => Promise<Highs> };
  return load();
}

/**
 * Maximises Σ score·x over x ≤ own caps and group caps: the yard-stick of research/allocation.md §3.2, by HiGHS. It fills
 * the best operators and no others, so it is what fairness is measured against, not a target.
 */
export async function optimum(problem: Problem, scores: readonly bigint[]): Promise<Optimum> {
  if (scores.length !== problem.operators.length) {
    throw new RangeError(`There are ${scores.length} scores for ${problem.operators.length} operators.`);
  }
  const { total } = problem;
  if (total === 0n || scores.length === 0) return { stakes: scores.map(() => 0n), value: 0, bound: 0 };

  const rows = rowsOf(problem);
  const costs = scores.map(Number);
  const caps = problem.operators.map(({ cap }) => part(cap, total));
  const { parts, prices } = await solve(rows, costs, caps);
  const stakes = parts.map((each) => (BigInt(Math.round(each * Number(PARTS))) * total) / PARTS);
  return { stakes, value: valueOf(stakes, scores, total), bound: boundOf(rows, costs, caps, prices) };
}

/** Σ score·stake/total, in the unit of the scores. */
export function valueOf(stakes: readonly bigint[], scores: readonly bigint[], total: bigint): number {
  if (total === 0n) return 0;
  const earned = stakes.reduce((sum, stake, index) => sum + stake * scores[index]!, 0n);
  return Number((earned * PARTS) / total) / Number(PARTS);
}

/** One cap over several operators, as a part of the total. */
interface CapRow {
  readonly cap: number;
  readonly members: readonly number[];
}

/** The pool, and the groups that have a cap. */
function rowsOf({ total, operators, groups }: Problem): CapRow[] {
  const capped = groups.flatMap(({ id, cap }) => (cap === null ? [] : [{ id, cap }]));
  const members = new Map([
    [POOL, operators.map((_, index) => index)],
    ...capped.map(({ id }) => [id, [] as number[]] as const),
  ]);
  operators.forEach((operator, index) => operator.groups.forEach((id) => members.get(id)?.push(index)));
  return [{ id: POOL, cap: total }, ...capped].map(({ id, cap }) => ({
    cap: part(cap, total),
    members: members.get(id)!,
  }));
}

/** Parts of the total, and what another unit of each row's cap would earn. */
async function solve(
  rows: readonly CapRow[],
  costs: readonly number[],
  caps: readonly number[],
): Promise<{ parts: number[]; prices: number[] }> {
  solver ??= loadSolver();
  const highs = await solver;
  const starts = [0];
  const indices: number[] = [];
  for (const { members } of rows) {
    indices.push(...members);
    starts.push(indices.length);
  }
  const model = highs.createModel({
    numCols: costs.length,
    numRows: rows.length,
    sense: highs.constants.objectiveSense.maximize,
    colCost: costs,
    colLower: costs.map(() => 0),
    colUpper: caps,
    rowLower: rows.map(() => -highs.infinity),
    rowUpper: rows.map(({ cap }) => cap),
    matrix: {
      format: "csr",
      numRows: rows.length,
      numCols: costs.length,
      starts,
      indices,
      values: indices.map(() => 1),
    },
  });
  try {
    model.options.set({ output_flag: false });
    model.run();
    if (model.getModelStatus() !== highs.constants.modelStatus.optimal) {
      throw new Error("The solver found no optimum.");
    }
    const { colValue, rowDual } = model.getSolution();
    return { parts: [...colValue], prices: [...rowDual].map((price) => Math.max(0, price)) };
  } finally {
    model.dispose();
  }
}

/** Weak duality: with any prices of the rows, no allocation is worth more than this. */
function boundOf(
  rows: readonly CapRow[],
  costs: readonly number[],
  caps: readonly number[],
  prices: readonly number[],
): number {
  const left = [...costs];
  rows.forEach(({ members }, row) => members.forEach((index) => (left[index]! -= prices[row]!)));
  const ofRows = rows.reduce((sum, { cap }, row) => sum + cap * prices[row]!, 0);
  return left.reduce((sum, rest, index) => sum + caps[index]! * Math.max(0, rest), ofRows);
}

function part(amount: bigint, total: bigint): number {
  return Number((amount * PARTS) / total) / Number(PARTS);
}
