import { ascending, sumOf } from "../allocation/amounts.ts";
import { formatCsv } from "./csv.ts";
import { NEAR_COLUMNS, type NearRow } from "./near.ts";
import { generator } from "./random.ts";
import {
  SOLANA_EPOCH_COLUMNS,
  SOLANA_GROUP_COLUMNS,
  SOLANA_ID_COLUMNS,
  SOLANA_SERIES_COLUMNS,
  type SeriesEpoch,
  type SeriesFiles,
  type SeriesGroup,
  type SeriesId,
  type SeriesRow,
} from "./solanaSeries.ts";

/** What is wrong with a made-up series, by epoch, as it is with the recorded one. */
export interface SeriesFlaws {
  /** Stakes are those of the epoch before, and the credits are those of a whole epoch. */
  readonly repeated?: readonly number[];
  /** A quarter of the pool's stake is missing from the rows. */
  readonly poolStakeMissing?: readonly number[];
  /** Country and network of every fifth account are not known. */
  readonly placesUnknown?: readonly number[];
}

type Random = (below: number) => number;

const FIRST_EPOCH = 652;
const SLOTS = 432_000;
const GWEI = 10n ** 9n;
const YOCTO = 10n ** 24n;
const GROUPS: readonly SeriesGroup[] = [
  ...["Germany", "Japan", "Netherlands", "United States"].map((name, index) => groupOf("c", "country", index, name)),
  groupOf("c", "country", 4, "Unknown"),
  ...["Alpha Hosting", "Beta Cloud", "Delta Racks", "Gamma Metal"].map((name, index) =>
    groupOf("a", "aso", index, name),
  ),
  groupOf("a", "aso", 4, "Unknown"),
];
/** The last country and the last network. */
const UNKNOWN = { country_code: "c05", aso_code: "a005" } as const;

/**
 * Made-up files with the columns of a recorded series, the same for the same arguments, for tests that must run without
 * the real data. Snapshots are taken at different points of the epochs, a few accounts come later or miss an epoch, and
 * some do poorly; nothing in it is a real account.
 */
export function syntheticSeries(count: number, epochs: number, seed: number, flaws: SeriesFlaws = {}): SeriesFiles {
  const random = generator(seed);
  const accounts = Array.from({ length: count }, (_, index) => accountOf(index, random));
  const rows: SeriesRow[] = [];
  const facts: SeriesEpoch[] = [];
  let previous: SeriesRow[] = [];
  for (let epoch = FIRST_EPOCH; epoch < FIRST_EPOCH + epochs; epoch += 1) {
    const isRepeated = flaws.repeated?.includes(epoch) ?? false;
    const slot = 10_000 + random(200_000);
    const written = isRepeated
      ? previous.map((row) => ({ ...row, epoch, credits: row.credits === 0n ? 0n : BigInt(SLOTS - random(20_000)) }))
      : accounts.filter(({ first }) => epoch >= first && random(60) > 0).map((one) => rowOf(one, epoch, slot, random));
    const total = sumOf(written.map((row) => row.pool_stake_lamports));
    if (flaws.poolStakeMissing?.includes(epoch) ?? false) {
      written.forEach((row, index) => {
        written[index] = { ...row, pool_stake_lamports: (row.pool_stake_lamports * 3n) / 4n };
      });
    }
    if (flaws.placesUnknown?.includes(epoch) ?? false) {
      written.forEach((row, index) => {
        if (index % 5 === 0) written[index] = { ...row, ...UNKNOWN };
      });
    }
    facts.push(factsOf(epoch, slot, written, previous, total));
    rows.push(...written);
    previous = written;
  }
  const ids = accounts.map(({ id, first, place, client }): SeriesId => {
    const nameOf = (code: string) => GROUPS.find((group) => group.code === code)!.name;
    return {
      id,
      vote_account: `Synthetic${id}`,
      first_epoch: first,
      last_epoch: FIRST_EPOCH + epochs - 1,
      country: nameOf(place.country_code),
      aso: nameOf(place.aso_code),
      client_version: client === "jito" ? "1.18.15" : "1.18.17",
      client,
    };
  });
  return {
    series: fileOf(SOLANA_SERIES_COLUMNS, rows),
    epochs: fileOf(SOLANA_EPOCH_COLUMNS, facts),
    ids: fileOf(SOLANA_ID_COLUMNS, ids),
    groups: fileOf(SOLANA_GROUP_COLUMNS, GROUPS),
  };
}

/** A made-up uptime file: most produce all that is expected, some fall short, and are put out for an epoch then. */
export function syntheticNearUptime(count: number, epochs: number, seed: number): string {
  const random = generator(seed);
  const rows: NearRow[] = [];
  const isOut = new Set<number>();
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    for (let index = 0; index < count; index += 1) {
      if (isOut.delete(index)) continue;
      const expected = BigInt(100 + random(200));
      const isShort = random(12) === 0;
      if (isShort) isOut.add(index);
      rows.push({
        epoch,
        height: 10_000 * (epoch + 1),
        id: `node${String(index + 1).padStart(3, "0")}.test`,
        stake_yocto: BigInt(60_000 + random(100_000)) * YOCTO,
        blocks_produced: isShort ? (expected * BigInt(random(80))) / 100n : expected - BigInt(random(3)),
        blocks_expected: expected,
        is_slashed: false,
      });
    }
  }
  return fileOf(NEAR_COLUMNS, rows);
}

interface Account {
  readonly id: string;
  readonly first: number;
  readonly stake: bigint;
  readonly poolStake: bigint;
  readonly commission: bigint;
  readonly mevCommission: bigint | null;
  readonly bond: bigint | null;
  /** How often it fails to vote, of 10,000. */
  readonly missed: number;
  readonly place: { readonly country_code: string; readonly aso_code: string };
  readonly client: SeriesRow["client"];
}

function accountOf(index: number, random: Random): Account {
  const sol = (amount: number): bigint => BigInt(amount) * GWEI + BigInt(random(1_000_000_000));
  const stake = sol(Math.floor(3_000_000 / (index + 3)) + random(2_000));
  const mevCommission = random(4) === 0 ? null : BigInt(random(11) * 100);
  return {
    id: `v${String(index + 1).padStart(4, "0")}`,
    first: random(8) === 0 ? FIRST_EPOCH + 1 + random(3) : FIRST_EPOCH,
    stake,
    poolStake: random(2) === 0 ? 0n : stake / BigInt(2 + random(8)),
    commission: BigInt(random(11) * 100),
    mevCommission,
    bond: random(3) === 0 ? null : sol(random(400)),
    missed: random(10) === 0 ? 5_000 : random(300),
    place: { country_code: `c0${1 + random(4)}`, aso_code: `a00${1 + random(4)}` },
    client: mevCommission === null ? "agave" : "jito",
  };
}

function rowOf(account: Account, epoch: number, slot: number, random: Random): SeriesRow {
  const most = Math.floor((slot * 95) / 100);
  const credits = random(40) === 0 ? 0 : Math.floor((most * (10_000 - random(account.missed + 1))) / 10_000);
  // A tenth of an account's epochs leave its stake where it was.
  const drift = random(10) === 0 ? 0n : BigInt(random(2_000_000_000));
  return {
    epoch,
    id: account.id,
    stake_lamports: account.stake + drift,
    credits: BigInt(credits),
    commission_bps: account.commission,
    bond_lamports: account.bond,
    eligible: credits > 0 && account.commission <= 700n && account.bond !== null,
    pool_stake_lamports: account.poolStake,
    mev_commission_bps: account.mevCommission,
    ...account.place,
    client: account.client,
  };
}

function factsOf(
  epoch: number,
  slot: number,
  rows: readonly SeriesRow[],
  previous: readonly SeriesRow[],
  poolTotal: bigint,
): SeriesEpoch {
  const before = new Map(previous.map((row) => [row.id, row.stake_lamports]));
  const credits = rows.map((row) => row.credits).sort(ascending);
  const stakes = sumOf(rows.map((row) => row.stake_lamports));
  return {
    epoch,
    snapshot_slot: slot,
    rows: rows.length,
    eligible_rows: rows.filter((row) => row.eligible).length,
    stake_sum_lamports: stakes,
    network_total_lamports: stakes + stakes / 1_000n,
    pool_stake_sum_lamports: sumOf(rows.map((row) => row.pool_stake_lamports)),
    pool_tvl_auction_lamports: (poolTotal * 92n) / 100n,
    pool_tvl_votes_lamports: poolTotal / 10n,
    max_credits: credits.at(-1) ?? 0n,
    median_credits: credits[Math.floor(credits.length / 2)] ?? 0n,
    rows_same_stake_as_previous:
      previous.length === 0 ? null : rows.filter((row) => before.get(row.id) === row.stake_lamports).length,
  };
}

function groupOf(letter: string, kind: SeriesGroup["kind"], index: number, name: string): SeriesGroup {
  const digits = kind === "country" ? 2 : 3;
  return { code: `${letter}${String(index + 1).padStart(digits, "0")}`, kind, name, first_epoch: FIRST_EPOCH };
}

type Written = Readonly<Record<string, string | bigint | number | boolean | null>>;

function fileOf(columns: Readonly<Record<string, unknown>>, rows: readonly Written[]): string {
  const names = Object.keys(columns);
  return formatCsv(
    names,
    rows.map((row) => names.map((name) => row[name] ?? null)),
  );
}
