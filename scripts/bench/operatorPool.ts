import { AMOUNTS, type Stage } from "./stage.ts";
import { type Costs, measureStakesAndExits } from "./users.ts";

export const POOL_OPERATIONS = ["deposit_and_stake", "unstake", "unstake_all", "withdraw_all"] as const;

export type PoolCosts = Record<(typeof POOL_OPERATIONS)[number], Costs>;

/**
 * What staking with one operator costs, in its own pool, with the calls of DevNetwork in it. All begin where nothing is to be
 * booked: the pool was called since the network last earned, and in this epoch a batch has begun and another account's
 * exit waits in the next.
 */
export async function measureOperatorPool({ chain, operators, users }: Stage): Promise<PoolCosts> {
  const { send, rehearse } = chain;
  const [user, other] = users as [(typeof users)[0], (typeof users)[0]];
  const [pool, others] = [operators[0]!.pool.connect(user), operators[0]!.pool.connect(other)];
  const stake = (value: bigint) => send(() => pool.deposit_and_stake({ value }));
  const unstake = () => send(() => pool.unstake(AMOUNTS.unstake));

  await send(() => others.deposit_and_stake({ value: AMOUNTS.other }));
  for (let exits = 0; exits < 2; ++exits) await send(() => others.unstake(AMOUNTS.unstake));

  return {
    ...(await measureStakesAndExits(chain, pool)),
    // An account with shares whose only exit has been collected and funded, along with that of another one. Repeat: the
    // first of its two exits has, the second one, of the day after, is still unbonding.
    withdraw_all: await rehearse(async () => {
      await stake(AMOUNTS.stake);
      await unstake();
      const paid = async (between: () => Promise<unknown>) =>
        rehearse(async () => {
          chain.nextDay();
          await send(() => others.ping());
          await between();
          chain.nextDay(await operators[0]!.pool.unbondingTime());
          await send(() => others.ping());
          return chain.gasOf(() => pool.withdraw_all());
        });
      return { first: await paid(() => Promise.resolve()), repeat: await paid(unstake) };
    }),
  };
}
