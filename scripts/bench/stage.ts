import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import { NO_SHARE } from "../../rocketh/parameters.ts";
import { problemOf } from "../../src/allocation/caps.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import { readSnapshot } from "../../src/lens/snapshot.ts";
import type { IAllocator } from "../../types/contracts/Allocator.ts";
import { deployTrellis, type Trellis } from "../steps/deployment.ts";
import { createGroups, createOperators, type Operator } from "../steps/operators.ts";
import { PAGE } from "../steps/rounds.ts";
import { type Chain, DAY, openChain } from "./chain.ts";

/** Amounts with 18 digits that mean something, as those of users are. */
export const AMOUNTS = {
  whale: 1_234_567_890_123_456_789_123n,
  other: 12_345_678_901_234_567_891n,
  stake: 1_234_567_890_123_456_789n,
  more: 987_654_321_123_456_789n,
  unstake: 123_456_789_123_456_789n,
  shares: 111_222_333_444_555_666n,
  bond: 23_456_789_123_456_789_123n,
  reward: 1_234_567_891_234_567n,
} as const;

const GROUPS = [100, 10, 10, 10];
const DAY_LEFT = 50_000n; // seconds
const AS_MANY_AS_FIT = 1_000n;
const LEGS_AT_ONCE = 20;

/** A pool on any day, and its people. */
export interface Stage {
  readonly chain: Chain;
  readonly trellis: Trellis;
  readonly operators: readonly Operator[];
  /** Has staked nearly everything. */
  readonly whale: HardhatEthersSigner;
  /** Has staked, and asked for an exit in the batch that is filling. */
  readonly other: HardhatEthersSigner;
  /** Have never used the pool. */
  readonly users: readonly HardhatEthersSigner[];
  readonly keeper: HardhatEthersSigner;
}

/**
 * A real deployment with real operators, in four dimensions of groups, in this state: the second round is settled, its
 * levels are certified, what the caps allow is delegated, an operator has earned, that gain is being released, the buffer
 * is above its target, and one exit waits in the batch that is filling.
 */
export async function setStage(count: number, say: (line: string) => void): Promise<Stage> {
  const chain = await openChain();
  const trellis = await deployTrellis(chain.connection, {
    handover: false,
    parameters: {
      epochLength: Number(DAY),
      policy: { poolShareBps: 3_333, netShareBps: NO_SHARE },
      tenure: { poolShareBps: 0 },
    },
  });
  const [keeper, whale, other, ...users] = trellis.others as [
    HardhatEthersSigner,
    HardhatEthersSigner,
    HardhatEthersSigner,
    ...HardhatEthersSigner[],
  ];
  const operators = await listOperators(trellis, count);
  await trellis.handOver();

  const { metaPool, network, foundation } = trellis;
  const stage: Stage = { chain, trellis, operators, whale, other, users, keeper };

  chain.nextDay();
  await chain.send(() => metaPool.connect(whale).deposit_and_stake({ value: AMOUNTS.whale }));
  await chain.send(() => metaPool.connect(other).deposit_and_stake({ value: AMOUNTS.other }));
  await playRound(stage);
  const rewards = { value: AMOUNTS.reward };
  await chain.send(() => network.connect(foundation).reward([operators[0]!.address], [AMOUNTS.reward], rewards));
  await playRound(stage);
  chain.nextDay(-DAY_LEFT);
  await chain.send(() => metaPool.connect(other).unstake(AMOUNTS.unstake));
  say(`a pool with ${count} operators stands`);

  return stage;
}

async function listOperators(trellis: Trellis, count: number): Promise<Operator[]> {
  await createGroups(
    trellis,
    GROUPS.flatMap((groups, k) => Array.from({ length: groups }, () => ({ dimension: k + 1, poolShareBps: 10_000 }))),
  );
  const first = GROUPS.map((_, k) => GROUPS.slice(0, k).reduce((sum, groups) => sum + groups, 1));
  return createOperators(
    trellis,
    Array.from({ length: count }, (_, i) => ({
      bond: AMOUNTS.bond,
      groups: GROUPS.map((groups, k) => first[k]! + (i % groups)),
    })),
  );
}

/* ROUNDS, BY A KEEPER, AT KNOWN TIMES */

/** A whole round of the next epoch. */
export async function playRound(stage: Stage): Promise<void> {
  stage.chain.nextDay();
  await settle(stage);
  await certify(stage);
  await rebalance(stage, true);
  await fund(stage);
}

export async function settle({ chain, trellis, keeper }: Stage): Promise<void> {
  const allocator = trellis.allocator.connect(keeper);
  do await chain.send(() => allocator.settle(AS_MANY_AS_FIT, PAGE));
  while ((await allocator.openRound()).round !== 0n);
}

export async function certify({ chain, trellis, keeper }: Stage): Promise<void> {
  const allocator = trellis.allocator.connect(keeper);
  const sheet = await fairSheet(trellis);
  do await chain.send(() => allocator.certifyLevels(sheet, AS_MANY_AS_FIT, PAGE));
  while (!(await allocator.poolSnapshot()).certified);
}

/** Sends every operator a leg of all that it has room for. */
export async function rebalance({ chain, trellis, keeper }: Stage, up: boolean): Promise<void> {
  const count = Number(await trellis.registry.operatorCount());
  for (let first = 1; first <= count; first += LEGS_AT_ONCE) {
    const legs = legsOf(Math.min(LEGS_AT_ONCE, count + 1 - first), up, first);
    await chain.send(() => trellis.allocator.connect(keeper).rebalance(legs, PAGE));
  }
}

export async function fund({ chain, trellis, keeper }: Stage): Promise<void> {
  await chain.send(() => trellis.metaPool.connect(keeper).fundExits(AS_MANY_AS_FIT));
}

/** Legs of as much as may move, one for each of `count` operators. */
export function legsOf(count: number, up: boolean, first = 1): IAllocator.LegStruct[] {
  return Array.from({ length: count }, (_, i) => ({ operator: first + i, amount: AMOUNTS.whale, up }));
}

/** The fair allocation of the last round. */
export async function fairSheet({ lens }: Pick<Trellis, "lens">): Promise<IAllocator.LevelStruct[]> {
  const reading = await readSnapshot(lens);
  return [...fairAllocation(problemOf(reading!.snapshot)).sheet];
}
