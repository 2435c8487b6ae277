import { problemOf } from "../../src/allocation/caps.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import { planLegs } from "../../src/allocation/plan.ts";
import type { GroupRecord, OperatorRecord, Snapshot } from "../../src/allocation/types.ts";
import { DIMENSIONS } from "../../src/lens/dimensions.ts";
import { Chance } from "../demo/random.ts";

const GROUPS = [120, 40, 60, 8, 4];
const CAP_SHARE_BPS = [400n, 2_000n, 1_500n, 5_000n, 7_000n];
const BPS = 10_000n;
const WARM_UP = 10;
const RUNS = 20;
const SEED = 3;

/** Milliseconds from a snapshot to the sheet and the legs: the median of twenty runs after a warm-up. */
export function timePlanner(operators: number): number {
  const snapshot = randomSnapshot(operators);
  const plan = (): number => {
    const start = performance.now();
    planLegs(snapshot, fairAllocation(problemOf(snapshot)).sheet);
    return performance.now() - start;
  };
  for (let run = 0; run < WARM_UP; ++run) plan();
  const times = Array.from({ length: RUNS }, plan).sort((a, b) => a - b);
  const median = (times[RUNS / 2 - 1]! + times[RUNS / 2]!) / 2;
  return Math.round(median * 100) / 100;
}

/** Operators in five dimensions of groups, near their targets: rewards and new stake have moved everyone a little. */
export function randomSnapshot(count: number): Snapshot {
  const chance = new Chance(SEED);
  const ether = (amount: number): bigint =>
    BigInt(Math.round(amount * 1e6)) * 10n ** 12n + BigInt(chance.between(1, 1e9));
  const total = ether(32 * count);
  const rules = { poolShareBps: 200n, netShareBps: 100n };
  const legRules = { graceBps: 500n, bandBps: 1_000n, budget0Bps: 1_000n, budget2Bps: 200n, minMove: 10n ** 16n };
  const operators = Array.from({ length: count }, (_, i): OperatorRecord => {
    const bond = ether(chance.spread(1, 12));
    const others = ether(chance.spread(1, 80));
    const position = ether(chance.spread(8, 90));
    const fixedCap = bond * 100n - others < 0n ? 0n : bond * 100n - others;
    let group = 0;
    return {
      id: i + 1,
      weight: BigInt(chance.between(20, 400)),
      groups: GROUPS.map((groups) => {
        const chosen = group + chance.between(1, groups);
        group += groups;
        return chosen;
      }),
      fixedCap,
      others,
      position,
      live: {
        draining: false,
        delisted: false,
        whitelisted: true,
        watch: false,
        faulted: false,
        position,
        unbonding: 0n,
        bond,
        ramp: null,
        absolute: null,
        class1Taken: 0n,
        lost: 0n,
      },
    };
  });
  const placed = sum(operators.map(({ position }) => position));
  const groups = DIMENSIONS.flatMap((dimension, k) =>
    Array.from({ length: GROUPS[k]! }, (_, i): GroupRecord => {
      const id = GROUPS.slice(0, k).reduce((first, groups) => first + groups, 1) + i;
      const members = operators.filter((operator) => operator.groups[k] === id);
      return {
        id,
        dimension,
        cap: (total * CAP_SHARE_BPS[k]!) / BPS,
        weight: sum(members.filter(({ fixedCap }) => fixedCap > 0n).map(({ weight }) => weight)),
        others: sum(members.map(({ others }) => others)),
        faultedStake: 0n,
        unbonding: 0n,
        live: {
          capShareBps: CAP_SHARE_BPS[k]!,
          netShareBps: null,
          absolute: null,
          position: sum(members.map(({ position }) => position)),
        },
      };
    }),
  );
  const free = total > placed ? total - placed : 0n;
  const need = total / 100n;

  return {
    ...rules,
    T: total,
    faultedStake: 0n,
    networkStake: total * 10n,
    need0: need,
    X: placed,
    groups,
    operators,
    legRules,
    live: {
      ...rules,
      bondRatio: 100n,
      T: total,
      faultedStake: 0n,
      networkStake: total * 10n,
      free,
      need,
      class0Moved: 0n,
      class2Moved: 0n,
      scoresAreOld: false,
    },
  };
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
