import type { Provider } from "ethers";

import type { Step } from "../keeper/desk.ts";
import { type Patience, withRetries } from "../keeper/retry.ts";
import { reportHash } from "../reports/encoding.ts";
import { buildReport, type PagedReport } from "../reports/pages.ts";
import { type CounterSource, MissingEpoch } from "../reports/types.ts";

/** A report as this member would vote for it. */
export interface MadeReport extends PagedReport {
  readonly hash: string;
}

/** Makes the report of an epoch, each once. */
export type Maker = (epoch: bigint) => Promise<MadeReport>;

export interface MakerSettings {
  readonly source: CounterSource;
  readonly provider: Provider;
  readonly chainId: bigint;
  readonly oracle: string;
  readonly patience: Patience;
}

export function makerOf({ source, provider, chainId, oracle, patience }: MakerSettings): Maker {
  const made = new Map<bigint, MadeReport>();
  return async (epoch) => {
    const before = made.get(epoch);
    if (before !== undefined) return before;

    const counters = await withRetries(patience, () => source.countersOf(epoch));
    if (counters.operators.length === 0) throw new MissingEpoch(`There was no operator in epoch ${epoch}.`);
    const block = await withRetries(patience, () => provider.getBlock(Number(counters.refBlock)));
    const hash = block?.hash ?? null;
    if (hash === null) {
      throw new MissingEpoch(`The chain has no block ${counters.refBlock}, at which epoch ${epoch} is reported.`);
    }
    const paged = buildReport(epoch, hash, counters);
    const report = { ...paged, hash: reportHash(chainId, oracle, paged.report) };
    made.set(epoch, report);
    return report;
  };
}

/** Ends a job for which the source lacks something: it may have it later. */
export function endIfMissing(error: unknown): Step {
  if (error instanceof MissingEpoch) return { outcome: "incomplete", reason: error.message.replace(/\.$/, "") };
  throw error;
}
