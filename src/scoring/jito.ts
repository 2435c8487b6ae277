/**
 * The order in which Jito's StakeNet prefers validators: one number, whose upper bits decide before its lower ones. No rule of
 * the pool reads it; it is there to set the order of another pool beside that of `select` (research/allocation.md §2).
 */

export interface Validator {
  /** The highest of the last epochs, in percent. */
  readonly maxCommission: bigint;
  /** The average of the last epochs, in basis points. */
  readonly mevCommissionBps: bigint;
  /** Epochs in which it voted. */
  readonly age: bigint;
  /** Vote credits relative to what could be earned, with 10⁷ for one. */
  readonly creditRatio: bigint;
}

const COMMISSION_BIT = 56n;
const MEV_BIT = 42n;
const AGE_BIT = 25n;
const PERCENT = 100n;
const BPS = 10_000n;

/** The higher the better: a point of commission outweighs any MEV, any MEV any age, an epoch of age any credits. */
export function tierOf({ maxCommission, mevCommissionBps, age, creditRatio }: Validator): bigint {
  return (
    ((PERCENT - maxCommission) << COMMISSION_BIT) |
    ((BPS - mevCommissionBps) << MEV_BIT) |
    (age << AGE_BIT) |
    creditRatio
  );
}

/** The best first; equal ones stay in their order. */
export function byTier<T extends Validator>(validators: readonly T[]): T[] {
  return validators.toSorted((first, second) => {
    const [one, other] = [tierOf(first), tierOf(second)];
    return one < other ? 1 : one > other ? -1 : 0;
  });
}
