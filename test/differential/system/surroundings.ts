/** What happens at operators' pools, at their network, and at the hostile ones. */
import { NO_CAP } from "../../../rocketh/parameters.ts";
import * as network from "../../../src/model/network.ts";
import { syncedCopy } from "../../../src/model/operators.ts";
import * as staking from "../../../src/model/stakingPool.ts";
import { ether, Mode, networkHelpers } from "../../fixtures/allocator.ts";
import { MODES } from "../hostilePool.ts";
import type { Random } from "../random.ts";
import { type Act, type Operation, operation } from "../runner.ts";
import { addressOf, someone } from "../users.ts";
import { honestOf, hostileOf, someHonest, someHostile, somePool } from "./choices.ts";
import type { Honest, System } from "./world.ts";

export const surroundings: Record<string, Operation<System>> = {
  reward: operation(
    8,
    (w: System, random) => {
      const pool = random.below(w.pools.length - 2);
      const { bonded } = network.stakeAt(w.network, w.pools[pool]!.address);
      return { pool, amount: random.amount(bonded / (random.once(10) ? 20n : 200n)) };
    },
    (w, { pool, amount }) => {
      const { address } = w.pools[pool]!;
      return {
        model: () => {
          network.reward(w.network, address, amount);
        },
        send: () =>
          w.trellis.network.connect(w.by(w.trellis.foundation)).reward([address], [amount], { value: amount }),
      };
    },
  ),
  slash: operation(
    4,
    (w: System, random) => ({
      pool: random.below(w.pools.length - 2),
      bps: BigInt(1 + random.below(random.once(4) ? 6000 : 400)),
    }),
    (w, { pool, bps }) => {
      const { address } = w.pools[pool]!;
      return {
        model: () => {
          network.slash(w.network, address, bps);
        },
        send: () => w.trellis.network.connect(w.by(w.trellis.foundation)).slash(address, bps),
      };
    },
  ),
  stakeThere: operation(
    3,
    (w: System, random) => {
      const pool = someHonest(w, random);
      return pool === undefined ? undefined : { who: someone(w, random), pool, amount: random.amount(ether(15)) };
    },
    (w, { who, pool, amount }) =>
      there(w, pool, ({ state, contract }) => ({
        model: () => staking.depositAndStake(state, w.network, w.time, addressOf(w, who), amount),
        send: () => contract.connect(w.by(w.users[who]!)).deposit_and_stake({ value: amount }),
      })),
  ),
  unstakeThere: operation(
    3,
    (w: System, random) => someThere(w, random, (pool, account) => staking.sharesOf(pool, account)),
    (w, { who, pool }) =>
      there(w, pool, ({ state, contract }) => ({
        model: () => staking.unstakeAll(state, w.network, w.time, addressOf(w, who)),
        send: () => contract.connect(w.by(w.users[who]!)).unstake_all(),
      })),
  ),
  withdrawThere: operation(
    6,
    (w: System, random) => someThere(w, random, (pool, account) => staking.withdrawable(pool, account)),
    (w, { who, pool }) =>
      there(w, pool, ({ state, contract }) => ({
        model: () => staking.withdrawAll(state, w.network, w.time, addressOf(w, who)),
        send: () => contract.connect(w.by(w.users[who]!)).withdraw_all(),
      })),
  ),
  pingThere: operation(
    2,
    (w: System, random) => {
      const pool = someHonest(w, random);
      return pool === undefined ? undefined : { pool };
    },
    (w, { pool }) =>
      there(w, pool, ({ state, contract }) => ({
        model: () => {
          staking.ping(state, w.network, w.time);
        },
        send: () => contract.connect(w.by(w.stranger)).ping(),
      })),
  ),
  bond: operation(
    3,
    (w: System, random) => {
      const pool = someHonest(w, random);
      return pool === undefined ? undefined : { pool, amount: random.amount(ether(3)) };
    },
    (w, { pool, amount }) =>
      there(w, pool, ({ state, contract, owner }) => ({
        model: () => staking.addBond(state, w.network, w.time, amount),
        send: () => contract.connect(w.by(owner)).addBond({ value: amount }),
      })),
  ),
  requestBond: operation(
    2,
    (w: System, random) => {
      const pool = someHonest(w, random);
      if (pool === undefined) return undefined;
      const seen = syncedCopy(w.pools[pool]!.honest!.state, w.network, w.time);
      return { pool, shares: random.amount(random.once(3) ? seen.bondShares : staking.withdrawableBond(seen)) };
    },
    (w, { pool, shares }) =>
      there(w, pool, ({ state, contract, owner }) => ({
        model: () => {
          staking.requestBondWithdrawal(state, w.network, w.time, shares);
        },
        send: () => contract.connect(w.by(owner)).requestBondWithdrawal(shares),
      })),
  ),
  finishBond: operation(
    4,
    (w: System, random) => {
      const isEarly = random.once(6);
      const asked = w.pools.flatMap(({ honest }, index) => {
        const withdrawal = honest?.isDead === false ? honest.state.bondWithdrawal : undefined;
        return withdrawal !== undefined && (isEarly || withdrawal.readyAt <= w.time) ? [index] : [];
      });
      return asked.length === 0 ? undefined : { pool: random.pick(asked) };
    },
    (w, { pool }) =>
      there(w, pool, ({ state, contract, owner }) => ({
        model: () => staking.finishBondWithdrawal(state, w.network, w.time),
        send: () => contract.connect(w.by(owner)).finishBondWithdrawal(),
      })),
  ),
  /** A dead pool has no code: every call fails. */
  kill: operation(
    2,
    (w: System, random) => {
      const pool = someHonest(w, random);
      const isEnough = w.pools.filter(({ honest }) => honest?.isDead === true).length >= 2;
      return pool === undefined || isEnough ? undefined : { pool };
    },
    (w, { pool }) => setDead(w, pool, true),
  ),
  /** Mostly after it was written down. */
  revive: operation(
    6,
    (w: System, random) => {
      const isSoon = random.once(12);
      const pool = w.pools.findIndex(
        ({ honest, model }) =>
          honest?.isDead === true &&
          (isSoon || w.model.operators.some((operator) => operator.pool === model && operator.writtenDown)),
      );
      return pool < 0 ? undefined : { pool };
    },
    (w, { pool }) => setDead(w, pool, false),
  ),
  setMode: operation(
    2,
    (w: System, random) => ({ pool: someHostile(w, random), mode: random.once(2) ? Mode.honest : random.pick(MODES) }),
    (w, { pool, mode }) => ({
      model: () => {
        hostileOf(w, pool).hostile.state.mode = mode;
      },
      send: () => hostileOf(w, pool).hostile.contract.setMode(mode),
    }),
  ),
  setBond: operation(
    1,
    (w: System, random) => ({ pool: someHostile(w, random), bond: random.once(2) ? NO_CAP : random.amount(ether(10)) }),
    (w, { pool, bond }) => ({
      model: () => {
        hostileOf(w, pool).hostile.state.bond = bond;
      },
      send: () => hostileOf(w, pool).hostile.contract.setBond(bond),
    }),
  ),
  setTrickle: operation(
    1,
    (w: System, random) => ({ pool: someHostile(w, random), trickle: random.once(2) ? 0n : random.amount(ether(1)) }),
    (w, { pool, trickle }) => ({
      model: () => {
        hostileOf(w, pool).hostile.state.trickle = trickle;
      },
      send: () => hostileOf(w, pool).hostile.contract.setTrickle(trickle),
    }),
  ),
  lose: operation(
    1,
    (w: System, random) => {
      const pool = someHostile(w, random);
      return { pool, amount: random.amount(hostileOf(w, pool).hostile.state.staked / 4n) };
    },
    (w, { pool, amount }) => {
      const { state, contract } = hostileOf(w, pool).hostile;
      if (amount > state.staked) return undefined;
      return {
        model: () => {
          state.staked -= amount;
        },
        send: () => contract.lose(amount),
      };
    },
  ),
  loseUnstaked: operation(
    1,
    (w: System, random) => {
      const pool = someHostile(w, random);
      return { pool, amount: random.amount(hostileOf(w, pool).hostile.state.unstaked / 2n) };
    },
    (w, { pool, amount }) => {
      const { state, contract } = hostileOf(w, pool).hostile;
      if (amount > state.unstaked) return undefined;
      return {
        model: () => {
          state.unstaked -= amount;
        },
        send: () => contract.loseUnstaked(amount),
      };
    },
  ),
  earn: operation(
    2,
    (w: System, random) => {
      const pool = someHostile(w, random);
      return { pool, amount: random.amount(hostileOf(w, pool).hostile.state.staked / 50n + 1n) };
    },
    (w, { pool, amount }) => {
      const { state, contract } = hostileOf(w, pool).hostile;
      return {
        model: () => {
          state.staked += amount;
        },
        send: () => contract.reward({ value: amount }),
      };
    },
  ),
  /** The network's stake cannot be read any more. */
  blind: operation(
    1,
    () => ({}),
    (w: System) => ({
      model: () => {
        w.isBlind = true;
      },
      send: async () => {
        await w.setBlind(true);
        return undefined;
      },
    }),
  ),
  see: operation(
    3,
    (w: System) => (w.isBlind ? {} : undefined),
    (w) => ({
      model: () => {
        w.isBlind = false;
      },
      send: async () => {
        await w.setBlind(false);
        return undefined;
      },
    }),
  ),
  forceEtherThere: operation(
    1,
    (w: System, random) => ({
      pool: random.once(2) ? undefined : somePool(w, random),
      amount: random.amount(ether(1)),
    }),
    (w, { pool, amount }) => ({
      model: () => undefined, // nothing changes
      send: async () => {
        await w.force(pool === undefined ? w.account : w.pools[pool]!.address, amount);
        return undefined;
      },
    }),
  ),
};

/** A user who has something at an honest pool; now and then any. */
function someThere(w: System, random: Random, amountOf: (pool: staking.StakingPool, account: string) => bigint) {
  const any = someHonest(w, random);
  if (any !== undefined && random.once(6)) return { who: someone(w, random), pool: any };
  const choices = w.pools.flatMap(({ honest }, pool) => {
    if (honest?.isDead !== false) return [];
    const seen = syncedCopy(honest.state, w.network, w.time);
    return w.users.flatMap(({ address }, who) => (amountOf(seen, address) > 0n ? [{ who, pool }] : []));
  });
  return choices.length === 0 ? undefined : random.pick(choices);
}

function there(w: System, pool: number, act: (honest: Honest["honest"]) => Act): Act | undefined {
  const found = honestOf(w, pool);
  return found === undefined ? undefined : act(found.honest);
}

function setDead(w: System, pool: number, isDead: boolean): Act | undefined {
  const { address, honest } = w.pools[pool]!;
  if (honest === undefined) return undefined;
  return {
    model: () => {
      honest.isDead = isDead;
    },
    send: async () => {
      await networkHelpers.setCode(address, isDead ? "0x" : honest.code);
      return undefined;
    },
  };
}
