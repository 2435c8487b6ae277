import { fileURLToPath } from "node:url";

import { Command } from "commander";

import { sumOf } from "../allocation/amounts.ts";
import { parseBps } from "../cli/amounts.ts";
import type { CommandFactory } from "../cli/command.ts";
import { Failure } from "../cli/failure.ts";
import { readFileWith } from "../cli/files.ts";
import { renderTable } from "../cli/table.ts";
import { parseSolanaEpoch } from "../data/solana.ts";
import { solanaOperators } from "../data/solanaYield.ts";
import { toJson } from "../keeper/log.ts";
import { compare, type Comparison, type Placement } from "../metrics/comparison.ts";

const DEFAULT_FILE = fileURLToPath(new URL("../../../shared/data/solana-epoch-650.csv", import.meta.url));
const POWERS = "0,1,4,16";
/** Fixed point of what a thousand coins earn. */
const YIELD_ONE = 1e18;

interface Options {
  readonly stake?: string;
  readonly networkStake?: string;
  readonly poolShare: string;
  readonly netShare: string;
  readonly countryShare: string;
  readonly networkShare: string;
  readonly bondRatio?: string;
  readonly powers: string;
  readonly json: boolean;
}

/** What fairness costs, and what it buys: the table of docs/replay.md. */
export const optimumCommand: CommandFactory = (world) =>
  new Command("optimum")
    .description("Compares fair allocations of a recorded pool with the most that the same caps let it earn.")
    .argument("[csv]", "columns of solana-epoch-650.csv", DEFAULT_FILE)
    .option("--stake <lamports>", "that the pool places; what its own auction placed, if left out")
    .option("--network-stake <lamports>", "of the whole network; the sum of the rows, if left out")
    .option("--pool-share <bps>", "of the pool, per operator", "100")
    .option("--net-share <bps>", "of the network, per operator", "100")
    .option("--country-share <bps>", "of the pool, per country", "2000")
    .option("--network-share <bps>", "of the pool, per hosting network", "1000")
    .option("--bond-ratio <times>", "stake per unit of an operator's bond; no bond term, if left out")
    .option("--powers <list>", "exponents of the weights", POWERS)
    .option("--json", "as JSON", false)
    .action(async (file: string, options: Options) => {
      const validators = readFileWith(file, parseSolanaEpoch);
      const eligible = validators.filter((one) => one.eligible);
      if (eligible.length === 0) throw new Failure(`${file}: nobody is eligible.`);

      const ratio = options.bondRatio === undefined ? null : parseWhole(options.bondRatio);
      const comparison = await compare(
        solanaOperators(eligible, ratio),
        {
          poolShareBps: parseBps(options.poolShare),
          netShareBps: parseBps(options.netShare),
          groupShareBps: { country: parseBps(options.countryShare), network: parseBps(options.networkShare) },
        },
        {
          stake: parseWhole(options.stake ?? sumOf(validators.map((one) => one.target_auction_lamports)).toString()),
          network: parseWhole(
            options.networkStake ?? sumOf(validators.map((one) => one.stake_total_lamports)).toString(),
          ),
        },
        options.powers.split(",").map(parseWhole),
      );
      if (options.json) world.out(toJson({ eligible: eligible.length, ...comparison }, 2));
      else renderComparison(comparison, eligible.length).forEach(world.out);
    });

function renderComparison({ placements, bound }: Comparison, eligible: number): string[] {
  const heading = ["rule", "yield", "vs LP", "operators", "HHI", "effective", "Nakamoto 1/3", "Gini", "idle"];
  const rows = placements.map((placement) => [nameOf(placement), ...cellsOf(placement)]);
  return [
    ...renderTable(heading, rows, [1, 2, 3, 4, 5, 6, 7, 8]),
    "",
    `${eligible} eligible operators; yield: what a thousand coins earn in an epoch, by duality ${yieldOf(bound)} at most.`,
  ];
}

function nameOf({ power }: Placement): string {
  return power === null ? "LP" : `fair p=${power}`;
}

function cellsOf({ power, value, regret, idle, spread }: Placement): string[] {
  return [
    yieldOf(value),
    power === null ? "" : `${(-100 * regret).toFixed(2)} %`,
    spread.holders.toString(),
    spread.hhi.toFixed(1),
    spread.effectiveNumber.toFixed(0),
    spread.nakamotoThird.toString(),
    spread.gini.toFixed(2),
    `${(100 * idle).toFixed(2)} %`,
  ];
}

function yieldOf(value: number): string {
  return (value / YIELD_ONE).toFixed(5);
}

function parseWhole(text: string): bigint {
  if (!/^\d+$/.test(text)) throw new Failure(`"${text}" is not a whole number.`);
  return BigInt(text);
}
