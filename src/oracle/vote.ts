import { ZeroHash } from "ethers";

import { ask, deskAt, refused, say, type Step, work } from "../keeper/desk.ts";
import type { KeeperOptions } from "../keeper/options.ts";
import type { OracleContracts } from "./contracts.ts";
import { sendExact } from "./exact.ts";
import { endIfMissing, type Maker } from "./maker.ts";
import type { VoteReport } from "./outcomes.ts";

const MOST_STEPS = 8;

/**
 * Votes, once, for the report of the last epoch that has ended. If the committee has changed since the votes and they are
 * enough by now, says so.
 */
export async function voteJob(
  contracts: OracleContracts,
  make: Maker,
  options: KeeperOptions = {},
): Promise<VoteReport> {
  const desk = await deskAt("vote", contracts, contracts.signer, options);
  const { oracle, allocator } = desk.contracts;
  let epoch = 0n;
  let hash: string | null = null;

  const step = async (): Promise<Step> => {
    const [current, agreed] = await ask(desk, () => Promise.all([allocator.currentEpoch(), oracle.agreed()]));
    epoch = current - 1n;
    if (agreed.epoch >= epoch) return ended();

    const member = desk.from;
    const [isMember, ballot] =
      member === undefined
        ? [true, ZeroHash]
        : await ask(desk, () => Promise.all([oracle.isMember(member), oracle.ballotOf(member, epoch)]));
    if (!isMember) return { outcome: "skipped", reason: `${member ?? ""} is not in the committee` };

    if (ballot !== ZeroHash) {
      const [votes, quorum] = await ask(desk, () => Promise.all([oracle.votesOf(ballot), oracle.quorum()]));
      if (votes < quorum) return ended();
    }
    const made = await make(epoch);
    if (ballot !== ZeroHash && ballot !== made.hash) {
      return { outcome: "incomplete", reason: `our source does not say any more what we voted for in epoch ${epoch}` };
    }
    hash = made.hash;
    const name = ballot === ZeroHash ? "vote" : "agree";
    const { refBlock, networkStake, operators, root } = made.report;
    const fields = { epoch, hash, refBlock, networkStake, operators, root };
    if (desk.signer === null) {
      say(desk, `would ${name}`, fields);
      return refused(desk, "dryRun");
    }
    const request = await oracle.getFunction(name).populateTransaction(made.report);
    const { receipt, refusal } = await sendExact(desk, request);
    if (refusal !== null) return refused(desk, refusal);
    say(desk, name === "vote" ? "voted" : "agreed", { ...fields, gas: receipt.gasUsed, tx: receipt.hash });
    return "again";
  };

  const ended = (): Step => ({ outcome: desk.transactions === 0 ? "nothing" : "done", reason: null });

  const { outcome, reason } = await work(desk, MOST_STEPS, () => step().catch(endIfMissing));
  return { outcome, reason, epoch, hash, transactions: desk.transactions, gasUsed: desk.gasUsed };
}
