import type { EpochReport } from "../../../src/reports/epoch.ts";
import { poolStakeOf, type SeriesStage } from "./stage.ts";
import { OTHERS_TOLERANCE_BPS } from "./settings.ts";

const BPS = 10_000n;
const GAS = 700_000n;
/** A pool does not stay in business for less. */
const LEAST_CHANGE = 10n ** 18n;

/** Moves others' stake after the series: at who is listed, and at the rest of the network. */
export async function followOthers(stage: SeriesStage, report: EpochReport): Promise<number> {
  const { trellis, actors, elsewhere } = stage;
  const external = new Map(report.operators.map(({ id, counters }) => [id, counters.external_]));
  let calls = 0;
  for (const { name, pool } of actors) {
    const wanted = external.get(name);
    if (wanted !== undefined) calls += await moveTo(stage, pool, wanted);
  }
  const known = new Set(actors.map(({ name }) => name));
  const listed = report.operators.reduce(
    (sum, { id, counters }) => (known.has(id) ? sum + counters.external_ : sum),
    0n,
  );
  const rest = report.networkStake - listed - (await trellis.metaPool.get_total_staked_balance());
  return calls + (await moveTo(stage, elsewhere, rest > 0n ? rest : 0n));
}

async function moveTo({ outsider }: SeriesStage, pool: SeriesStage["elsewhere"], wanted: bigint): Promise<number> {
  const held = await pool.get_account_staked_balance(outsider);
  const off = wanted > held ? wanted - held : held - wanted;
  if (off < LEAST_CHANGE || off * BPS <= held * OTHERS_TOLERANCE_BPS) return 0;
  const others = pool.connect(outsider);
  if (wanted > held) await others.deposit_and_stake({ value: off, gasLimit: GAS });
  else await others.unstake(off, { gasLimit: GAS });
  return 1;
}

/** Lets the staker stake or leave with what the recorded pool grew or shrank by, and take what has come back. */
export async function followPool({ trellis, staker }: SeriesStage, report: EpochReport): Promise<void> {
  const pool = trellis.metaPool.connect(staker);
  if ((await pool.withdrawable(staker)) > 0n) await pool.withdraw_all();
  const wanted = poolStakeOf(report);
  const held = await pool.get_account_staked_balance(staker);
  if (wanted > held + LEAST_CHANGE) await pool.deposit_and_stake({ value: wanted - held });
  else if (held > wanted + LEAST_CHANGE) await pool.unstake(held - wanted);
}
