import { ZeroAddress } from "ethers";

import { NO_CAP, NO_SHARE } from "../../rocketh/parameters.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import * as allocation from "../../src/model/allocator.ts";
import * as legs from "../../src/model/legs.ts";
import * as metaPool from "../../src/model/metaPool.ts";
import * as network from "../../src/model/network.ts";
import type { Operator } from "../../src/model/operators.ts";
import * as registry from "../../src/model/registry.ts";
import * as staking from "../../src/model/stakingPool.ts";
import { ether, Mode, networkHelpers, packGroups } from "../fixtures/allocator.ts";
import { MODES } from "./hostilePool.ts";
import type { Random } from "./random.ts";
import { type Act, type Operation, operation, playAll, type Suite } from "./runner.ts";
import { capsOf, groupOf, type Honest, type Hostile, idsOf, isSettled, loadSystem, type System } from "./system.ts";
import { addressOf, GAS, poolOf, someone, userOperations } from "./users.ts";

const DAY = 86_400n;
const MANY = 100;
const ALL = 100_000n * 10n ** 18n;
const BATCHES_PER_PING = 10;
const OPERATORS_PER_PING = 5;

/* WHO IS CHOSEN */

const byNotice = (w: System) => w.trellis.registry.connect(w.notice);
const bySomebody = (w: System) => w.trellis.allocator.connect(w.stranger);

/** Any operator, mostly one for which `is` holds. */
function someOperator(w: System, random: Random, is: (operator: Operator) => boolean = () => true): bigint {
  const fitting = w.model.operators.filter(is);
  return random.pick(fitting.length === 0 || random.once(8) ? w.model.operators : fitting).id;
}

const someListed = (w: System, random: Random) =>
  someOperator(w, random, ({ state }) => state !== "Delisted" && state !== "Removed");

function somePool(w: System, random: Random): number {
  return random.below(w.pools.length);
}

/** An index of an honest pool that answers. */
function someHonest(w: System, random: Random): number | undefined {
  const alive = w.pools.flatMap(({ honest }, index) => (honest?.isDead === false ? [index] : []));
  return alive.length === 0 ? undefined : random.pick(alive);
}

function someHostile(w: System, random: Random): number {
  return random.pick(w.pools.flatMap(({ hostile }, index) => (hostile === undefined ? [] : [index])));
}

const hostileOf = (w: System, pool: number) => w.pools[pool] as Hostile;

/** An honest pool, unless it has died in a sequence that was made shorter. */
function honestOf(w: System, pool: number): Honest | undefined {
  const found = w.pools[pool]!;
  return found.honest?.isDead === false ? (found as Honest) : undefined;
}

const someBy = (random: Random): registry.By => random.pick(["notice", "guardian"] as const);

/* SHEETS */

type Sheet = readonly { readonly group: bigint; readonly level: bigint }[];

/** The fair allocation of the snapshot. */
function fairSheet({ model }: System): Sheet {
  const { snapshot } = model;
  if (snapshot === undefined) return [];
  const { sheet } = fairAllocation({
    total: snapshot.total,
    operators: model.operators.map((operator) => ({
      weight: operator.snapshot.weight,
      cap: allocation.capOf(model, operator),
      groups: operator.snapshot.groups.map(Number),
    })),
    groups: model.groups.map(({ id }) => ({ id: Number(id), cap: snapshot.caps.get(id) ?? null })),
  });
  return sheet.map(({ group, level }) => ({ group: BigInt(group), level }));
}

function certify(w: System, sheet: Sheet, max: number): Act {
  return {
    model: () => legs.certifyLevels(w.model, [...sheet], max),
    send: () => bySomebody(w).certifyLevels([...sheet], max, GAS),
  };
}

function settle(w: System, max: number): Act {
  return {
    model: () => allocation.settle(w.model, w.time, max),
    send: () => bySomebody(w).settle(max, GAS),
  };
}

/* OPERATIONS */

const rounds: Record<string, Operation<System>> = {
  /** Begins at a new epoch. */
  round: operation(
    16,
    (_: System, random) => ({ max: random.once(3) ? random.below(8) : MANY }),
    (w, { max }) => settle(w, max),
  ),
  page: operation(
    18,
    (_: System, random) => ({ max: random.once(3) ? random.below(6) : MANY }),
    (w, { max }) => settle(w, max),
  ),
  ping: operation(
    4,
    (w: System, random) => ({ who: someone(w, random) }),
    (w, { who }) => ({
      model: () => {
        allocation.settle(w.model, w.time, OPERATORS_PER_PING);
        metaPool.fundExits(w.state, BATCHES_PER_PING);
      },
      send: () => poolOf(w, who).ping(GAS),
    }),
  ),
  settleOne: operation(
    5,
    (w: System, random) => ({ id: random.once(20) ? 99n : someOperator(w, random) }),
    (w, { id }) => ({
      model: () => allocation.settleOne(w.model, w.time, id),
      send: () => bySomebody(w).settleOne(id, GAS),
    }),
  ),
  certify: operation(
    16,
    (w: System, random) =>
      isSettled(w) ? { sheet: fairSheet(w), max: random.once(4) ? random.below(9) : MANY } : undefined,
    (w, { sheet, max }) => certify(w, sheet, max),
  ),
  junkSheet: operation(
    3,
    (w: System, random) => {
      const sheet = fairSheet(w).map(({ group, level }) => ({
        group: random.once(6) ? BigInt(random.below(8)) : group,
        level: random.once(2) ? level : random.amount(level * 2n),
      }));
      return { sheet: random.once(3) ? sheet.slice(1) : sheet, max: random.once(3) ? random.below(9) : MANY };
    },
    (w, { sheet, max }) => certify(w, sheet, max),
  ),
  rebalance: operation(
    40,
    (w: System, random) => {
      const isUp = random.once(2);
      return {
        legs: Array.from({ length: 1 + random.below(6) }, () => ({
          operator: random.once(30) ? 99n : someOperator(w, random),
          amount: random.once(3) ? ALL : random.amount(ether(40)),
          up: random.once(4) ? !isUp : isUp,
        })),
      };
    },
    (w, { legs: list }) => ({
      model: () => legs.rebalance(w.model, w.time, [...list]),
      send: () => bySomebody(w).rebalance([...list], GAS),
    }),
  ),
  reclaim: operation(
    2,
    (w: System, random) => ({ id: someOperator(w, random, ({ state }) => state === "Removed") }),
    (w, { id }) => ({
      model: () => allocation.reclaim(w.model, w.time, id),
      send: () => bySomebody(w).reclaim(id, GAS),
    }),
  ),
  clearWriteDown: operation(
    2,
    (w: System, random) => ({ id: someOperator(w, random, ({ factor }) => factor > 0n), isNotice: !random.once(4) }),
    (w, { id, isNotice }) => {
      const caller = isNotice ? w.notice : w.stranger;
      return {
        model: () => {
          allocation.clearWriteDown(w.model, w.time, id, { address: caller.address, mayCall: isNotice });
        },
        send: () => w.trellis.allocator.connect(caller).clearWriteDown(id, GAS),
      };
    },
  ),
  setAllocatorParameters: operation(
    1,
    (_: System, random) => ({
      graceBps: BigInt(random.below(1000)),
      bandBps: BigInt(random.below(2000)),
      budget0Bps: BigInt(1000 + random.below(4000)),
      budget2Bps: BigInt(random.below(1000)),
      maxLossBps: BigInt(1000 + random.below(5000)),
      maxGainBps: BigInt(20 + random.below(200)),
      minMove: 10n ** 16n * BigInt(1 + random.below(20)),
    }),
    (w, given) => ({
      model: () => {
        w.model.parameters = { ...given };
      },
      send: () => w.trellis.allocator.connect(w.notice).setParameters(given, GAS),
    }),
  ),
};

const lists: Record<string, Operation<System>> = {
  list: operation(
    3,
    (w: System, random) => {
      const spare = w.pools.flatMap(({ model }, index) =>
        w.model.operators.some((operator) => operator.pool === model && operator.state !== "Removed") ? [] : [index],
      );
      const pool = spare.length === 0 || random.once(5) ? somePool(w, random) : random.pick(spare);
      const weight = 50 + random.below(150);
      return { pool, weight, groups: [random.below(3), random.pick([0, 3, 4, 5])] };
    },
    (w, { pool, weight, groups }) => {
      const { address, model, honest } = w.pools[pool]!;
      const fromFactory = honest !== undefined;
      const before = w.model.operators.findLast((operator) => operator.pool === model);
      const weightBounds = { least: 0n, most: BigInt(weight) * 10n };
      const isVouchedFor = before === undefined ? fromFactory : before.whitelisted;
      // A pool that the foundation has blocked by itself is not listed by its factory.
      if (honest?.isDead === true) return undefined;
      return {
        model: () =>
          registry.list(w.model, w.time, model, {
            weight: BigInt(weight),
            groups: idsOf(groups),
            weightBounds,
            fromFactory,
            isVouchedFor,
          }),
        send: () =>
          byNotice(w).list(
            {
              pool: address,
              factory: fromFactory ? w.trellis.factory : ZeroAddress,
              weight,
              minWeight: 0,
              maxWeight: weight * 10,
              absoluteCap: NO_CAP,
              groups: packGroups(groups),
            },
            GAS,
          ),
      };
    },
  ),
  drain: operation(
    1,
    (w: System, random) => ({ id: someListed(w, random), by: someBy(random) }),
    (w, { id, by }) => ({
      model: () => {
        registry.drain(w.model, w.time, id, by);
      },
      send: () => w.trellis.registry.connect(by === "notice" ? w.notice : w.guardian).drain(id, GAS),
    }),
  ),
  reinstate: operation(
    3,
    (w: System, random) => ({ id: someOperator(w, random, ({ state }) => state === "Draining") }),
    (w, { id }) => ({
      model: () => {
        registry.reinstate(w.model, id);
      },
      send: () => byNotice(w).reinstate(id, GAS),
    }),
  ),
  delist: operation(
    2,
    (w: System, random) => ({ id: someListed(w, random), by: someBy(random) }),
    (w, { id, by }) => {
      const left = w.model.operators.filter(({ state }) => state === "Active" || state === "Ramping").length;
      if (left < 4) return undefined;
      return {
        model: () => {
          registry.delist(w.model, w.time, id, by);
        },
        send: () => w.trellis.registry.connect(by === "notice" ? w.notice : w.guardian).delist(id, GAS),
      };
    },
  ),
  remove: operation(
    4,
    (w: System, random) => ({ id: someOperator(w, random, ({ state }) => state === "Delisted") }),
    (w, { id }) => ({
      model: () => {
        registry.remove(w.model, id);
      },
      send: () => w.trellis.registry.connect(w.stranger).remove(id, GAS),
    }),
  ),
  watch: operation(
    1,
    (w: System, random) => ({ id: someListed(w, random) }),
    (w, { id }) => ({
      model: () => {
        registry.watch(w.model, id);
      },
      send: () => w.trellis.registry.connect(w.guardian).watch(id, GAS),
    }),
  ),
  clearWatch: operation(
    5,
    (w: System, random) => ({ id: someOperator(w, random, ({ watch }) => watch) }),
    (w, { id }) => ({
      model: () => {
        registry.clearWatch(w.model, id);
      },
      send: () => byNotice(w).clearWatch(id, GAS),
    }),
  ),
  whitelistPool: operation(
    3,
    (w: System, random) => ({ id: someOperator(w, random, ({ whitelisted }) => !whitelisted) }),
    (w, { id }) => ({
      model: () => {
        registry.setWhitelisted(w.model, w.time, id, { whitelisted: true, by: "notice" });
      },
      send: () => byNotice(w).whitelistPool(addressOfOperator(w, id), GAS),
    }),
  ),
  unwhitelistPool: operation(
    1,
    (w: System, random) => ({ id: someListed(w, random), by: someBy(random) }),
    (w, { id, by }) => {
      // The foundation's word is on the pool's last id.
      if (w.model.operators.some((other) => other.id > id && other.pool === operatorOf(w, id).pool)) return undefined;
      const caller = by === "notice" ? w.notice : w.trellis.foundation;
      return {
        model: () => {
          registry.setWhitelisted(w.model, w.time, id, { whitelisted: false, by });
        },
        send: () => w.trellis.registry.connect(caller).unwhitelistPool(addressOfOperator(w, id), GAS),
      };
    },
  ),
  setAbsoluteCap: operation(
    2,
    (w: System, random) => {
      const id = someListed(w, random);
      return { id, cap: random.once(2) ? NO_CAP : operatorOf(w, id).position / 2n + random.amount(ether(60)) };
    },
    (w, { id, cap }) => ({
      model: () => {
        registry.setAbsoluteCap(w.model, id, cap === NO_CAP ? undefined : cap);
      },
      send: () => byNotice(w).setAbsoluteCap(id, cap, GAS),
    }),
  ),
  lowerAbsoluteCap: operation(
    2,
    (w: System, random) => {
      const id = someListed(w, random);
      const { position, absoluteCap } = operatorOf(w, id);
      return { id, cap: random.amount(random.once(3) ? (absoluteCap ?? position) : position * 2n), by: someBy(random) };
    },
    (w, { id, cap, by }) => ({
      model: () => {
        registry.lowerAbsoluteCap(w.model, w.time, id, cap, by);
      },
      send: () => w.trellis.registry.connect(by === "notice" ? w.notice : w.guardian).lowerAbsoluteCap(id, cap, GAS),
    }),
  ),
  setWeight: operation(
    3,
    (w: System, random) => {
      const id = someListed(w, random);
      const { weight } = operatorOf(w, id);
      return { id, weight: (weight * BigInt(75 + random.below(50))) / 100n };
    },
    (w, { id, weight }) => ({
      model: () => {
        registry.setWeight(w.model, w.time, id, weight);
      },
      send: () => w.trellis.registry.connect(w.trellis.scorer).setWeights([id], [weight], GAS),
    }),
  ),
  setWeightBounds: operation(
    2,
    (w: System, random) => {
      const least = BigInt(random.below(200));
      return { id: someListed(w, random), least, most: random.once(10) ? 10n : least + BigInt(random.below(400)) };
    },
    (w, { id, least, most }) => ({
      model: () => {
        registry.setWeightBounds(w.model, w.time, id, least, most);
      },
      send: () => byNotice(w).setWeightBounds(id, least, most, GAS),
    }),
  ),
  setGroups: operation(
    2,
    (w: System, random) => ({ id: someListed(w, random), groups: [random.below(3), random.pick([0, 3, 4, 5])] }),
    (w, { id, groups }) => ({
      model: () => {
        registry.setGroups(w.model, id, idsOf(groups));
      },
      send: () => byNotice(w).setGroups(id, packGroups(groups), GAS),
    }),
  ),
  setGroup: operation(
    2,
    (w: System, random) => {
      const group = 1 + random.below(w.model.groups.length + (random.once(4) ? 2 : 0));
      const dimension = random.once(10) ? 3 : (w.model.groups[group - 1]?.dimension ?? 2);
      return { group, dimension, caps: someCaps(random) };
    },
    (w, { group, dimension, caps }) => ({
      model: () => {
        registry.setGroup(w.model, groupOf(group, { dimension, ...caps }));
      },
      send: () => byNotice(w).setGroup(group, { dimension, ...caps }, GAS),
    }),
  ),
  lowerGroupCaps: operation(
    4,
    (w: System, random) => {
      const group = 1 + random.below(w.model.groups.length);
      const { poolShareBps, netShareBps, absoluteCap } = w.model.groups[group - 1]!;
      const lower = (share: bigint | undefined) => (share === undefined ? NO_SHARE : Number(share));
      const caps = {
        poolShareBps: lower(poolShareBps),
        netShareBps: lower(netShareBps),
        absoluteCap: absoluteCap ?? NO_CAP,
      };
      const cut = 80 + random.below(25);
      if (random.once(2)) caps.absoluteCap = (allocation.groupPositionOf(w.model, BigInt(group)) * BigInt(cut)) / 100n;
      else if (caps.poolShareBps !== NO_SHARE) caps.poolShareBps = Math.floor((caps.poolShareBps * cut) / 100);
      return { group, caps, by: someBy(random) };
    },
    (w, { group, caps, by }) => ({
      model: () => {
        registry.lowerGroupCaps(w.model, w.time, BigInt(group), capsOf(caps), by);
      },
      send: () =>
        w.trellis.registry
          .connect(by === "notice" ? w.notice : w.guardian)
          .lowerGroupCaps(group, caps.poolShareBps, caps.netShareBps, caps.absoluteCap, GAS),
    }),
  ),
  setPolicy: operation(
    1,
    (_: System, random) => ({
      poolShareBps: BigInt(1000 + random.below(2333)),
      netShareBps: random.once(4) ? BigInt(NO_SHARE) : BigInt(3000 + random.below(5000)),
      guardianShareBps: BigInt(500 + random.below(2000)),
      bondRatio: BigInt(10 + random.below(30)),
    }),
    (w, given) => ({
      model: () => {
        const { netShareBps } = given;
        registry.setPolicy(w.model, {
          ...given,
          netShareBps: netShareBps === BigInt(NO_SHARE) ? undefined : netShareBps,
        });
      },
      send: () => byNotice(w).setPolicy(given, GAS),
    }),
  ),
};

/** What happens at operators' pools, at their network, and at the hostile ones. */
const outside: Record<string, Operation<System>> = {
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
          w.trellis.network.connect(w.trellis.foundation).reward([address], [amount], { value: amount, ...GAS }),
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
        send: () => w.trellis.network.connect(w.trellis.foundation).slash(address, bps, GAS),
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
        send: () => contract.connect(w.users[who]).deposit_and_stake({ value: amount, ...GAS }),
      })),
  ),
  unstakeThere: operation(
    3,
    (w: System, random) => {
      const pool = someHonest(w, random);
      return pool === undefined ? undefined : { who: someone(w, random), pool };
    },
    (w, { who, pool }) =>
      there(w, pool, ({ state, contract }) => ({
        model: () => staking.unstakeAll(state, w.network, w.time, addressOf(w, who)),
        send: () => contract.connect(w.users[who]).unstake_all(GAS),
      })),
  ),
  withdrawThere: operation(
    5,
    (w: System, random) => {
      const pool = someHonest(w, random);
      return pool === undefined ? undefined : { who: someone(w, random), pool };
    },
    (w, { who, pool }) =>
      there(w, pool, ({ state, contract }) => ({
        model: () => staking.withdrawAll(state, w.network, w.time, addressOf(w, who)),
        send: () => contract.connect(w.users[who]).withdraw_all(GAS),
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
        send: () => contract.connect(w.stranger).ping(GAS),
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
        send: () => contract.connect(owner).addBond({ value: amount, ...GAS }),
      })),
  ),
  requestBond: operation(
    2,
    (w: System, random) => {
      const pool = someHonest(w, random);
      return pool === undefined ? undefined : { pool, shares: random.amount(w.pools[pool]!.honest!.state.bondShares) };
    },
    (w, { pool, shares }) =>
      there(w, pool, ({ state, contract, owner }) => ({
        model: () => {
          staking.requestBondWithdrawal(state, w.network, w.time, shares);
        },
        send: () => contract.connect(owner).requestBondWithdrawal(shares, GAS),
      })),
  ),
  finishBond: operation(
    4,
    (w: System, random) => {
      const asked = w.pools.flatMap(({ honest }, index) =>
        honest?.isDead === false && honest.state.bondWithdrawal !== undefined ? [index] : [],
      );
      return asked.length === 0 ? undefined : { pool: random.pick(asked) };
    },
    (w, { pool }) =>
      there(w, pool, ({ state, contract, owner }) => ({
        model: () => staking.finishBondWithdrawal(state, w.network, w.time),
        send: () => contract.connect(owner).finishBondWithdrawal(GAS),
      })),
  ),
  /** A dead pool has no code: every call fails. */
  kill: operation(
    1,
    (w: System, random) => {
      const pool = someHonest(w, random);
      const isEnough = w.pools.filter(({ honest }) => honest?.isDead === true).length >= 2;
      return pool === undefined || isEnough ? undefined : { pool };
    },
    (w, { pool }) => setDead(w, pool, true),
  ),
  revive: operation(
    2,
    (w: System) => {
      const pool = w.pools.findIndex(({ honest }) => honest?.isDead === true);
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
      send: () => hostileOf(w, pool).hostile.contract.setMode(mode, GAS),
    }),
  ),
  setBond: operation(
    1,
    (w: System, random) => ({ pool: someHostile(w, random), bond: random.once(2) ? NO_CAP : random.amount(ether(10)) }),
    (w, { pool, bond }) => ({
      model: () => {
        hostileOf(w, pool).hostile.state.bond = bond;
      },
      send: () => hostileOf(w, pool).hostile.contract.setBond(bond, GAS),
    }),
  ),
  setTrickle: operation(
    1,
    (w: System, random) => ({ pool: someHostile(w, random), trickle: random.once(2) ? 0n : random.amount(ether(1)) }),
    (w, { pool, trickle }) => ({
      model: () => {
        hostileOf(w, pool).hostile.state.trickle = trickle;
      },
      send: () => hostileOf(w, pool).hostile.contract.setTrickle(trickle, GAS),
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
        send: () => contract.lose(amount, GAS),
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
        send: () => contract.loseUnstaked(amount, GAS),
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
        send: () => contract.reward({ value: amount, ...GAS }),
      };
    },
  ),
  /** The network's stake cannot be read, or can again. */
  blind: operation(
    1,
    (_: System, random) => ({ isBlind: random.once(2) }),
    (w, { isBlind }) => ({
      model: () => {
        w.isBlind = isBlind;
      },
      send: async () => {
        await w.setBlind(isBlind);
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

function operatorOf(w: System, id: bigint): Operator {
  return w.model.operators[Number(id) - 1]!;
}

function addressOfOperator(w: System, id: bigint): string {
  return w.pools.find(({ model }) => model === operatorOf(w, id).pool)!.address;
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

function someCaps(random: Random) {
  return {
    poolShareBps: random.once(3) ? NO_SHARE : 2000 + random.below(5000),
    netShareBps: random.once(3) ? 2000 + random.below(5000) : NO_SHARE,
    absoluteCap: random.once(4) ? random.amount(ether(300)) : NO_CAP,
  };
}

const suite: Suite<System> = {
  operations: { ...userOperations<System>(), ...rounds, ...lists, ...outside },
  events: ["certified", "class 0", "class 1", "class 2", "faulted", "written down", "recovered", "factor", "unknown N"],
  pause: (name, random, { time }) =>
    name === "round" ? (time / DAY + 1n) * DAY + BigInt(random.below(7200)) - time : BigInt(random.below(900) + 1),
  count: { plain: 0, deep: 60_000 },
  load: async () => {
    const world = await loadSystem();
    for (const [index, user] of world.users.entries()) {
      world.time += 10n;
      await world.setTime(world.time);
      metaPool.depositAndStake(world.state, world.time, user.address, ether(100 * (index + 1)));
      await world.pool.connect(user).deposit_and_stake({ value: ether(100 * (index + 1)) });
    }
    world.start = world.time;
    return world;
  },
};

const isAsked = process.env.TRELLIS_DEEP === "1" || process.env.TRELLIS_OPERATIONS !== undefined;

if (isAsked) {
  describe("differential: the deployed system and its surroundings", function () {
    this.timeout(0);

    it("does what the model does, wei by wei", () => playAll(suite));
  });
}
