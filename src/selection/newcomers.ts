import { getAddress, isAddress } from "ethers";

import { checkRising, type Column, count, parseCsv, text } from "../data/csv.ts";
import { DIMENSIONS } from "../lens/dimensions.ts";
import type { Newcomer } from "./changes.ts";

const address: Column<string> = (field) => {
  const isOne: boolean = isAddress(field);
  if (!isOne) throw new Error(`has "${field}" where an address belongs`);
  return getAddress(field);
};

/**
 * Reads which pools operators have that are not listed: `id`, `pool` and `factory`, by rising id, and a column for each
 * dimension in which they are to be in a group of the registry.
 */
export function parseNewcomers(content: string): Map<string, Newcomer> {
  const header = content.split("\n", 1)[0]!.split(",");
  const dimensions = DIMENSIONS.filter((dimension) => header.includes(dimension));
  const rows = parseCsv(content, {
    ...Object.fromEntries(dimensions.map((dimension) => [dimension, count])),
    id: text,
    pool: address,
    factory: address,
  });
  checkRising(rows, "id", (first, second) => first.id < second.id);
  return new Map(
    rows.map((row) => {
      const named = row as Readonly<Record<string, unknown>>;
      const groups = DIMENSIONS.map((dimension) => (named[dimension] as number | undefined) ?? 0);
      return [row.id, { pool: row.pool, factory: row.factory, groups }];
    }),
  );
}
