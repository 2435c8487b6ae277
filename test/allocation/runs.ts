/** Whether the long run was asked for (`npm run test:deep`). */
const deep = process.env.TRELLIS_DEEP === "1";

/** How often to try a property: always the same cases, or twenty times as many new ones in the long run. */
export function runs(count: number): { numRuns: number; seed?: number } {
  return deep ? { numRuns: 20 * count } : { numRuns: count, seed: 0x7472656c };
}
