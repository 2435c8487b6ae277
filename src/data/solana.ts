import type { Row } from "./csv.ts";
import { flag, formatCsv, optionalText, optionalWholeNumber, parseCsv, text, wholeNumber } from "./csv.ts";
import { generator } from "./random.ts";

/** Columns of `solana-epoch-650.csv`, in the file's order; `data/README.md` says what each means. */
export const SOLANA_COLUMNS = {
  id: text,
  vote_account: text,
  stake_total_lamports: wholeNumber,
  pool_stake_lamports: wholeNumber,
  commission_bps: wholeNumber,
  mev_commission_bps: optionalWholeNumber,
  credits: wholeNumber,
  credits_relative_bps: wholeNumber,
  bond_lamports: optionalWholeNumber,
  country: text,
  aso: text,
  client_version: text,
  client: text,
  votes_lamports: wholeNumber,
  eligible: flag,
  binding_cap: optionalText,
  max_stake_wanted_lamports: optionalWholeNumber,
  target_votes_lamports: wholeNumber,
  target_auction_lamports: wholeNumber,
  stake_e650_lamports: wholeNumber,
  credits_e650: wholeNumber,
  commission_e650_bps: wholeNumber,
  mev_commission_e650_bps: optionalWholeNumber,
} as const;

/** One validator. Amounts in lamports, commissions and relative credits in basis points. */
export type SolanaValidator = Row<typeof SOLANA_COLUMNS>;

/** Reads the content of a file with these columns. */
export function parseSolanaEpoch(content: string): SolanaValidator[] {
  return parseCsv(content, SOLANA_COLUMNS);
}

const COUNTRIES = ["Germany", "Netherlands", "United States", "Japan", "Lithuania", "Finland", "Unknown"];
const NETWORKS = ["Alpha Hosting", "Beta Cloud", "Gamma Metal", "Delta Racks", "Epsilon Lines"];
const LAMPORTS_PER_SOL = 10n ** 9n;
const MAX_CREDITS = 214_225n;

/**
 * A made-up file with the same columns, the same for the same count and seed, for tests that must run without the real
 * data. A few operators hold much, some are missing values, some are not eligible; nothing in it is a real account.
 */
export function syntheticSolanaEpoch(count: number, seed: number): string {
  const random = generator(seed);
  const rows = Array.from({ length: count }, (_, index) => syntheticRow(index, random));
  const names = Object.keys(SOLANA_COLUMNS) as (keyof SolanaValidator)[];
  return formatCsv(
    names,
    rows.map((row) => names.map((name) => row[name])),
  );
}

function syntheticRow(index: number, random: (below: number) => number): SolanaValidator {
  const sol = (amount: number): bigint => BigInt(amount) * LAMPORTS_PER_SOL + BigInt(random(1_000_000_000));
  const pick = (names: readonly string[]): string => names[Math.min(random(names.length), random(names.length))] ?? "";

  // The stake falls like 1/rank, as on a real network.
  const stake = sol(Math.floor(3_000_000 / (index + 3)) + random(2_000));
  const poolStake = random(2) === 0 ? 0n : stake / BigInt(2 + random(8));
  const credits = random(40) === 0 ? 0n : MAX_CREDITS - BigInt(random(20_000));
  const commission = BigInt(random(11) * 100);
  const mevCommission = random(4) === 0 ? null : BigInt(random(11) * 100);
  const bond = random(3) === 0 ? null : sol(random(400));
  const eligible = credits > 0n && commission <= 700n && bond !== null;
  const target = eligible ? sol(random(30_000)) : 0n;
  const id = `v${String(index + 1).padStart(4, "0")}`;
  return {
    id,
    vote_account: `Synthetic${id}`,
    stake_total_lamports: stake,
    pool_stake_lamports: poolStake,
    commission_bps: commission,
    mev_commission_bps: mevCommission,
    credits,
    credits_relative_bps: (10_000n * credits) / MAX_CREDITS,
    bond_lamports: bond,
    country: pick(COUNTRIES),
    aso: pick(NETWORKS),
    client_version: mevCommission === null ? "1.18.17" : "1.18.15",
    client: mevCommission === null ? "agave" : "jito",
    votes_lamports: sol(random(500)),
    eligible,
    binding_cap: eligible ? "BOND" : null,
    max_stake_wanted_lamports: bond === null ? null : sol(random(200_000)),
    target_votes_lamports: target / 10n,
    target_auction_lamports: target - target / 10n,
    stake_e650_lamports: stake,
    credits_e650: credits * 2n,
    commission_e650_bps: commission,
    mev_commission_e650_bps: mevCommission,
  };
}
