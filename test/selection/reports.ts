import type { EpochReport, ReportedOperator } from "../../src/reports/epoch.ts";
import { ABSENT } from "../../src/reports/epoch.ts";
import type { Counters } from "../../src/reports/types.ts";
import type { Settings } from "../../src/selection/types.ts";

/** A coin for each day of a year, so that a yield of a per cent a year is a hundredth of a coin a day. */
export const STAKE = 365n * 10n ** 18n;

export const SETTINGS: Settings = {
  windows: { week: 7, month: 30, year: 365, erasPerYear: 365 },
  ledgers: 1,
  deal: "ranks",
  commissionLimitBps: 1_000n,
  commissionRiseBps: 0n,
};

/** What an operator did in an epoch; what is left out is a good epoch at ten per cent a year without commission. */
export interface Did extends Partial<Counters> {
  readonly apr?: bigint;
  readonly open?: boolean;
  readonly poolStake?: bigint;
  readonly groups?: Readonly<Record<string, string>>;
}

/** An operator's life: what it did in an epoch, by its age (0 is the newest); null where it is not listed. */
export type Life = (age: number) => Did | null;

/** Reports of so many epochs, the newest last, numbered from 1. */
export function reportsOf(epochs: number, lives: Readonly<Record<string, Life>>): EpochReport[] {
  return Array.from({ length: epochs }, (_, index) => {
    const age = epochs - 1 - index;
    const operators = Object.entries(lives).flatMap(([id, life]) => {
      const did = life(age);
      return did === null ? [] : [operatorOf(id, did)];
    });
    return { epoch: index + 1, networkStake: 100n * STAKE, operators, faults: [] };
  });
}

function operatorOf(
  id: string,
  { apr = 10n, open = true, poolStake = 0n, groups = {}, ...counters }: Did,
): ReportedOperator {
  const isActive = counters.active ?? true;
  return {
    id,
    counters: {
      ...ABSENT,
      assigned: 100n,
      done: isActive ? 100n : 0n,
      active: isActive,
      stake: STAKE,
      external_: STAKE,
      reward: isActive ? apr * 10n ** 16n : 0n,
      ...counters,
    },
    poolStake,
    open,
    groups,
  };
}
