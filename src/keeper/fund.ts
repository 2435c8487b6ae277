import type { KeeperContracts } from "./contracts.ts";
import { ask, openDesk, refused, say, send, type Step, work } from "./desk.ts";
import type { KeeperOptions } from "./options.ts";
import type { FundReport } from "./report.ts";

const BATCHES = 20n;
const GAS_LIMIT = 3_000_000n;
const MOST_STEPS = 50;

/** Sets aside what the buffer holds for exits that wait. */
export async function fundExitsJob(contracts: KeeperContracts, options: KeeperOptions = {}): Promise<FundReport> {
  const desk = await openDesk("fundExits", contracts, options);
  const { metaPool } = desk.contracts;
  let funded = 0n;

  const step = async (): Promise<Step> => {
    const expected = await ask(desk, () => metaPool.fundExits.staticCall(BATCHES, { from: desk.from }));
    if (expected === 0n) return { outcome: funded === 0n ? "nothing" : "done", reason: null };

    const request = await metaPool.getFunction("fundExits").populateTransaction(BATCHES);
    const { receipt, refusal } = await send(desk, { ...request, gasLimit: GAS_LIMIT });
    if (refusal === "dryRun") say(desk, "would fund exits", { assets: expected });
    if (refusal !== null) return refused(desk, refusal);

    let assets = 0n;
    for (const log of receipt.logs) {
      const event = metaPool.interface.parseLog(log);
      if (event?.name === "BatchFunded") assets += event.args[1] as bigint;
    }
    funded += assets;
    say(desk, "funded exits", { assets, gas: receipt.gasUsed, tx: receipt.hash });
    return "again";
  };

  const { outcome, reason } = await work(desk, MOST_STEPS, step);
  return { outcome, reason, funded, transactions: desk.transactions, gasUsed: desk.gasUsed };
}
