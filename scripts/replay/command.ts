import { fileURLToPath } from "node:url";

import { Command, InvalidArgumentError } from "commander";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import type { CommandFactory, World } from "../../src/cli/command.ts";
import { Failure } from "../../src/cli/failure.ts";
import { readFileWith } from "../../src/cli/files.ts";
import { type FurtherFiles, readReports, type Recorded } from "../../src/cli/series.ts";
import { parseSolanaEpoch, type SolanaValidator, syntheticSolanaEpoch } from "../../src/data/solana.ts";
import { parseSeriesFiles } from "../../src/data/solanaSeries.ts";
import { syntheticSeries } from "../../src/data/syntheticSeries.ts";
import { SOLANA_DEFAULTS, solanaReports } from "../../src/reports/sources/solana.ts";
import { describeRules, renderReplay, replayJson } from "./print.ts";
import { replay } from "./run.ts";
import { renderSeries, seriesJson } from "./series/print.ts";
import { replaySeries } from "./series/run.ts";
import { SERIES_SETTINGS } from "./series/settings.ts";
import { complaintsOfSeries } from "./series/verdict.ts";
import { EPOCHS, type Rules, RULES } from "./settings.ts";
import { richAccounts } from "./setUp.ts";
import { renderStates, statesJson } from "./states/print.ts";
import { playStates } from "./states/run.ts";
import { complaintsOf } from "./verdict.ts";

const DEFAULT_FILE = fileURLToPath(new URL("../../../shared/data/solana-epoch-650.csv", import.meta.url));
const BPS = 10_000;
const SEED = 1;

interface Options extends FurtherFiles {
  readonly synthetic?: number;
  readonly series?: number;
  readonly epochs?: number;
  readonly every: number;
  readonly json: boolean;
  readonly poolShare: number;
  readonly netShare: number;
  readonly countryShare: number;
  readonly networkShare: number;
  readonly newcomersShare: number;
  readonly power: number;
}

/** Says a line with the seconds since the beginning. */
type Say = (line: string) => void;

export const replayCommand: CommandFactory = (world) =>
  new Command("replay")
    .description(
      "Rebuilds a recorded pool on a chain of its own and lets a keeper follow its rules: one epoch, or a series with reports. " +
        "Of a series that knows no pool, such as near-uptime-000-299.csv, it plays scores and states.",
    )
    .argument(
      "[csv]",
      "columns of solana-epoch-650.csv, or of a series such as solana-series-652-681.csv",
      DEFAULT_FILE,
    )
    .option("--synthetic <count>", "a made-up file of so many validators instead", atLeastOne)
    .option("--series <epochs>", "with --synthetic: a made-up series of so many epochs", atLeastOne)
    .option("--epochs <max>", "most epochs that the keeper gets, or that are played of a series", atLeastOne)
    .option("--every <epochs>", "of a series that knows no pool: a line for so many epochs", atLeastOne, 1)
    .option("--epochs-file <csv>", "what a series says of its epochs, if it does not lie beside it")
    .option("--ids-file <csv>", "who its ids are")
    .option("--groups-file <csv>", "what its groups are called")
    .option("--json", "as JSON, amounts in wei", false)
    .option("--pool-share <bps>", "of the pool, per operator", basisPoints, RULES.poolShareBps)
    .option("--net-share <bps>", "of the network, per operator", basisPoints, RULES.netShareBps)
    .option("--country-share <bps>", "of the pool, per country", basisPoints, RULES.countryShareBps)
    .option("--network-share <bps>", "of the pool, per hosting network", basisPoints, RULES.networkShareBps)
    .option(
      "--newcomers-share <bps>",
      "of the pool, for all newcomers of a series",
      basisPoints,
      SERIES_SETTINGS.newcomersShareBps,
    )
    .option("--power <exponent>", "of the scores of a series: 1, 2, 4, 8 or 16", power, SERIES_SETTINGS.power)
    .action(async (path: string, options: Options) => {
      const series = seriesFor(path, options);
      if (series !== null && !series.hasPool) {
        showStates(world, series, options);
        return;
      }
      const rules = {
        poolShareBps: options.poolShare,
        netShareBps: options.netShare,
        countryShareBps: options.countryShare,
        networkShareBps: options.networkShare,
      };
      const start = Date.now();
      const say: Say = (line) => {
        world.err(`${((Date.now() - start) / 1_000).toFixed(0).padStart(4)} s  ${line}`);
      };
      const validators = series === null ? validatorsFor(path, options) : [];
      say(describeRules(rules));

      const connection = await network.create({ network: "default", override: { accounts: richAccounts() } });
      const done =
        series === null
          ? playEpoch(world, connection, validators, rules, options, say)
          : playSeries(world, connection, series, rules, options, say);
      await done.finally(() => connection.close());
    });

function showStates(world: World, { reports, epochsPerYear }: Recorded, options: Options): void {
  const { epochs = Infinity, every, power, json } = options;
  const result = playStates(reports, { power, epochsPerYear, epochs });
  if (json) world.out(statesJson(result));
  else renderStates(result, every).forEach(world.out);
}

async function playEpoch(
  world: World,
  connection: NetworkConnection,
  validators: readonly SolanaValidator[],
  rules: Rules,
  { epochs = EPOCHS, json }: Options,
  say: Say,
): Promise<void> {
  const result = await replay(connection, validators, { rules, epochs }, say);
  if (json) world.out(replayJson(result));
  else renderReplay(result).forEach(world.out);

  refuse(complaintsOf(result.verdict, result.work.settled));
  world.err("Every position is where the rules want it.");
}

async function playSeries(
  world: World,
  connection: NetworkConnection,
  { reports }: Recorded,
  rules: Rules,
  { epochs = Infinity, json, newcomersShare: newcomersShareBps, power }: Options,
  say: Say,
): Promise<void> {
  const result = await replaySeries(
    connection,
    reports,
    { rules, newcomersShareBps, power, epochs },
    say,
    world.signal,
  );
  if (json) world.out(seriesJson(result));
  else renderSeries(result).forEach(world.out);

  refuse(complaintsOfSeries(result));
  world.err("No call lifted anyone above a cap, and optimisation stayed within its budget in every epoch.");
}

function refuse(complaints: readonly string[]): void {
  if (complaints.length > 0) throw new Failure(complaints.join(" "));
}

/** A series, or null if one epoch is meant. */
function seriesFor(path: string, options: Options): Recorded | null {
  const { synthetic, series } = options;
  if (synthetic !== undefined) {
    if (series === undefined) return null;
    const reports = solanaReports(parseSeriesFiles(syntheticSeries(synthetic, series, SEED)));
    return { reports, epochsPerYear: Number(SOLANA_DEFAULTS.yearly.epochs), hasPool: true };
  }
  if (series !== undefined) throw new Failure("A series is only made up with --synthetic.");
  return readReports(path, options);
}

function validatorsFor(path: string, { synthetic }: Options): SolanaValidator[] {
  if (synthetic !== undefined) return parseSolanaEpoch(syntheticSolanaEpoch(synthetic, SEED));
  return readFileWith(path, parseSolanaEpoch);
}

function atLeastOne(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("Give a whole number from 1 on.");
  return number;
}

function power(text: string): number {
  const number = Number(text);
  if (![1, 2, 4, 8, 16].includes(number)) throw new InvalidArgumentError("Give 1, 2, 4, 8 or 16.");
  return number;
}

function basisPoints(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > BPS) {
    throw new InvalidArgumentError(`Give basis points from 1 to ${BPS}.`);
  }
  return number;
}
