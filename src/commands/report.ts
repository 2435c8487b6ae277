import { readFile } from "node:fs/promises";
import { extname } from "node:path";

import type { Signer } from "ethers";

import { parseCount, parseFee } from "../cli/amounts.ts";
import { type CommandFactory, inSession, inSigningSession, sendingCommand } from "../cli/command.ts";
import { readAddress } from "../cli/deployment.ts";
import { Failure } from "../cli/failure.ts";
import type { Place, Session } from "../cli/session.ts";
import { CsvError } from "../data/csv.ts";
import { toJson } from "../keeper/log.ts";
import { repeat } from "../keeper/repeat.ts";
import { withOracle } from "../oracle/contracts.ts";
import { devNetworkSource, isDevNetwork } from "../oracle/devNetwork.ts";
import { reportOnce } from "../oracle/member.ts";
import type { MemberReport } from "../oracle/outcomes.ts";
import { parseCsvSeries, parseJsonSeries, type Series, SeriesError, seriesSource } from "../reports/series.ts";
import type { CounterSource } from "../reports/types.ts";
import { logTo } from "./keeper.ts";
import { DevNetwork__factory, ReportOracle__factory } from "../../types/index.ts";

interface Options extends Place {
  readonly source: string;
  readonly once: boolean;
  readonly dryRun: boolean;
  readonly interval: string;
  readonly page: string;
  readonly maxFeeGwei?: string;
}

export const reportCommand: CommandFactory = (world) =>
  sendingCommand("report", "Reports what operators did, as a member of the committee: votes, delivers, scores.")
    .option("--source <source>", '"network" for a local chain\'s, or a file of a series: .csv or .json', "network")
    .option("--once", "do what is due and end", false)
    .option("--interval <seconds>", "how often to look, without --once", "60")
    .option("--page <operators>", "operators scored in one transaction", "25")
    .option("--max-fee-gwei <gwei>", "wait while gas costs more")
    .action(async (options: Options) => {
      const pollSeconds = parseCount(options.interval);
      const settings = {
        pageSize: parseCount(options.page),
        dryRun: options.dryRun,
        log: logTo(world, true),
        ...(options.maxFeeGwei === undefined ? {} : { maxFeePerGas: parseFee(options.maxFeeGwei) }),
      };

      const work = async (session: Session, signer: Signer | null): Promise<void> => {
        const source = await openSource(options, session);
        const oracle = ReportOracle__factory.connect(addressOf(options, "ReportOracle"), session.provider);
        const contracts = await withOracle({ ...session.contracts, signer }, oracle);
        const place = { ...settings, chainId: session.deployment.chainId };
        const cycle = async (): Promise<MemberReport> => {
          const report = await reportOnce(contracts, source, place);
          world.out(toJson({ level: "info", job: "report", message: "cycle", ...report }));
          return report;
        };
        if (options.once) {
          refuseUnfinished(await cycle());
          return;
        }
        const signal = world.signal === undefined ? {} : { signal: world.signal };
        await repeat(() => cycle().then(() => pollSeconds), {
          job: "report",
          log: settings.log,
          pollSeconds,
          ...signal,
        });
      };
      // Who only looks needs no key.
      if (options.dryRun) await inSession(world, options, (session) => work(session, null));
      else await inSigningSession(world, options, (session) => work(session, session.signer));
    });

/** The source that an option names; a file is read anew for each epoch, since a series grows. */
async function openSource(options: Options, { provider, contracts }: Session): Promise<CounterSource> {
  const { source } = options;
  if (source !== "network") {
    await readSeries(source);
    return { countersOf: async (epoch) => seriesSource(await readSeries(source)).countersOf(epoch) };
  }
  const network = DevNetwork__factory.connect(addressOf(options, "Network"), provider);
  if (!(await isDevNetwork(network))) {
    throw new Failure("The network's staking module does not say what operators earned: give a series with --source.");
  }
  return devNetworkSource({ ...contracts, network }, provider);
}

async function readSeries(file: string): Promise<Series> {
  const parse = { ".csv": parseCsvSeries, ".json": parseJsonSeries }[extname(file)];
  if (parse === undefined) throw new Failure(`"${file}" is neither "network" nor a file that ends in .csv or .json.`);
  let content: string;
  try {
    content = await readFile(file, "utf8");
  } catch {
    throw new Failure(`${file} cannot be read.`);
  }
  try {
    return parse(content);
  } catch (error) {
    if (error instanceof SeriesError || error instanceof CsvError) throw new Failure(`${file}: ${error.message}`);
    throw error;
  }
}

function addressOf({ deployments, network }: Options, name: string): string {
  return readAddress(deployments, network, name);
}

function refuseUnfinished({ dryRun, vote, deliver, score }: MemberReport): void {
  const stopped = [vote, deliver, score].find(
    ({ outcome, reason }) => !dryRun && outcome !== "done" && outcome !== "nothing" && reason !== null,
  );
  if (stopped !== undefined) throw new Failure(`Something is left to do: ${stopped.reason ?? ""}.`);
}
