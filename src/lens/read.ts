import { type BlockTag, isError, type Provider } from "ethers";

import type { IPoolLens, PoolLens } from "../../types/contracts/periphery/PoolLens.ts";

export type PoolView = IPoolLens.PoolViewStructOutput;
export type OperatorView = IPoolLens.OperatorViewStructOutput;
export type GroupView = IPoolLens.GroupViewStructOutput;

/** At which block to read; without one at the latest, which may move between two calls. */
export interface ReadOptions {
  readonly blockTag?: BlockTag;
}

export interface PageOptions extends ReadOptions {
  /** Operators or groups per call; a node bounds the gas of one. */
  readonly pageSize?: number;
}

/** All that there is to know, of one block. */
export interface LensReading {
  readonly block: number;
  readonly pool: PoolView;
  readonly operators: readonly OperatorView[];
  readonly groups: readonly GroupView[];
}

/** Fits the 16.7 million gas that a transaction may use (EIP-7825), which some nodes hold calls to as well. */
const PAGE_SIZE = 30;
/** How nodes say that a call did not come to its end. */
const CUT_SHORT = /revert|out of gas/i;

/** The pool without its operators and groups. */
export function readPool(lens: PoolLens, { blockTag = "latest" }: ReadOptions = {}): Promise<PoolView> {
  return lens.pool({ blockTag });
}

/** Every operator, tombstones included, in the order of their ids. */
export function readOperators(lens: PoolLens, options: PageOptions = {}): Promise<OperatorView[]> {
  return readPages(1, options, (from, limit, at) => lens.operators(from, limit, at));
}

/** Every group in the order of their ids, the pool first. */
export function readGroups(lens: PoolLens, options: PageOptions = {}): Promise<GroupView[]> {
  return readPages(0, options, (from, limit, at) => lens.groups(from, limit, at));
}

/** The last reading of each node. A block does not change, and one of many operators takes long to read. */
const LAST = new WeakMap<Provider, { key: string; reading: LensReading }>();

/** Everything at one block: the given one, or the latest when the reading begins. */
export async function readLens(lens: PoolLens, options: PageOptions = {}): Promise<LensReading> {
  const provider = lens.runner?.provider;
  if (!provider) throw new Error("The lens is not connected to a node.");
  const block = await provider.getBlock(options.blockTag ?? "latest");
  if (block === null) throw new Error(`The node does not know block ${String(options.blockTag)}.`);

  const key = [await lens.getAddress(), options.pageSize ?? PAGE_SIZE, block.hash].join();
  const kept = LAST.get(provider);
  if (block.hash !== null && kept?.key === key) return kept.reading;

  const at = { ...options, blockTag: block.number };
  const [pool, operators, groups] = await Promise.all([
    readPool(lens, at),
    readOperators(lens, at),
    readGroups(lens, at),
  ]);
  const reading = { block: block.number, pool, operators, groups };
  LAST.set(provider, { key, reading });
  return reading;
}

/** Reads page after page until one is not full. */
async function readPages<T>(
  first: number,
  { blockTag = "latest", pageSize = PAGE_SIZE }: PageOptions,
  read: (from: number, limit: number, at: { blockTag: BlockTag }) => Promise<T[]>,
): Promise<T[]> {
  if (!Number.isInteger(pageSize) || pageSize < 1) throw new RangeError(`A page cannot hold ${pageSize} entries.`);

  const all: T[] = [];
  for (;;) {
    const page = await readPage(first + all.length, pageSize, (from, limit) => read(from, limit, { blockTag }));
    all.push(...page);
    if (page.length < pageSize) return all;
  }
}

/** Reads a page in halves if one call cannot read it: a pool may use up as much gas as it is given. */
async function readPage<T>(
  from: number,
  limit: number,
  read: (from: number, limit: number) => Promise<T[]>,
): Promise<T[]> {
  try {
    return await read(from, limit);
  } catch (error) {
    if (limit === 1 || !isCutShort(error)) throw error;
    const half = Math.ceil(limit / 2);
    const page = await readPage(from, half, read);
    return page.length < half ? page : [...page, ...(await readPage(from + half, limit - half, read))];
  }
}

function isCutShort(error: unknown): boolean {
  return isError(error, "CALL_EXCEPTION") || (error instanceof Error && CUT_SHORT.test(error.message));
}
