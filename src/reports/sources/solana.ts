import { sumOf } from "../../allocation/amounts.ts";
import {
  type EpochRows,
  joinSeries,
  type SeriesParts,
  type SeriesRow,
  type SolanaSeries,
} from "../../data/solanaSeries.ts";
import {
  dutiesFault,
  keptPlace,
  mostOf,
  poolStakeFault,
  relativeDuties,
  rewardOf,
  staleFault,
  type YearlyYield,
} from "../guards.ts";
import type { EpochReport, Fault, ReportedOperator } from "../epoch.ts";

/** What the files do not say. */
export interface SolanaOptions {
  readonly yearly: YearlyYield;
  /** One lamport is one gwei unless said otherwise, so that a SOL becomes an ether. */
  readonly weiPerLamport: bigint;
}

/** Seven per cent a year in epochs of two days. */
export const SOLANA_DEFAULTS: SolanaOptions = {
  yearly: { yieldBps: 700n, epochs: 182n },
  weiPerLamport: 10n ** 9n,
};

/** A vote for every slot earns one credit each. */
const CREDITS_PER_SLOT = 1n;
const UNKNOWN = "Unknown";

/** What earlier epochs said of an operator and is still good. */
interface Memory {
  readonly stakes: Map<string, bigint>;
  readonly poolStakes: Map<string, bigint>;
  readonly countries: Map<string, string>;
  readonly networks: Map<string, string>;
}

/** Reports from the four files of a series, epoch by epoch. What is wrong with one is said in its faults. */
export function solanaReports(parts: SeriesParts, options: SolanaOptions = SOLANA_DEFAULTS): EpochReport[] {
  const series = joinSeries(parts);
  const memory: Memory = { stakes: new Map(), poolStakes: new Map(), countries: new Map(), networks: new Map() };
  return series.epochs.map((epoch) => reportOf(series, epoch, memory, options));
}

function reportOf(
  series: SolanaSeries,
  { facts, rows }: EpochRows,
  memory: Memory,
  options: SolanaOptions,
): EpochReport {
  const { weiPerLamport } = options;
  const most = mostOf(rows.map(({ credits }) => credits));
  const stakes = new Map(rows.map(({ id, stake_lamports }) => [id, stake_lamports]));
  const poolFault = poolStakeFault(
    sumOf(rows.map((row) => row.pool_stake_lamports)),
    facts.pool_tvl_auction_lamports + facts.pool_tvl_votes_lamports,
  );
  if (poolFault === null) rows.forEach((row) => memory.poolStakes.set(row.id, row.pool_stake_lamports));

  let misplaced = 0;
  const operators = rows.map((row): ReportedOperator => {
    const places = placesOf(series, row, memory);
    if (places.areKept) misplaced += 1;
    const duties = relativeDuties(row.credits, most);
    // What is missing of the pool's stake is missing from the whole, too: others' stake is what is the same in both.
    const external = (row.stake_lamports - row.pool_stake_lamports) * weiPerLamport;
    const poolStake = (memory.poolStakes.get(row.id) ?? 0n) * weiPerLamport;
    const stake = external + poolStake;
    return {
      id: row.id,
      counters: {
        ...duties,
        active: row.credits > 0n,
        commissionBps: row.commission_bps,
        stake,
        external_: external,
        reward: rewardOf(stake, duties, options.yearly),
        slashed: 0n,
      },
      poolStake,
      open: row.eligible,
      groups: { jurisdiction: places.country, infrastructure: places.network, client: row.client },
    };
  });
  const faults: (Fault | null)[] = [
    staleFault(memory.stakes, stakes),
    dutiesFault(most, BigInt(facts.snapshot_slot) * CREDITS_PER_SLOT),
    poolFault,
    misplaced > 0 ? { kind: "places", operators: misplaced } : null,
  ];
  memory.stakes.clear();
  stakes.forEach((stake, id) => memory.stakes.set(id, stake));
  return {
    epoch: facts.epoch,
    networkStake: facts.network_total_lamports * weiPerLamport,
    operators,
    faults: faults.filter((fault) => fault !== null),
  };
}

/** Where an operator is, and whether that is what was known before. */
function placesOf(
  { groups }: SolanaSeries,
  { id, country_code, aso_code }: SeriesRow,
  { countries, networks }: Memory,
) {
  const now = { country: groups.get(country_code)!.name, network: groups.get(aso_code)!.name };
  const country = keptPlace(now.country, countries.get(id), UNKNOWN);
  const network = keptPlace(now.network, networks.get(id), UNKNOWN);
  countries.set(id, country);
  networks.set(id, network);
  return { country, network, areKept: country !== now.country || network !== now.network };
}
