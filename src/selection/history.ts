import { BPS } from "../allocation/amounts.ts";
import type { EpochReport, ReportedOperator } from "../reports/epoch.ts";
import type { Era } from "../scoring/seedMetric.ts";

/** An operator in the epochs of a series, the newest last. */
export interface History {
  readonly id: string;
  readonly eras: readonly Era[];
  /** Duties done of those assigned in each of them, in ppb. */
  readonly duties: readonly bigint[];
  /** In the last report and in the one before; null where it is in neither. */
  readonly last: ReportedOperator | null;
  readonly before: ReportedOperator | null;
}

const PPB = 10n ** 9n;
/** The stake that rewards are stated for: with one for all, sums over hundreds of epochs stay short. */
const STAKE_ONE = 10n ** 18n;
const ABSENT: Era = { isActive: false, reward: 0n, stake: 0n, commission: 0n, slashed: 0n };

/** Histories of everyone whom one of the reports lists; where one is not listed it was not active. */
export function historiesOf(reports: readonly EpochReport[]): History[] {
  const listed = reports.map(({ operators }) => new Map(operators.map((one) => [one.id, one])));
  const ids = [...new Set(listed.flatMap((operators) => [...operators.keys()]))].sort();
  return ids.map((id) => {
    const rows = listed.map((operators) => operators.get(id) ?? null);
    return {
      id,
      eras: rows.map((row) => (row === null ? ABSENT : eraOf(row))),
      duties: rows.map((row) => (row === null ? 0n : dutyOf(row))),
      last: rows.at(-1) ?? null,
      before: rows.at(-2) ?? null,
    };
  });
}

/** Rewards are rounded down to a part in 10^18 of the stake. */
function eraOf({ counters }: ReportedOperator): Era {
  const { active, reward, stake, commissionBps, slashed } = counters;
  return {
    isActive: active,
    reward: stake === 0n ? 0n : (reward * STAKE_ONE) / stake,
    stake: stake === 0n ? 0n : STAKE_ONE,
    commission: (commissionBps * PPB) / BPS,
    slashed,
  };
}

function dutyOf({ counters: { assigned, done } }: ReportedOperator): bigint {
  return assigned === 0n ? 0n : (done * PPB) / assigned;
}
