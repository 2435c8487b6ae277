import type { Counters } from "./types.ts";

const MOST_UINT32 = 2n ** 32n - 1n;
const MOST_UINT64 = 2n ** 64n - 1n;
const MOST_UINT96 = 2n ** 96n - 1n;
const BPS = 10_000n;

const MOST: Readonly<Record<Exclude<keyof Counters, "active">, bigint>> = {
  assigned: MOST_UINT32,
  done: MOST_UINT32,
  commissionBps: BPS,
  stake: MOST_UINT96,
  external_: MOST_UINT96,
  reward: MOST_UINT96,
  slashed: MOST_UINT96,
};

/** Why counters cannot be an operator's, as the end of a sentence; null if they can. */
export function faultOfCounters(counters: Counters): string | null {
  for (const [name, most] of Object.entries(MOST)) {
    const value = counters[name as keyof typeof MOST];
    if (value < 0n || value > most) return `has ${value} for ${name}, which is from 0 to ${most}`;
  }
  if (counters.done <= counters.assigned) return null;
  return `has ${counters.done} duties done of ${counters.assigned} assigned`;
}

/** As `faultOfCounters`, of what a report says once. */
export function faultOfEpoch({ refBlock, networkStake }: { refBlock: bigint; networkStake: bigint }): string | null {
  if (refBlock < 0n || refBlock > MOST_UINT64) return `has ${refBlock} for its reference block`;
  if (networkStake < 0n || networkStake > MOST_UINT96) return `has ${networkStake} for the network's stake`;
  return null;
}
