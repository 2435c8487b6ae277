import type { ContractTransactionResponse } from "ethers";

import type { IStakingPool } from "../../types/contracts/interfaces/IStakingPool.ts";
import type { Chain } from "./chain.ts";
import { AMOUNTS, fund, settle, type Stage } from "./stage.ts";

export const OPERATIONS = [
  "deposit_and_stake",
  "unstake",
  "unstake_all",
  "withdraw_all",
  "transfer",
  "unstakeInstant",
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** Gas of an account's first and of a later transaction. */
export interface Costs {
  readonly first: number;
  readonly repeat: number;
}

export type UserCosts = Record<Operation, Costs>;

/** Measures an operation and a later one. */
function twiceOn({ gasOf }: Chain) {
  return async (
    first: () => Promise<ContractTransactionResponse>,
    repeat = first,
    between?: () => Promise<unknown>,
  ): Promise<Costs> => {
    const cost = await gasOf(first);
    await between?.();
    return { first: cost, repeat: await gasOf(repeat) };
  };
}

/** Staking and asking to leave, at either kind of pool. */
export async function measureStakesAndExits(
  chain: Chain,
  pool: Pick<IStakingPool, "deposit_and_stake" | "unstake" | "unstake_all">,
) {
  const { send, rehearse } = chain;
  const twice = twiceOn(chain);
  const stake = (value: bigint) => send(() => pool.deposit_and_stake({ value }));

  return {
    // An account that never used the pool; then it has shares.
    deposit_and_stake: await rehearse(() =>
      twice(
        () => pool.deposit_and_stake({ value: AMOUNTS.stake }),
        () => pool.deposit_and_stake({ value: AMOUNTS.more }),
      ),
    ),
    // An account with shares and no exit opens a record; then the record is that of the filling batch. It keeps shares.
    unstake: await rehearse(async () => {
      await stake(AMOUNTS.stake);
      return twice(() => pool.unstake(AMOUNTS.unstake));
    }),
    // As unstake, but the last share goes; in between the account stakes again.
    unstake_all: await rehearse(async () => {
      await stake(AMOUNTS.stake);
      const all = () => pool.unstake_all();
      return twice(all, all, () => stake(AMOUNTS.more));
    }),
  };
}

/** What each operation of a user costs. All begin on the same stage; `other` has an exit in the filling batch. */
export async function measureUsers(stage: Stage): Promise<UserCosts> {
  const { chain, trellis, whale, users } = stage;
  const [user, friend] = users as [(typeof users)[0], (typeof users)[0]];
  const { send, gasOf, rehearse } = chain;
  const twice = twiceOn(chain);
  const pool = trellis.metaPool.connect(user);
  const stake = (value: bigint) => send(() => pool.deposit_and_stake({ value }));

  return {
    ...(await measureStakesAndExits(chain, pool)),
    // An account without free balance whose only exit has matured and been funded, along with the exit of another one.
    // Repeat: the first of the account's two exits has, the second one waits in the filling batch.
    withdraw_all: await rehearse(async () => {
      await stake(AMOUNTS.stake);
      await send(() => pool.unstake(AMOUNTS.unstake));
      chain.nextDay();
      await settle(stage);
      const first = await rehearse(async () => {
        await fund(stage);
        return gasOf(() => pool.withdraw_all());
      });
      await send(() => pool.unstake(AMOUNTS.unstake));
      await fund(stage);
      return { first, repeat: await gasOf(() => pool.withdraw_all()) };
    }),
    // To an account that never used the pool; then to the same. The sender keeps shares.
    transfer: await rehearse(() => twice(() => trellis.metaPool.connect(whale).transfer(friend, AMOUNTS.shares))),
    // The first instant exit that the pool has ever seen; then another one in the same epoch. The account keeps shares.
    unstakeInstant: await rehearse(async () => {
      await stake(AMOUNTS.stake);
      return twice(() => pool.unstakeInstant(AMOUNTS.shares, 1n, user));
    }),
  };
}
