import { IS_DEEP } from "../helpers/deep.ts";

/** How often to try a property: always the same cases, or twenty times as many new ones in the long run. */
export function runs(count: number): { numRuns: number; seed?: number } {
  return IS_DEEP ? { numRuns: 20 * count } : { numRuns: count, seed: 0x7472656c };
}
