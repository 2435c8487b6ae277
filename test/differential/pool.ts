/** A pool of users in any world, and what it shows. */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import * as book from "../../src/model/book.ts";
import * as exits from "../../src/model/exits.ts";
import * as metaPool from "../../src/model/metaPool.ts";
import type { MetaPool } from "../../types/contracts/MetaPool.ts";
import type { World } from "./runner.ts";
import type { Reader, State, Value, View, Views } from "./views.ts";

const PREVIEWED = [0n, 1n, 10n ** 9n + 7n, 3n * 10n ** 18n];
const RECENT_BATCHES = 4n;

export interface PoolWorld extends World {
  readonly reader: Reader;
  readonly pool: MetaPool;
  readonly poolAddress: string;
  readonly state: book.Book;
  readonly users: readonly HardhatEthersSigner[];
  readonly treasury: string;
  readonly governance: HardhatEthersSigner;
  readonly guardian: HardhatEthersSigner;
  /** Of an ordinary stake, in wei. */
  readonly size: bigint;
  /** Ether that was forced into the pool. */
  forced: bigint;
  /** Where the signatures of permits count. */
  readonly domain: { name: string; version: string; chainId: bigint; verifyingContract: string };
  /** When exits of a batch can be funded, where an allocator says it. */
  readonly timesOf?: (batch: bigint) => { earliest: bigint; estimated: bigint };
}

/** Whether to read, too, what follows from the rest. */
export const isInFull = ({ time }: World) => time % 3n === 0n;

const holdersOf = (world: PoolWorld) => [...world.users.map(({ address }) => address), world.treasury];

/** Batches up to the filling one, as far back as anything is likely to happen to them. */
function recentBatches({ state }: PoolWorld): bigint[] {
  const { filling } = state.exits;
  const first = filling > RECENT_BATCHES ? filling - RECENT_BATCHES : 0n;
  return Array.from({ length: Number(filling - first) }, (_, index) => first + 1n + BigInt(index));
}

export function poolViews(world: PoolWorld): Views {
  const of = (method: string, ...inputs: unknown[]): View =>
    world.reader.view(world.poolAddress, world.pool.interface, method, ...inputs);
  return {
    book: of("getBook"),
    fundedThrough: of("fundedThrough"),
    filling: of("fillingBatch"),
    count: of("get_number_of_accounts"),
    rate: of("getRate"),
    total: of("get_total_staked_balance"),
    paused: of("is_staking_paused"),
    supply: of("totalSupply"),
    balance: world.reader.balance(world.poolAddress),
    batches: recentBatches(world).map((batch) => of("batchOf", batch)),
    accounts: holdersOf(world).map((address) => ({
      shares: of("balanceOf", address),
      unstaked: of("get_account_unstaked_balance", address),
      withdrawable: of("withdrawable", address),
      exits: of("exitsOf", address),
      nonce: of("nonces", address),
      allowances: world.users.map((spender) => of("allowance", address, spender.address)),
      ...(isInFull(world)
        ? {
            account: of("get_account", address),
            staked: of("get_account_staked_balance", address),
            total: of("get_account_total_balance", address),
            isAvailable: of("is_account_unstaked_balance_available", address),
          }
        : {}),
    })),
    ...(isInFull(world)
      ? {
          previews: PREVIEWED.flatMap((amount) =>
            ["previewStake", "previewUnstake", "previewInstant", "convertToShares", "convertToAssets"].map((method) =>
              of(method, amount),
            ),
          ),
        }
      : {}),
  };
}

export function bookOf(state: book.Book, now: bigint) {
  return {
    buffer: book.bufferOf(state),
    delegated: state.delegated,
    owed: state.exits.owed,
    funded: state.exits.funded,
    free: book.freeOf(state),
    locked: book.lockedAt(state, now),
    roundGain: state.roundGain,
    assets: book.assetsAt(state, now),
    supply: book.supplyOf(state),
    premium: state.premium,
    highWater: state.highWater,
    bufferTarget: book.bufferTargetAt(state, now),
    closed: state.closed,
  };
}

export function poolExpected(world: PoolWorld): State {
  const { state, time } = world;
  return {
    book: bookOf(state, time),
    fundedThrough: exits.fundedThrough(state.exits),
    filling: state.exits.filling,
    count: metaPool.numberOfAccounts(state),
    rate: metaPool.getRate(state, time),
    total: book.assetsAt(state, time),
    paused: metaPool.isStakingPaused(state, time),
    supply: book.supplyOf(state),
    balance: state.balance + world.forced,
    batches: recentBatches(world).map((number) => {
      const batch = exits.batchOf(state.exits, number);
      return { units: batch.units, paid: batch.paid, open: exits.batchOpen(state.exits, batch) };
    }),
    accounts: holdersOf(world).map((address) => accountExpected(world, address)),
    ...(isInFull(world) ? { previews: PREVIEWED.flatMap((amount) => previewsOf(world, amount)) } : {}),
  };
}

function previewsOf({ state, time }: PoolWorld, amount: bigint): Value[] {
  const { assets, fee } = metaPool.quoteInstant(state, time, amount);
  return [
    metaPool.previewStake(state, time, amount),
    metaPool.previewUnstake(state, time, amount),
    { assets, fee },
    metaPool.convertToShares(state, time, amount),
    metaPool.convertToAssets(state, time, amount),
  ];
}

function accountExpected(world: PoolWorld, address: string): State {
  const { state, time } = world;
  const { shares } = book.accountOf(state, address);
  const staked = metaPool.stakedBalance(state, time, address);
  const unstaked = metaPool.unstakedBalance(state, address);
  const isAvailable = metaPool.isUnstakedBalanceAvailable(state, address);
  return {
    shares,
    ...(isInFull(world)
      ? {
          account: {
            account_id: address,
            unstaked_balance: unstaked,
            staked_balance: staked,
            can_withdraw: isAvailable,
          },
          staked,
          total: metaPool.totalBalance(state, time, address),
          isAvailable,
        }
      : {}),
    unstaked,
    withdrawable: metaPool.withdrawable(state, address),
    exits: exits.exitsOf(state.exits, address).map((exit) => {
      const open = exits.openOf(state.exits, exit);
      const times = open === 0n ? { earliest: 0n, estimated: 0n } : world.timesOf?.(exit.batch);
      return { batch: exit.batch, open, matured: exits.maturedOf(state.exits, exit), ...times };
    }),
    nonce: state.nonces.get(address) ?? 0n,
    allowances: world.users.map((spender) => metaPool.allowance(state, address, spender.address)),
  };
}
