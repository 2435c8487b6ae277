import { shareDown, sumOf } from "../../allocation/amounts.ts";
import type { NearEpoch } from "../../data/near.ts";
import { rewardOf, staleFault, type YearlyYield } from "../guards.ts";
import type { EpochReport } from "../epoch.ts";

/** A NEAR has 24 decimals, an ether 18. */
const YOCTO_PER_WEI = 10n ** 6n;

/** Ten per cent a year in epochs of half a day: what the network pays for stake is not in the files. */
export const NEAR_YIELD: YearlyYield = { yieldBps: 1_000n, epochs: 730n };

/** The files say who was slashed, not how much. */
const SLASH_BPS = 100n;

/** There are epochs in which nobody's stake moves, so blocks have to have stood still as well before one is stale. */
interface Reading {
  readonly stakes: ReadonlyMap<string, bigint>;
  readonly blocks: ReadonlyMap<string, bigint>;
}

/**
 * Reports from an uptime file, for scores and states: it knows no pool, so all stake is others', and no commission. Who was
 * put out is not in the report of that epoch.
 */
export function* nearReports(epochs: readonly NearEpoch[], yearly: YearlyYield = NEAR_YIELD): Generator<EpochReport> {
  let previous: Reading = { stakes: new Map(), blocks: new Map() };
  for (const { epoch, rows } of epochs) {
    const operators = rows.map((row) => {
      const duties = { assigned: row.blocks_expected, done: row.blocks_produced };
      const stake = row.stake_yocto / YOCTO_PER_WEI;
      return {
        id: row.id,
        counters: {
          ...duties,
          active: true,
          commissionBps: 0n,
          stake,
          external_: stake,
          reward: rewardOf(stake, duties, yearly),
          slashed: row.is_slashed ? shareDown(stake, SLASH_BPS) : 0n,
        },
        poolStake: 0n,
        open: true,
        groups: {},
      };
    });
    const current: Reading = {
      stakes: new Map(operators.map(({ id, counters }) => [id, counters.stake])),
      blocks: new Map(operators.map(({ id, counters }) => [id, counters.done])),
    };
    const stale = staleFault(previous.stakes, current.stakes) && staleFault(previous.blocks, current.blocks);
    previous = current;
    yield {
      epoch,
      networkStake: sumOf(current.stakes.values()),
      operators,
      faults: stale === null ? [] : [stale],
    };
  }
}
