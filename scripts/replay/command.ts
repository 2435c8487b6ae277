import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { Command, InvalidArgumentError } from "commander";
import { network } from "hardhat";

import type { CommandFactory } from "../../src/cli/command.ts";
import { Failure } from "../../src/cli/failure.ts";
import { CsvError } from "../../src/data/csv.ts";
import { parseSolanaEpoch, type SolanaValidator, syntheticSolanaEpoch } from "../../src/data/solana.ts";
import { describeRules, renderReplay, replayJson } from "./print.ts";
import { replay } from "./run.ts";
import { EPOCHS, RULES } from "./settings.ts";
import { richAccounts } from "./setUp.ts";
import { complaintsOf } from "./verdict.ts";

const DEFAULT_FILE = fileURLToPath(new URL("../../../shared/data/solana-epoch-650.csv", import.meta.url));
const BPS = 10_000;
const SEED = 1;

interface Options {
  readonly synthetic?: number;
  readonly epochs: number;
  readonly json: boolean;
  readonly poolShare: number;
  readonly netShare: number;
  readonly countryShare: number;
  readonly networkShare: number;
}

export const replayCommand: CommandFactory = (world) =>
  new Command("replay")
    .description("Rebuilds a recorded pool on a chain of its own, tightens its rules and lets a keeper follow them.")
    .argument("[csv]", "columns of solana-epoch-650.csv", DEFAULT_FILE)
    .option("--synthetic <count>", "a made-up file of so many validators instead", atLeastOne)
    .option("--epochs <max>", "most epochs that the keeper gets", atLeastOne, EPOCHS)
    .option("--json", "as JSON, amounts in wei", false)
    .option("--pool-share <bps>", "of the pool, per operator", basisPoints, RULES.poolShareBps)
    .option("--net-share <bps>", "of the network, per operator", basisPoints, RULES.netShareBps)
    .option("--country-share <bps>", "of the pool, per country", basisPoints, RULES.countryShareBps)
    .option("--network-share <bps>", "of the pool, per hosting network", basisPoints, RULES.networkShareBps)
    .action(async (path: string, options: Options) => {
      const { synthetic } = options;
      const validators =
        synthetic === undefined ? readValidators(path) : parseSolanaEpoch(syntheticSolanaEpoch(synthetic, SEED));
      const rules = {
        poolShareBps: options.poolShare,
        netShareBps: options.netShare,
        countryShareBps: options.countryShare,
        networkShareBps: options.networkShare,
      };
      const start = Date.now();
      const say = (line: string) => {
        world.err(`${((Date.now() - start) / 1_000).toFixed(0).padStart(4)} s  ${line}`);
      };
      say(describeRules(rules));

      const connection = await network.create({ network: "default", override: { accounts: richAccounts() } });
      const result = await replay(connection, validators, { rules, epochs: options.epochs }, say).finally(() =>
        connection.close(),
      );
      if (options.json) world.out(replayJson(result));
      else renderReplay(result).forEach(world.out);

      const complaints = complaintsOf(result.verdict, result.work.settled);
      if (complaints.length > 0) throw new Failure(complaints.join(" "));
      world.err("Every position is where the rules want it.");
    });

function readValidators(path: string): SolanaValidator[] {
  if (!existsSync(path))
    throw new Failure(`There is no file ${path}: it is not published, ask for it or give another.`);
  try {
    return parseSolanaEpoch(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof CsvError) throw new Failure(`${path}: ${error.message}`);
    throw error;
  }
}

function atLeastOne(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("Give a whole number from 1 on.");
  return number;
}

function basisPoints(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > BPS) {
    throw new InvalidArgumentError(`Give basis points from 1 to ${BPS}.`);
  }
  return number;
}
