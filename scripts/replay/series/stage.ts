import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { NetworkConnection } from "hardhat/types/network";

import { NO_CAP } from "../../../rocketh/parameters.ts";
import { sumOf } from "../../../src/allocation/amounts.ts";
import { dimensionNumber } from "../../../src/lens/dimensions.ts";
import type { EpochReport, ReportedOperator } from "../../../src/reports/epoch.ts";
import type { StakingPool } from "../../../types/index.ts";
import { deployTrellis, type Trellis } from "../../steps/deployment.ts";
import { createGroups, createOperators, createPool, packGroups } from "../../steps/operators.ts";
import { CHAIN } from "../settings.ts";
import { CLIENT_SHARE_BPS, FIRST_WEIGHT, HIGHEST_WEIGHT, type SeriesSettings } from "./settings.ts";

/** A StakingPool charges no more. */
const MAX_COMMISSION_BPS = 5_000n;
const DEPOSIT_GAS = 500_000n;
/** Dimensions that a report names groups of: a jurisdiction is a country, an infrastructure a hosting network. */
const REPORTED = ["jurisdiction", "infrastructure", "client"] as const;
/** The one that the contracts move operators out of. */
const TENURE = "tenure";
const MONITOR = 1n; // as in IOperatorRegistry.DimensionMode

/** An operator of the series that has a pool on the chain. */
export interface Actor {
  readonly name: string;
  readonly pool: StakingPool;
  readonly address: string;
}

/** Everyone who plays a part. What changes while the series is played is in here, too. */
export interface SeriesStage {
  readonly trellis: Trellis;
  readonly keeper: HardhatEthersSigner;
  readonly staker: HardhatEthersSigner;
  readonly outsider: HardhatEthersSigner;
  readonly owner: HardhatEthersSigner;
  /** Who is listed: operator k + 1 at index k. */
  readonly actors: Actor[];
  /** Stake of the validators that are not listed is in a pool that never is. */
  readonly elsewhere: StakingPool;
  /** Ids of the groups, by dimension and name. */
  readonly groupIds: ReadonlyMap<string, number>;
}

/**
 * Deploys with the real scripts under the rules, lists who is open in the first report, puts others' stake where it was, and
 * hands over. Who comes later is listed with notice.
 */
export async function setUpSeries(
  connection: NetworkConnection,
  reports: readonly EpochReport[],
  { rules, newcomersShareBps, power }: SeriesSettings,
  say: (line: string) => void,
): Promise<SeriesStage> {
  const trellis = await deployTrellis(connection, {
    handover: false,
    parameters: {
      epochLength: CHAIN.epochLength,
      devNetwork: { unbondingEpochs: CHAIN.unbondingEpochs },
      pool: { bufferTargetBps: 0 },
      policy: { poolShareBps: rules.poolShareBps, netShareBps: rules.netShareBps, bondRatio: 0 },
      scoring: { power },
      tenure: { poolShareBps: 0 }, // its own is the last one
    },
  });
  const [owner, outsider, staker, keeper] = trellis.others as [
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
  ];
  const groupIds = await setUpGroups(trellis, reports, {
    jurisdiction: rules.countryShareBps,
    infrastructure: rules.networkShareBps,
    client: CLIENT_SHARE_BPS,
    tenure: newcomersShareBps,
  });
  say(`${groupIds.size} groups`);

  const first = reports[0]!;
  const open = first.operators.filter((reported) => reported.open);
  const operators = await createOperators(
    trellis,
    open.map((reported) => ({
      owner,
      stakingKey: keyOf(reported.id),
      commissionBps: commissionOf(reported),
      weight: FIRST_WEIGHT,
      maxWeight: HIGHEST_WEIGHT,
      groups: groupsOf(groupIds, reported),
    })),
  );
  const actors = operators.map(({ pool, address }, index) => ({ name: open[index]!.id, pool, address }));
  say(`${actors.length} operators listed`);

  const seed = await trellis.factory.SEED();
  for (const [index, { counters }] of open.entries()) {
    if (counters.external_ <= seed) continue;
    await actors[index]!.pool.connect(outsider).deposit_and_stake({
      value: counters.external_ - seed,
      gasLimit: DEPOSIT_GAS,
    });
  }
  const elsewhere = await createPool(trellis, owner);
  const placed = sumOf(open.map(({ counters }) => counters.external_));
  await elsewhere.connect(outsider).deposit_and_stake({ value: first.networkStake - placed - poolStakeOf(first) });
  await trellis.handOver({ tenure: { poolShareBps: newcomersShareBps } });
  say("others' stake in place, handed over");
  return { trellis, keeper, staker, outsider, owner, actors, elsewhere, groupIds };
}

/** What the pool has, by a report. */
export function poolStakeOf({ operators }: EpochReport): bigint {
  return sumOf(operators.map(({ poolStake }) => poolStake));
}

/** A pool for an operator that is to be listed. */
export async function createActor({ trellis, owner }: SeriesStage, reported: ReportedOperator): Promise<Actor> {
  const pool = await createPool(trellis, owner, {
    stakingKey: keyOf(reported.id),
    commissionBps: commissionOf(reported),
  });
  return { name: reported.id, pool, address: await pool.getAddress() };
}

/** The registry's groups of an operator, packed. */
export function packedGroups(groupIds: ReadonlyMap<string, number>, reported: ReportedOperator): bigint {
  return packGroups(groupsOf(groupIds, reported));
}

function groupsOf(groupIds: ReadonlyMap<string, number>, { groups }: ReportedOperator): number[] {
  return [0, ...REPORTED.map((dimension) => groupIds.get(groupKey(dimension, groups[dimension]!))!)];
}

/** A group for every place and client that occurs in the series, and one for newcomers; clients are only watched. */
async function setUpGroups(
  trellis: Trellis,
  reports: readonly EpochReport[],
  shares: Readonly<Record<(typeof REPORTED)[number] | typeof TENURE, number>>,
): Promise<Map<string, number>> {
  const names = REPORTED.flatMap((dimension) =>
    [...new Set(reports.flatMap(({ operators }) => operators.map(({ groups }) => groups[dimension]!)))]
      .sort()
      .map((name) => ({ dimension, name })),
  );
  const all = [...names, { dimension: TENURE, name: "newcomers" } as const];
  const ids = await createGroups(
    trellis,
    all.map(({ dimension }) => ({
      dimension: dimensionNumber(dimension),
      poolShareBps: shares[dimension],
      absoluteCap: NO_CAP,
    })),
  );
  const registry = trellis.registry.connect(trellis.deployer);
  await registry.setTenureGroup(ids.at(-1)!);
  await registry.setDimensionMode(dimensionNumber("client"), MONITOR);
  return new Map(all.map(({ dimension, name }, index) => [groupKey(dimension, name), Number(ids[index]!)]));
}

function groupKey(dimension: string, name: string): string {
  return `${dimension} ${name}`;
}

function keyOf(name: string): string {
  return `0x${Buffer.from(name).toString("hex")}`;
}

function commissionOf({ counters: { commissionBps } }: ReportedOperator): number {
  return Number(commissionBps < MAX_COMMISSION_BPS ? commissionBps : MAX_COMMISSION_BPS);
}
