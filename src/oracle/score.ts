import { ask, deskAt, refused, say, send, type Step, work } from "../keeper/desk.ts";
import type { KeeperOptions } from "../keeper/options.ts";
import type { OracleContracts } from "./contracts.ts";
import type { ScoreReport } from "./outcomes.ts";

/** Scores as many operators as its gas is enough for, so nobody can estimate it. */
const GAS_LIMIT = 15_000_000n;
const MOST_STEPS = 10_000;

/** Scores a closed report, page after page, until every operator has its score. */
export async function scoreJob(contracts: OracleContracts, options: KeeperOptions = {}): Promise<ScoreReport> {
  const desk = await deskAt("score", contracts, contracts.signer, options);
  const { score } = desk.contracts.scores;
  const { pageSize } = desk.settings;
  let operators = 0n;

  const step = async (): Promise<Step> => {
    const { allocator, scores } = desk.contracts;
    const [{ round }, report] = await ask(desk, () => Promise.all([allocator.openRound(), scores.progress()]));
    if (round !== 0n && report.scored !== report.operators) {
      return { outcome: "incomplete", reason: `round ${round} is open, and has to be settled first` };
    }

    const { scored, completed } = await ask(desk, () =>
      score.staticCall(pageSize, { from: desk.from, gasLimit: GAS_LIMIT }),
    );
    if (scored === 0n && completed) return { outcome: operators === 0n ? "nothing" : "done", reason: null };
    if (scored === 0n) return { outcome: "incomplete", reason: "one operator's score needs more gas than we send" };

    const request = await score.populateTransaction(pageSize);
    const { receipt, refusal } = await send(desk, { to: request.to, data: request.data, gasLimit: GAS_LIMIT });
    if (refusal === "dryRun") say(desk, "would score operators", { operators: scored });
    if (refusal !== null) return refused(desk, refusal);
    operators += scored;
    say(desk, "scored operators", { operators: scored, gas: receipt.gasUsed, tx: receipt.hash });
    return "again";
  };

  const { outcome, reason } = await work(desk, MOST_STEPS, step);
  return { outcome, reason, operators, transactions: desk.transactions, gasUsed: desk.gasUsed };
}
