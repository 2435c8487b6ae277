import { type Rules, RULES } from "../settings.ts";

/** What a series is replayed under. */
export interface SeriesSettings {
  readonly rules: Rules;
  /** Of the pool, for all newcomers together. */
  readonly newcomersShareBps: number;
  /** Exponent of the scores. */
  readonly power: number;
  /** Most epochs of the series that are played. */
  readonly epochs: number;
}

export const SERIES_SETTINGS: SeriesSettings = {
  rules: RULES,
  newcomersShareBps: 500,
  power: 4,
  epochs: Infinity,
};

/** Of the pool, per client. Only watched: on the network of the series hardly anybody runs another one. */
export const CLIENT_SHARE_BPS = 5_000;

/** Everyone begins as good as the mean, and may become ten times as good. */
export const FIRST_WEIGHT = 10_000;
export const HIGHEST_WEIGHT = 100_000;

/** Others' stake at an operator is moved after the series once it is off by more than this. */
export const OTHERS_TOLERANCE_BPS = 500n;

/** Reports in a row that must say the same before a change of an operator's groups is announced. */
export const REPORTS_TO_MOVE = 2;
