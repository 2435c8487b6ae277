/** What `npm run test:deep` asks of the tests that do more for it: more cases, and in parts, so that none takes an hour. */

export const IS_DEEP = process.env.TRELLIS_DEEP === "1";

const [part, parts] = readPart(process.env.TRELLIS_PART ?? "1/1");

/** Which of `count` cases, from 0, this run is for: all of them unless TRELLIS_PART says, as 2/4 does, which part. */
export function casesOf(count: number): number[] {
  const from = Math.floor(((part - 1) * count) / parts);
  const to = Math.floor((part * count) / parts);
  return Array.from({ length: to - from }, (_, index) => from + index);
}

function readPart(text: string): [part: number, parts: number] {
  const [, first, second] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const [which, of] = [Number(first), Number(second)];
  if (!(which >= 1 && which <= of))
    throw new Error(`TRELLIS_PART is ${text}: it says which of how many parts, as 2/4.`);
  return [which, of];
}
