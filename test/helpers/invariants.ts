import { expect } from "chai";

import type { Trellis } from "../fixtures/deployment.ts";
import { brokenInState, brokenInStep, type Snapshot, type Step } from "../../src/model/invariants.ts";
import { reservedOf } from "./reserved.ts";

type Pool = Pick<Trellis, "connection" | "metaPool" | "allocator" | "registry" | "lens" | "treasury">;

interface Account {
  readonly address: string;
}

/**
 * Holds a pool to docs/invariants.md at every call, against what it was at the call before. `accounts` are all that ever
 * used the pool, beside the treasury.
 */
export function watchInvariants(pool: Pool, accounts: readonly Account[]) {
  let before: Snapshot | undefined;

  return async (step: Step = {}): Promise<void> => {
    const after = await checkState(pool, accounts);
    if (before !== undefined) expect(brokenInStep(before, after, step)).to.deep.equal([]);
    before = after;
  };
}

/** Holds a pool to what docs/invariants.md says of one moment. */
export async function checkState(pool: Pool, accounts: readonly Account[]): Promise<Snapshot> {
  const state = await snapshotOf(pool, accounts);
  const position = sum(state.operators.map((operator) => operator.position));
  const unbonding = sum(state.operators.map((operator) => operator.unbonding));

  expect(brokenInState(state)).to.deep.equal([]);
  expect(await pool.allocator.committed(), "committed").to.equal(position);
  expect(await pool.allocator.unbonding(), "unbonding").to.equal(unbonding);
  expect(state.delegated, "I-01: delegated").to.equal(position + unbonding);
  expect(await pool.connection.ethers.provider.getBalance(pool.allocator), "ether at the allocator").to.equal(0n);

  return state;
}

async function snapshotOf(
  { connection, metaPool, lens, registry, treasury }: Pool,
  accounts: readonly Account[],
): Promise<Snapshot> {
  const book = await metaPool.getBook();
  const operators = await lens.operators(1n, await registry.operatorCount());
  const groups = await lens.groups(1n, await registry.groupCount());
  const addresses = [...new Set([...accounts.map(({ address }) => address), treasury.address])];
  const batches = Array.from({ length: Number(await metaPool.fillingBatch()) }, (_, index) => BigInt(index + 1));

  return {
    balance: await connection.ethers.provider.getBalance(metaPool),
    buffer: book.buffer,
    delegated: book.delegated,
    owed: book.owed,
    reserved: await reservedOf(metaPool),
    free: book.free,
    locked: book.locked,
    roundGain: book.roundGain,
    assets: book.assets,
    supply: book.supply,
    premium: book.premium,
    highWater: book.highWater,
    closed: book.closed,
    fundedThrough: await metaPool.fundedThrough(),
    // The seed is in the pool's own account.
    accounts: await Promise.all(
      [...addresses, await metaPool.getAddress()].map((account) => accountOf(metaPool, account)),
    ),
    batches: await Promise.all(
      batches.map(async (number) => {
        const { units, paid, open } = await metaPool.batchOf(number);
        return { number, units, paid, open };
      }),
    ),
    operators: operators.map(({ id, position, record, rooms, snapshot }) => ({
      id,
      position: position.position,
      unbonding: position.unbonding,
      cap: rooms.increaseCap,
      faulted: position.faulted,
      premiumUnits: record.premiumUnits,
      groups: Array.from({ length: 5 }, (_, k) => (snapshot.groups >> BigInt(8 * k)) & 0xffn).filter((id) => id !== 0n),
    })),
    groups: groups.map(({ id, snapshot, live }) => ({ id, position: snapshot.position, cap: live.increaseCap })),
  };
}

async function accountOf(metaPool: Pool["metaPool"], account: string) {
  const exits = await metaPool.exitsOf(account);
  const matured = sum(exits.map((exit) => exit.matured));
  return {
    account,
    shares: await metaPool.balanceOf(account),
    free: (await metaPool.withdrawable(account)) - matured,
    exits: exits.map(({ batch, open, matured }) => ({ batch, open, matured })),
  };
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
