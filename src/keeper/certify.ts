import { fairAllocation } from "../allocation/fair.ts";
import { problemOf } from "../allocation/caps.ts";
import type { Sheet } from "../allocation/types.ts";
import { readSnapshot } from "../lens/snapshot.ts";
import type { KeeperContracts } from "./contracts.ts";
import { ask, openDesk, refused, say, send, type Step, work } from "./desk.ts";
import type { KeeperOptions } from "./options.ts";
import type { CertifyReport } from "./report.ts";
import { GAS_MOST } from "./settle.ts";

const GAS_BASE = 600_000n;
const GAS_PER_GROUP = 90_000n;
const GAS_PER_OPERATOR = 32_000n;

interface Work {
  readonly sheet: Sheet;
  readonly operators: number;
  readonly groups: number;
}

/** Computes the fair allocation of the last round and has its levels certified, page by page. */
export async function certifyJob(contracts: KeeperContracts, options: KeeperOptions = {}): Promise<CertifyReport> {
  const desk = await openDesk("certify", contracts, options);
  const { allocator } = desk.contracts;
  const { certifyPageSize } = desk.settings;
  let round = 0n;
  let levels = 0;
  /** Being checked page by page. What the round recorded does not change meanwhile, so it is worked out once. */
  let begun: Work | null = null;

  const step = async (): Promise<Step> => {
    let job = begun;
    begun = null;
    if (job === null) {
      const reading = await ask(desk, () => readSnapshot(desk.contracts.lens));
      if (reading === null) return { outcome: "nothing", reason: "no finished round to certify" };
      round = reading.round;
      if (reading.certified !== null) {
        levels = reading.certified.length;
        return { outcome: desk.transactions === 0 ? "nothing" : "done", reason: null };
      }
      const { operators, groups } = reading.snapshot;
      const { sheet } = fairAllocation(problemOf(reading.snapshot));
      job = { sheet, operators: operators.length, groups: groups.length };
    }

    const { sheet } = job;
    levels = sheet.length;
    const page = Math.min(certifyPageSize, job.operators);
    const gas = GAS_BASE + GAS_PER_GROUP * BigInt(job.groups + 1) + GAS_PER_OPERATOR * BigInt(page);
    const gasLimit = gas < GAS_MOST ? gas : GAS_MOST;
    const request = await allocator.getFunction("certifyLevels").populateTransaction([...sheet], certifyPageSize);
    const { receipt, refusal } = await send(desk, { ...request, gasLimit });
    if (refusal === "dryRun") {
      const passes = await ask(desk, () =>
        allocator.certifyLevels.staticCall([...sheet], certifyPageSize, { from: desk.from, gasLimit }),
      );
      say(desk, "would certify", { round, levels, passes });
    }
    if (refusal !== null) return refused(desk, refusal);

    const events = receipt.logs.map((log) => allocator.interface.parseLog(log));
    const rejected = events.find((event) => event?.name === "LevelsRejected");
    if (rejected)
      return { outcome: "incomplete", reason: `the sheet was refused because of group ${rejected.args[2]}` };
    if (receipt.logs.length === 0 && !(await ask(desk, () => allocator.poolSnapshot())).certified)
      return { outcome: "incomplete", reason: "no sheet can be checked now" };
    say(desk, "checked a page", { round, levels, gas: receipt.gasUsed, tx: receipt.hash });
    if (events.some((event) => event?.name === "LevelsCertified")) return { outcome: "done", reason: null };
    // Without progress somebody else was faster: what is so now has to be read.
    if (events.some((event) => event?.name === "LevelsProgress")) begun = job;
    return "again";
  };

  const { outcome, reason } = await work(desk, 1_000, step);
  return { outcome, reason, round, levels, transactions: desk.transactions, gasUsed: desk.gasUsed };
}
