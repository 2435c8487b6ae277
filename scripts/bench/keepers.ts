import type { ContractTransactionReceipt, ContractTransactionResponse } from "ethers";

import type { IAllocator } from "../../types/contracts/Allocator.ts";
import { PAGE } from "../steps/rounds.ts";
import { AMOUNTS, certify, fairSheet, fund, legsOf, settle, type Stage } from "./stage.ts";

export interface KeeperCosts {
  readonly settlePerOperator: number;
  readonly certifyPerOperator: number;
  /** In a page that does not end the sheet, so that sums are stored. */
  readonly certifyStoredPerOperator: number;
  /** `cold`: own, of a leg that shares no group with the legs before it in the call. */
  readonly leg: { readonly own: number; readonly withPool: number; readonly cold: number };
  readonly fundBatch: { readonly one: number; readonly thousand: number };
}

/** What a transaction used, and what of it our own contracts did: operator pools and the network behind them did the rest. */
interface Share {
  readonly own: number;
  readonly withPool: number;
}

/** A call as the node's call tracer tells it; the gas of a frame includes that of the frames below it. */
interface Frame {
  readonly to?: string;
  readonly gasUsed: string;
  readonly calls?: readonly Frame[];
}

/** How many operators the stage has. */
export const KEEPERS_OPERATORS = 20;
/** From the eleventh on: each is in an entity of its own, and in groups that one of the first ten is in, too: any page but the first few. */
const PAGES = { few: 10, many: 19 } as const;
/** Operators that share no group, so that every slot of a leg is cold: the first legs of a call. */
const LEGS = { few: 4, many: 9 } as const;
const CROWD = 1_000;
const CROWD_AT_ONCE = 40;

/**
 * What a keeper pays per operator, leg and batch, on a stage of twenty operators in four groups each. What one of them
 * costs is what a transaction costs more with many than with few of them, so the 21,000 and what a page costs anyway are
 * not in it.
 */
export async function measureKeepers(stage: Stage): Promise<KeeperCosts> {
  const { chain, trellis, whale, keeper } = stage;
  const { send, rehearse } = chain;
  const allocator = trellis.allocator.connect(keeper);
  const each = async (
    { few, many }: typeof PAGES | typeof LEGS,
    act: (count: number) => Promise<ContractTransactionResponse>,
    prepare: (count: number) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<Share> => {
    const shareOf = (count: number) =>
      rehearse(async () => {
        await prepare(count);
        return split(stage, await send(() => act(count)));
      });
    const [less, more] = [await shareOf(few), await shareOf(many)];
    const per = (kind: keyof Share) => Math.round((more[kind] - less[kind]) / (many - few));
    return { own: per("own"), withPool: per("withPool") };
  };

  // Every operator has a position and has earned since the last round.
  const settling = await rehearse(async () => {
    await earn(stage);
    chain.nextDay();
    return each(PAGES, (count) => allocator.settle(count, PAGE));
  });
  // The page that ends the check of the fair allocation's sheet, usually the only one; and one that does not end it.
  const [certifying, storing] = await rehearse(async () => {
    chain.nextDay();
    await settle(stage);
    const sheet = await fairSheet(trellis);
    const page = (count: number) => allocator.certifyLevels(sheet, count, PAGE);
    return [await each(PAGES, page, (count) => send(() => page(KEEPERS_OPERATORS - count))), await each(PAGES, page)];
  });
  // Every operator has a position, is below its target, and gets more.
  const [up, coldUp] = await rehearse(async () => {
    await send(() => trellis.metaPool.connect(whale).deposit_and_stake({ value: AMOUNTS.other }));
    chain.nextDay();
    await settle(stage);
    await certify(stage);
    const legs = (count: number) => allocator.rebalance(legsOf(count, true), PAGE);
    return [await each(PAGES, legs), await each(LEGS, legs)];
  });
  // Every operator has a position, has given for exits before, and gives the same part of it again.
  const [down, coldDown] = await rehearse(async () => {
    await giveForExits(stage);
    await settle(stage);
    await fund(stage);
    await askForExits(stage);
    chain.nextDay();
    await settle(stage);
    await certify(stage);
    const legs = (count: number) => allocator.rebalance(partsOf(count), PAGE);
    return [await each(PAGES, legs), await each(LEGS, legs)];
  });

  return {
    settlePerOperator: settling.own,
    certifyPerOperator: certifying.own,
    certifyStoredPerOperator: storing.own,
    leg: {
      own: Math.max(up.own, down.own),
      withPool: Math.max(up.withPool, down.withPool),
      cold: Math.max(coldUp.own, coldDown.own),
    },
    // A batch with one exit, or with the exits of a thousand accounts, whose round has completed; it is funded in full.
    fundBatch: {
      one: await rehearse(() => fundBatch(stage)),
      thousand: await rehearse(async () => {
        await gather(stage, CROWD);
        return fundBatch(stage);
      }),
    },
  };
}

async function fundBatch(stage: Stage): Promise<number> {
  const { chain, trellis, keeper } = stage;
  chain.nextDay();
  await settle(stage);
  return chain.gasOf(() => trellis.metaPool.connect(keeper).fundExits(1n));
}

/** Has the whale ask for more than the buffer holds. */
async function askForExits({ chain, trellis, whale }: Stage): Promise<void> {
  await chain.send(() => trellis.metaPool.connect(whale).unstake(AMOUNTS.whale / 3n));
}

/** An equal part of that from each of the first `count` operators. */
function partsOf(count: number): IAllocator.LegStruct[] {
  const amount = AMOUNTS.whale / 3n / BigInt(KEEPERS_OPERATORS);
  return legsOf(count, false).map((leg) => ({ ...leg, amount }));
}

/** Every operator is asked for its part of the whale's exit, and has had the time to pay it back. */
async function giveForExits(stage: Stage): Promise<void> {
  const { chain, trellis, keeper } = stage;
  await askForExits(stage);
  chain.nextDay();
  await settle(stage);
  await certify(stage);
  await chain.send(() => trellis.allocator.connect(keeper).rebalance(partsOf(KEEPERS_OPERATORS), PAGE));
  for (let epoch = 0; epoch < 5; ++epoch) chain.nextDay();
}

/** Rewards every operator. */
async function earn({ chain, trellis, operators }: Stage): Promise<void> {
  const pools = operators.map(({ address }) => address);
  const amounts = pools.map(() => AMOUNTS.reward);
  const value = AMOUNTS.reward * BigInt(pools.length);
  await chain.send(() => trellis.network.connect(trellis.foundation).reward(pools, amounts, { value }));
}

/** Has `count` accounts more stake and ask for an exit each. */
async function gather({ chain, trellis, whale }: Stage, count: number): Promise<void> {
  const factory = await chain.connection.ethers.getContractFactory("Crowd", whale);
  const deployment = await chain.send(async () => (await factory.deploy(trellis.metaPool)).deploymentTransaction()!);
  const crowd = factory.attach(deployment.contractAddress!);
  for (let sent = 0; sent < count; sent += CROWD_AT_ONCE) {
    const value = AMOUNTS.unstake * BigInt(CROWD_AT_ONCE);
    await chain.send(() => crowd.stakeAndLeave(CROWD_AT_ONCE, { value }));
  }
}

/** Splits what a transaction used by whose code used it, as the node's call tracer tells it. */
async function split({ chain, operators }: Stage, { hash, gasUsed }: ContractTransactionReceipt): Promise<Share> {
  const pools = new Set(operators.map(({ address }) => address.toLowerCase()));
  const trace = (await chain.connection.provider.request({
    method: "debug_traceTransaction",
    params: [hash, { tracer: "callTracer" }],
  })) as Frame;
  const spentByPools = (frame: Frame): number =>
    pools.has(frame.to?.toLowerCase() ?? "")
      ? Number(frame.gasUsed)
      : (frame.calls ?? []).reduce((sum, call) => sum + spentByPools(call), 0);
  const withPool = Number(gasUsed);
  return { own: withPool - spentByPools(trace), withPool };
}
