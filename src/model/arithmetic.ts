/** Integer arithmetic with the rounding in the name. Divisors are positive; the numerators of the model never are negative. */

export function mulDivDown(a: bigint, b: bigint, divisor: bigint): bigint {
  return (a * b) / divisor;
}

export function mulDivUp(a: bigint, b: bigint, divisor: bigint): bigint {
  return (a * b + divisor - 1n) / divisor;
}

export function min(first: bigint, ...others: bigint[]): bigint {
  return others.reduce((least, value) => (value < least ? value : least), first);
}

export function max(first: bigint, ...others: bigint[]): bigint {
  return others.reduce((most, value) => (value > most ? value : most), first);
}

/** `a − b`, or zero if that is negative. */
export function monus(a: bigint, b: bigint): bigint {
  return a > b ? a - b : 0n;
}

export function sum(values: Iterable<bigint>): bigint {
  let total = 0n;
  for (const value of values) total += value;
  return total;
}
