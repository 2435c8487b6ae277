import type { Provider } from "ethers";

import type { Attributes, MetaPool, PoolLens } from "../../types/index.ts";
import { explain } from "../cli/explain.ts";
import { type OperatorView, type PoolView, readLens } from "../lens/read.ts";
import { attributeWarnings } from "./attributes.ts";
import { type DimensionStatus, dimensionsOf, groupWarnings } from "./dimensions.ts";
import { BINDINGS, whyIdle } from "./idle.ts";
import { type Yield, yieldOf } from "./yield.ts";

/** Exits of one batch that wait for money. */
export interface WaitingBatch {
  readonly batch: bigint;
  readonly assets: bigint;
  /** When it is paid if keepers do their work. */
  readonly estimated: bigint;
}

/** One line of the operators' table. Amounts in wei. */
export interface OperatorStatus {
  readonly id: bigint;
  readonly pool: string;
  readonly state: string;
  readonly flags: readonly string[];
  readonly position: bigint;
  readonly unbonding: bigint;
  readonly target: bigint;
  readonly cap: bigint;
  /** What holds its target where it is. */
  readonly binding: string;
}

/** The pool at a glance. Amounts in wei, times in seconds. */
export interface Status {
  readonly block: number;
  readonly pool: PoolView;
  /** At the pool beside its buffer and deposits: funded exits that wait to be taken, and ether that was forced in. */
  readonly ready: bigint;
  readonly yields: readonly Yield[];
  readonly waiting: readonly WaitingBatch[];
  readonly operators: readonly OperatorStatus[];
  readonly idle: string | null;
  readonly dimensions: readonly DimensionStatus[];
  /** Where roles are not what the files say; each is a warning, too. Null if that cannot be read. */
  readonly access: readonly string[] | null;
  /** Why it cannot, in a sentence; null if it can. */
  readonly accessUnread: string | null;
  /** Where parameters are not what the files say. Governance may have changed them, so none is a warning. */
  readonly parameters: readonly string[];
  readonly warnings: readonly string[];
}

export interface StatusSources {
  readonly metaPool: MetaPool;
  readonly allocator: { exitTimes(batch: bigint, at: { blockTag: number }): Promise<{ estimated: bigint }> };
  readonly lens: PoolLens;
  /** Null where nobody attests anything. */
  readonly attributes: Pick<Attributes, "attestedGroups"> | null;
  readonly provider: Provider;
  /** The block of the deployment. */
  readonly firstBlock: number;
  readonly readAccess: (block: number) => Promise<string[]>;
  readonly readParameters: (block: number) => Promise<string[]>;
}

const STATES = ["none", "ramping", "active", "draining", "delisted", "removed"];
const YIELD_DAYS = [7, 30];
const MOST_BATCHES = 64n;

/** Reads everything at one block. */
export async function readStatus(sources: StatusSources): Promise<Status> {
  const { metaPool, lens, provider, firstBlock } = sources;
  const { block, pool, operators: all, groups } = await readLens(lens);
  const operators = all.filter(({ operator }) => STATES[Number(operator.state)] !== "removed");
  const rateAt = (blockTag: number): Promise<bigint> => metaPool.getRate({ blockTag });
  const access = await sources.readAccess(block).catch(explain);
  const [differences, accessUnread] = typeof access === "string" ? [null, access] : [access, null];
  return {
    block,
    pool,
    ready: (await provider.getBalance(metaPool, block)) - pool.book.buffer - pool.book.free,
    yields: await Promise.all(YIELD_DAYS.map((days) => yieldOf(days, provider, rateAt, firstBlock, block))),
    waiting: await readWaiting(sources, pool, block),
    operators: operators.map(toStatus),
    idle: whyIdle(pool, operators),
    dimensions: dimensionsOf(groups),
    access: differences,
    accessUnread,
    parameters: await sources.readParameters(block),
    warnings: [
      ...(differences ?? []),
      ...groupWarnings(pool, groups),
      ...attributeWarnings(operators, await readAttested(sources, operators, block)),
      ...scoreWarnings(pool),
    ],
  };
}

function scoreWarnings({ scoresAreOld, scoredEpoch }: PoolView): string[] {
  if (!scoresAreOld) return [];
  return [
    `operators were last scored for epoch ${scoredEpoch}: until they are again, nothing is moved for better scores`,
  ];
}

async function readAttested(
  { attributes }: StatusSources,
  operators: readonly OperatorView[],
  blockTag: number,
): Promise<bigint[]> {
  if (attributes === null) return [];
  return Promise.all(operators.map(({ id }) => attributes.attestedGroups(id, { blockTag })));
}

async function readWaiting(
  { metaPool, allocator }: StatusSources,
  pool: PoolView,
  blockTag: number,
): Promise<WaitingBatch[]> {
  const waiting: WaitingBatch[] = [];
  const first = pool.fundedThrough + 1n;
  for (let batch = first; batch <= pool.fillingBatch && batch < first + MOST_BATCHES; batch += 1n) {
    const { open } = await metaPool.batchOf(batch, { blockTag });
    if (open === 0n) continue;
    waiting.push({ batch, assets: open, estimated: (await allocator.exitTimes(batch, { blockTag })).estimated });
  }
  return waiting;
}

function toStatus({ id, operator, position, rooms, binding, bindingGroup }: OperatorView): OperatorStatus {
  const name = BINDINGS[Number(binding)] ?? "unknown";
  return {
    id,
    pool: operator.pool,
    state: STATES[Number(operator.state)] ?? "unknown",
    flags: [
      ...(operator.watch ? ["watch"] : []),
      ...(position.faulted ? ["faulted"] : []),
      ...(position.writtenDown ? ["written down"] : []),
      ...(operator.whitelisted ? [] : ["not whitelisted"]),
    ],
    position: position.position,
    unbonding: position.unbonding,
    target: rooms.target,
    cap: rooms.cap,
    binding: bindingGroup === 0n ? name : `${name} ${bindingGroup}`,
  };
}
