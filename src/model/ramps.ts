/** How much a newcomer may be lifted to, from reading to reading (design, section 8; specification, section 3). */
import { max, min, mulDivDown } from "./arithmetic.ts";
import { BPS } from "./book.ts";
import type { Operator } from "./operators.ts";

const FLOOR_BPS = 5n;
/** A loss up to it is rounding. */
const ROUNDING = 1_000n; // wei

/** What the ramp is measured by: T and T' of the last completed round, and the policy of the open one. */
export interface Measure {
  total: bigint;
  withFaulted: bigint;
  poolShareBps: bigint;
}

/** After a reading that found `lost` since the one before; at the end of its ramp the operator is established. */
export function followRamp(operator: Operator, { total, withFaulted, poolShareBps }: Measure, lost: bigint): void {
  if (operator.state === "Active") return;
  if (operator.state !== "Ramping") {
    operator.ramp = 0n;
    return;
  }
  const floor = mulDivDown(total, FLOOR_BPS, BPS);
  const isHeld = operator.watch || !operator.whitelisted || lost > ROUNDING;
  // The snapshot is still that of the last round.
  const hadStake = operator.snapshot.position > 0n;
  if (operator.faulted) {
    operator.ramp = max(floor, operator.ramp / 2n);
  } else if (operator.ramp === 0n || isHeld || !hadStake) {
    operator.ramp = max(floor, operator.ramp);
  } else {
    const full = mulDivDown(withFaulted, poolShareBps, BPS);
    operator.ramp = min(full, mulDivDown(operator.ramp, 3n, 2n));
    if (operator.ramp === full && full > 0n) {
      operator.ramp = 0n;
      operator.state = "Active";
    }
  }
}
