/** Exact quotients, for formulas that are compared with printed figures. */
import type { Fraction } from "../metrics/decentralisation.ts";

/** In lowest terms, with a denominator above zero. */
export function fraction(numerator: bigint, denominator = 1n): Fraction {
  if (denominator === 0n) throw new RangeError("A fraction has the denominator 0.");
  const divisor = greatestCommonDivisor(numerator, denominator) * (denominator < 0n ? -1n : 1n);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

export const ZERO = fraction(0n);

/** Put in lowest terms at the end: of many terms the divisors on the way would cost far more than the sum. */
export function add(...terms: readonly Fraction[]): Fraction {
  let [numerator, denominator] = [0n, 1n];
  for (const term of terms) {
    if (denominator % term.denominator === 0n) numerator += term.numerator * (denominator / term.denominator);
    else {
      numerator = numerator * term.denominator + term.numerator * denominator;
      denominator *= term.denominator;
    }
  }
  return fraction(numerator, denominator);
}

export function multiply(...factors: readonly Fraction[]): Fraction {
  let [numerator, denominator] = [1n, 1n];
  for (const factor of factors) {
    numerator *= factor.numerator;
    denominator *= factor.denominator;
  }
  return fraction(numerator, denominator);
}

export function subtract(minuend: Fraction, subtrahend: Fraction): Fraction {
  return add(minuend, { ...subtrahend, numerator: -subtrahend.numerator });
}

/** Decimal notation, rounded to the nearest, halves away from zero. */
export function toDecimal({ numerator, denominator }: Fraction, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const size = numerator < 0n ? -numerator : numerator;
  const rounded = (2n * size * unit + denominator) / (2n * denominator);
  const text = rounded.toString().padStart(digits + 1, "0");
  const decimal = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
  return numerator < 0n && rounded !== 0n ? `-${decimal}` : decimal;
}

function greatestCommonDivisor(first: bigint, second: bigint): bigint {
  let [a, b] = [first < 0n ? -first : first, second < 0n ? -second : second];
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
