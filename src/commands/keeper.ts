import { parseCount, parseFee } from "../cli/amounts.ts";
import { type CommandFactory, inSession, inSigningSession, sendingCommand, type World } from "../cli/command.ts";
import { Failure } from "../cli/failure.ts";
import type { Place, Session } from "../cli/session.ts";
import { type Log, toJson, toJsonLine, toLine } from "../keeper/log.ts";
import type { KeeperReport } from "../keeper/report.ts";
import { runOnce } from "../keeper/runOnce.ts";
import { settleOneJob } from "../keeper/slashes.ts";
import { watch } from "../keeper/watch.ts";
import type { KeeperContracts } from "../keeper/contracts.ts";

interface Options extends Place {
  readonly once: boolean;
  readonly watch: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly page: string;
  readonly maxFeeGwei?: string;
  readonly poll: string;
}

export const keeperCommand: CommandFactory = (world) =>
  sendingCommand("keeper", "Does the pool's periodic work: settle, certify, rebalance, fund exits. Open to anyone.")
    .option("--once", "do what is due and end (the default)", false)
    .option("--watch", "go on for ever", false)
    .option("--json", "one line of JSON per action", false)
    .option("--page <operators>", "operators read in one transaction", "25")
    .option("--max-fee-gwei <gwei>", "wait while gas costs more")
    .option("--poll <seconds>", "how often to look in between, with --watch", "60")
    .action(async (options: Options) => {
      if (options.once && options.watch) throw new Failure("Say one of --once and --watch.");
      const settings = {
        pageSize: parseCount(options.page),
        dryRun: options.dryRun,
        log: logTo(world, options.json),
        ...(options.maxFeeGwei === undefined ? {} : { maxFeePerGas: parseFee(options.maxFeeGwei) }),
      };
      const pollSeconds = parseCount(options.poll);

      const work = async (session: Session, contracts: KeeperContracts): Promise<void> => {
        const place = { ...settings, chainId: session.deployment.chainId };
        if (options.watch) {
          const signal = world.signal === undefined ? {} : { signal: world.signal };
          await watch(contracts, { ...place, ...signal, pollSeconds });
          return;
        }
        const report = await runOnce(contracts, place);
        await settleOneJob(contracts, place);
        world.out(options.json ? toJson({ job: "keeper", message: "report", ...report }) : summary(report));
        const stopped = [report.settle, report.certify, report.rebalance, report.fundExits].find(
          ({ outcome, reason }) => !report.dryRun && outcome !== "done" && outcome !== "nothing" && reason !== null,
        );
        if (stopped !== undefined) throw new Failure(`Something is left to do: ${stopped.reason ?? ""}.`);
      };
      // Who only looks needs no key.
      if (options.dryRun) {
        await inSession(world, options, (session) => work(session, { ...session.contracts, signer: null }));
      } else {
        await inSigningSession(world, options, (session) =>
          work(session, { ...session.contracts, signer: session.signer }),
        );
      }
    });

/** One line per action: what was done, and what went wrong. */
export function logTo(world: World, json: boolean): Log {
  return (entry) => {
    (json ? world.out : world.err)(json ? toJsonLine(entry) : toLine(entry));
  };
}

function summary({ settle, certify, rebalance, fundExits, transactions, gasUsed, dryRun }: KeeperReport): string {
  const outcomes = Object.entries({ settle, certify, rebalance, fundExits }).map(
    ([job, { outcome }]) => `${job} ${outcome}`,
  );
  return `${dryRun ? "Dry run: " : ""}${outcomes.join(", ")}; ${transactions} transactions, ${gasUsed} gas.`;
}
