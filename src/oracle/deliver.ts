import { ask, type Desk, deskAt, refused, say, type Step, work } from "../keeper/desk.ts";
import type { KeeperOptions } from "../keeper/options.ts";
import type { Page } from "../reports/types.ts";
import type { OracleContracts } from "./contracts.ts";
import { sendExact } from "./exact.ts";
import { endIfMissing, type Maker } from "./maker.ts";
import type { DeliverReport } from "./outcomes.ts";

/** More pages than a report has. */
const MOST_STEPS = 10_000;

/** Delivers what is missing of the last agreed report, if it is the one that our source makes. */
export async function deliverJob(
  contracts: OracleContracts,
  make: Maker,
  options: KeeperOptions = {},
): Promise<DeliverReport> {
  const desk = await deskAt("deliver", contracts, contracts.signer, options);
  const { oracle } = desk.contracts;
  let epoch = 0n;
  let pages = 0;

  const step = async (): Promise<Step> => {
    const [agreed, missing] = await ask(desk, () => Promise.all([oracle.agreed(), oracle.missingPages()]));
    epoch = agreed.epoch;
    if (missing === 0n) return { outcome: pages === 0 ? "nothing" : "done", reason: null };

    const made = await make(epoch);
    if (made.report.root !== agreed.root) {
      return { outcome: "incomplete", reason: `the agreed report of epoch ${epoch} is not what our source says` };
    }
    if (desk.signer === null) {
      say(desk, "would deliver pages", { epoch, missing });
      return refused(desk, "dryRun");
    }
    const page = await firstMissing(desk, made.pages);
    if (page === null) return "again"; // somebody else has just delivered the last one
    const request = await oracle
      .getFunction("deliver")
      .populateTransaction(epoch, page.page, [...page.counters], [...page.proof]);
    const { receipt, refusal } = await sendExact(desk, request);
    if (refusal !== null) return refused(desk, refusal);
    pages += 1;
    say(desk, "delivered a page", { epoch, page: page.page, gas: receipt.gasUsed, tx: receipt.hash });
    return "again";
  };

  const { outcome, reason } = await work(desk, MOST_STEPS, () => step().catch(endIfMissing));
  return { outcome, reason, epoch, pages, transactions: desk.transactions, gasUsed: desk.gasUsed };
}

async function firstMissing(desk: Desk<OracleContracts>, pages: readonly Page[]): Promise<Page | null> {
  const { oracle } = desk.contracts;
  for (const page of pages) {
    if (!(await ask(desk, () => oracle.isDelivered(page.page)))) return page;
  }
  return null;
}
