/** How much a newcomer may be lifted to, from reading to reading (design, section 8; specification, section 3). */
import type { Allocator } from "./allocator.ts";
import { max, min, mulDivDown } from "./arithmetic.ts";
import { BPS } from "./book.ts";
import { type Operator, ROUNDING } from "./operators.ts";
import { endRamp } from "./tenure.ts";

const FLOOR_BPS = 5n;
/** With less nobody gets stake, so such a ramp would never grow. */
const SMALLEST_STAKE = 10n ** 9n;

/**
 * After a reading that found `lost` since the one before, by T and T' of the last completed round and the policy of the open
 * one. At the end of its ramp the operator is established.
 */
export function followRamp(allocator: Allocator, operator: Operator, lost: bigint): void {
  if (operator.state === "Active") return;
  if (operator.state !== "Ramping") {
    operator.ramp = 0n;
    return;
  }
  const { total, withFaulted } = allocator.snapshot ?? { total: 0n, withFaulted: 0n };
  const floor = mulDivDown(total, FLOOR_BPS, BPS);
  const isHeld = operator.watch || !operator.whitelisted || lost > ROUNDING;
  // The operator's snapshot is still that of the last round.
  const hadStake = operator.snapshot.position > 0n;
  if (operator.ramp < SMALLEST_STAKE) {
    operator.ramp = floor;
  } else if (operator.faulted) {
    operator.ramp = min(operator.ramp, max(floor, operator.ramp / 2n));
  } else if (!isHeld && hadStake) {
    const full = mulDivDown(withFaulted, allocator.begun.poolShareBps, BPS);
    operator.ramp = min(full, mulDivDown(operator.ramp, 3n, 2n));
    if (operator.ramp < full || full === 0n) return;
    operator.ramp = 0n;
    endRamp(allocator, operator);
  }
}
