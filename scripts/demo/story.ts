import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import { runOnce } from "../../src/keeper/runOnce.ts";
import type { Moved } from "../../src/keeper/report.ts";
import { PAGE, settleAll } from "../steps/rounds.ts";
import { nextEpoch } from "../steps/time.ts";
import type { Chance } from "./random.ts";
import { CAST, ether, type Stage } from "./setUp.ts";

const BPS = 10_000n;

/** HostilePool's modes. */
const MODE = { honest: 0, reverts: 1 } as const;

/** What the story did, for the summary. */
export interface Diary {
  epochs: number;
  transactions: number;
  gas: bigint;
  stakes: number;
  exits: number;
  withdrawals: number;
  rewards: bigint;
  moved: Moved;
}

/** Plays the epochs, one after the other: what people do, what happens to operators, what keepers do. */
export async function play(stage: Stage, chance: Chance, epochs: number, say: (line: string) => void): Promise<Diary> {
  const diary: Diary = {
    epochs: 0,
    transactions: 0,
    gas: 0n,
    stakes: 0,
    exits: 0,
    withdrawals: 0,
    rewards: 0n,
    moved: { class0: 0n, class1: 0n, class2: 0n, up: 0n },
  };
  for (const staker of stage.stakers) await stake(stage, staker, ether(chance.spread(4, 60)), diary);
  say(`${stage.stakers.length} stakers have staked`);

  for (let epoch = 1; epoch <= epochs; epoch++) {
    const news = [...(await people(stage, chance, epoch, diary)), ...(await events(stage, epoch))];
    await rewards(stage, chance, diary);
    await nextEpoch(stage.trellis);
    if (epoch >= 12 && epoch <= 14) await cheat(stage);
    if (isLazy(epoch)) news.push("no keeper comes");
    else await keep(stage, diary);
    await collect(stage, chance, epoch, diary);
    diary.epochs = epoch;

    const { rate, book, live } = await stage.trellis.lens.pool();
    const line = `epoch ${String(epoch).padStart(2)}  price ${ethers(rate, 6)}  stake ${ethers(book.assets, 0)}  idle ${ethers(live.free, 0)}  owed ${ethers(book.owed, 0)}`;
    say(news.length === 0 ? line : `${line}  · ${news.join(" · ")}`);
  }
  return diary;
}

/** Three epochs in which nobody does the periodic work. */
export function isLazy(epoch: number): boolean {
  return epoch >= 15 && epoch <= 17;
}

/** The epoch in which two stakers in five leave. */
export const RUN = 18;

async function people(stage: Stage, chance: Chance, epoch: number, diary: Diary): Promise<string[]> {
  const { metaPool } = stage.trellis;
  if (epoch === RUN) {
    const leaving = stage.stakers.filter((_, i) => i % 5 < 2);
    for (const staker of leaving) {
      if ((await metaPool.balanceOf(staker)) === 0n) continue;
      await metaPool.connect(staker).unstake_all();
      diary.exits++;
    }
    return [`a run: ${leaving.length} stakers leave`];
  }
  for (let i = 0; i < 8; i++) {
    const staker = chance.pick(stage.stakers);
    const staked = await metaPool.get_account_staked_balance(staker);
    const choice = chance.next();
    if (choice < 0.45) {
      await stake(stage, staker, ether(chance.spread(1, 40)), diary);
    } else if (choice < 0.75 && staked > 0n) {
      await metaPool.connect(staker).unstake((staked * BigInt(chance.between(1, 100))) / 100n);
      diary.exits++;
    } else if (staked > 0n) {
      const shares = await metaPool.balanceOf(staker);
      await metaPool.connect(staker).transfer(chance.pick(stage.stakers), shares / 3n);
    }
  }
  return [];
}

/** What happens to operators. */
async function events(stage: Stage, epoch: number): Promise<string[]> {
  const { registry, network, foundation, guardian } = stage.trellis;
  const [slashed, delisted, unwhitelisted] = [CAST.slashed, CAST.delisted, CAST.unwhitelisted].map(
    (i) => stage.operators[i]!,
  );
  switch (epoch) {
    case 5:
      await network.connect(foundation).slash(slashed!.address, 1_500);
      return [`operator ${slashed!.id} is slashed by 15 %, above its bond`];
    case 6:
      await stage.dead.setMode(MODE.reverts);
      return ["a pool reverts for good"];
    case 8:
      await registry.connect(guardian).delist(delisted!.id);
      return [`operator ${delisted!.id} is de-listed`];
    case 10:
      await registry.connect(foundation).unwhitelistPool(unwhitelisted!.address);
      return [`operator ${unwhitelisted!.id} leaves the whitelist`];
    case 11:
      await stage.sleeper.setMode(MODE.reverts);
      return ["another pool stops answering"];
    case 22:
      await stage.sleeper.setMode(MODE.honest);
      return ["it answers again"];
    default:
      return [];
  }
}

/** Rewards of the network: about 0.02 % an epoch, by performance; the hostile pools pay some of their own. */
async function rewards({ trellis, operators, dead, sleeper }: Stage, chance: Chance, diary: Diary): Promise<void> {
  const { network, foundation } = trellis;
  const stakes = await Promise.all(operators.map(({ address }) => network.stakeOf(address)));
  const amounts = stakes.map((amount) => (amount * BigInt(chance.between(12, 24))) / (BPS * 10n));
  const total = amounts.reduce((sum, amount) => sum + amount, 0n);
  await network.connect(foundation).reward(
    operators.map(({ address }) => address),
    amounts,
    { value: total },
  );
  for (const pool of [dead, sleeper]) {
    const reward = (await pool.staked()) / 5_000n;
    if (reward > 0n) await pool.reward({ value: reward });
  }
  diary.rewards += total;
}

/** The work of an honest keeper. */
async function keep({ trellis, keeper }: Stage, diary: Diary): Promise<void> {
  const { metaPool, allocator, registry, lens } = trellis;
  const report = await runOnce({ metaPool, allocator, registry, lens, signer: keeper });
  diary.transactions += report.transactions;
  diary.gas += report.gasUsed;
  const { moved } = report.rebalance;
  diary.moved = {
    class0: diary.moved.class0 + moved.class0,
    class1: diary.moved.class1 + moved.class1,
    class2: diary.moved.class2 + moved.class2,
    up: diary.moved.up + moved.up,
  };
}

/** A dishonest keeper comes first: partial pages, a sheet that favours a friend, legs that overfill and drain, dust. */
async function cheat({ trellis, crook, operators }: Stage): Promise<void> {
  const allocator = trellis.allocator.connect(crook);
  const [friend, rival] = [operators[0]!.id, operators[1]!.id];
  await allocator.settle(3n, PAGE);
  await settleAll({ allocator }, 20n);
  await allocator.certifyLevels([{ group: 0, level: 2n ** 100n }], 1_000n, PAGE);
  await allocator.certifyLevels([], 1_000n, PAGE);
  await allocator.rebalance(
    [
      { operator: friend, amount: ether(100_000), up: true },
      { operator: rival, amount: ether(100_000), up: false },
      { operator: rival, amount: 1n, up: false },
      { operator: 65_000, amount: ether(1), up: true },
    ],
    PAGE,
  );
}

/** Who can withdraw does, a few epochs after the run everyone. */
async function collect(stage: Stage, chance: Chance, epoch: number, diary: Diary): Promise<void> {
  const { metaPool } = stage.trellis;
  const eager = epoch > RUN + 4 || epoch % 5 === 0;
  for (const staker of stage.stakers) {
    if (!eager && chance.next() > 0.1) continue;
    if ((await metaPool.withdrawable(staker)) === 0n) continue;
    await metaPool.connect(staker).withdraw_all();
    diary.withdrawals++;
  }
}

async function stake({ trellis }: Stage, staker: HardhatEthersSigner, value: bigint, diary: Diary): Promise<void> {
  await trellis.metaPool.connect(staker).deposit_and_stake({ value });
  diary.stakes++;
}

/** An amount in ether with some digits. */
export function ethers(wei: bigint, digits: number): string {
  return (Number(wei / 10n ** 9n) / 1e9).toFixed(digits);
}
