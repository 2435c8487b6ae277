import { toUtf8String } from "ethers";

import { unpackGroups } from "../lens/dimensions.ts";
import type { LensReading } from "../lens/read.ts";

/** An operator as the registry has it. */
export interface Listed {
  readonly id: bigint;
  /** What its pool says that it runs: the name by which a series may know it. */
  readonly key: string;
  readonly state: "ramping" | "active" | "draining" | "delisted";
  readonly whitelisted: boolean;
  /** The most that its weight may be; at 0 it gets no stake. */
  readonly maxWeight: bigint;
  /** Its group of each dimension, lowest first; 0 is none. */
  readonly groups: readonly number[];
}

/** A group with a cap that holds, whoever is in it: of the tenure group, whoever has been there long enough is out again. */
export interface CappedGroup {
  readonly id: number;
  readonly dimension: number;
  readonly poolShareBps: bigint;
}

/** What a selection is compared with. */
export interface Standing {
  readonly listed: readonly Listed[];
  readonly groups: readonly CappedGroup[];
}

const STATES = ["none", "ramping", "active", "draining", "delisted"] as const;
const NO_SHARE = 65_535n;

/** Reads who is listed, tombstones left out. `keyOf` is the staking key of a pool, in hex. */
export async function readStanding(
  { operators, groups }: Pick<LensReading, "operators" | "groups">,
  keyOf: (pool: string) => Promise<string>,
): Promise<Standing> {
  const listed: Listed[] = [];
  for (const { id, operator, maxWeight } of operators) {
    const state = STATES[Number(operator.state)];
    if (state === undefined || state === "none") continue;
    listed.push({
      id,
      key: inWords(await keyOf(operator.pool)),
      state,
      whitelisted: operator.whitelisted,
      maxWeight,
      groups: unpackGroups(operator.groups),
    });
  }
  const capped = groups
    .filter(({ caps, isTenure }) => caps.dimension > 0n && caps.poolShareBps !== NO_SHARE && !isTenure)
    .map(({ id, caps }) => ({
      id: Number(id),
      dimension: Number(caps.dimension),
      poolShareBps: caps.poolShareBps,
    }));
  return { listed, groups: capped };
}

/** The operator of a name that a series uses: its staking key, or else its id in the registry. */
export function listedAs({ listed }: Standing, name: string): Listed | null {
  return listed.find(({ key }) => key === name) ?? listed.find(({ id }) => id.toString() === name) ?? null;
}

/** Whether the pool has an operator: listed, not on its way out, and with a weight. */
export function isIn({ state, maxWeight }: Listed): boolean {
  return (state === "ramping" || state === "active") && maxWeight > 0n;
}

/** A key that is text as that text; any other stays in hex. */
function inWords(key: string): string {
  try {
    const text = toUtf8String(key);
    return /^[\x21-\x7e]+$/.test(text) ? text : key;
  } catch {
    return key;
  }
}
