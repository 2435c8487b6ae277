import { SimpleMerkleTree } from "@openzeppelin/merkle-tree";

import { leafOf } from "./encoding.ts";
import type { Counters, EpochCounters, Page, Report } from "./types.ts";

/** Operators in a page, as in ReportOracle. */
export const PAGE = 32;

/** A report with everything that has to be delivered once it is agreed. */
export interface PagedReport {
  readonly report: Report;
  readonly pages: readonly Page[];
}

/** Cuts what is reported into pages: page p holds operators 32p + 1 to 32p + 32, the last one fewer. */
export function pagesOf(operators: readonly Counters[]): readonly (readonly Counters[])[] {
  return Array.from({ length: Math.ceil(operators.length / PAGE) }, (_, page) =>
    operators.slice(page * PAGE, (page + 1) * PAGE),
  );
}

/** The report of an epoch, its pages and their proofs. Needs at least one operator. */
export function buildReport(epoch: bigint, refBlockHash: string, counters: EpochCounters): PagedReport {
  const { refBlock, networkStake, operators } = counters;
  const contents = pagesOf(operators);
  const tree = SimpleMerkleTree.of(contents.map((content, page) => leafOf(page, content)));

  return {
    report: { epoch, refBlock, refBlockHash, networkStake, operators: BigInt(operators.length), root: tree.root },
    pages: contents.map((content, page) => ({ page, counters: content, proof: tree.getProof(page) })),
  };
}
