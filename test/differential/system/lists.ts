/** What the registry's roles do with the lists of operators and groups. */
import { ZeroAddress } from "ethers";

import { NO_CAP, NO_SHARE } from "../../../rocketh/parameters.ts";
import * as allocation from "../../../src/model/allocator.ts";
import * as registry from "../../../src/model/registry.ts";
import { ether, packGroups } from "../../fixtures/allocator.ts";
import type { Random } from "../random.ts";
import { type Operation, operation } from "../runner.ts";
import { byNotice, someBy, someListed, someOperator, somePool } from "./choices.ts";
import { addressOfOperator, capsOf, groupOf, idsOf, operatorOf, type System } from "./world.ts";

function someCaps(random: Random) {
  return {
    poolShareBps: random.once(3) ? NO_SHARE : 2000 + random.below(5000),
    netShareBps: random.once(3) ? 2000 + random.below(5000) : NO_SHARE,
    absoluteCap: random.once(4) ? random.amount(ether(300)) : NO_CAP,
  };
}

/** A share of the pool that some newcomer's ramp reaches in the next clean round. */
function shareToEstablish({ model }: System): bigint | undefined {
  const ramping = model.operators.find(({ state, ramp }) => state === "Ramping" && ramp > 0n);
  const { withFaulted } = model.snapshot ?? { withFaulted: 0n };
  if (ramping === undefined || withFaulted === 0n) return undefined;
  const share = (ramping.ramp * 14_000n) / withFaulted;
  return share === 0n ? undefined : share;
}

/** One per dimension, 0 for none. */
function someGroups(random: Random): number[] {
  return [random.below(3), random.pick([0, 3, 4, 5]), 0, 0, random.pick([0, 6, 7])];
}

export const lists: Record<string, Operation<System>> = {
  list: operation(
    3,
    (w: System, random) => {
      const spare = w.pools.flatMap(({ model }, index) =>
        w.model.operators.some((operator) => operator.pool === model && operator.state !== "Removed") ? [] : [index],
      );
      const pool = spare.length === 0 || random.once(5) ? somePool(w, random) : random.pick(spare);
      const weight = 50 + random.below(150);
      return { pool, weight, groups: someGroups(random) };
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
            address,
            isVouchedFor,
          }),
        send: () =>
          byNotice(w).list({
            pool: address,
            factory: fromFactory ? w.trellis.factory : ZeroAddress,
            weight,
            minWeight: 0,
            maxWeight: weight * 10,
            absoluteCap: NO_CAP,
            groups: packGroups(groups),
          }),
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
      send: () => w.trellis.registry.connect(w.by(by === "notice" ? w.notice : w.guardian)).drain(id),
    }),
  ),
  reinstate: operation(
    5,
    (w: System, random) => ({ id: someOperator(w, random, ({ state }) => state === "Draining") }),
    (w, { id }) => ({
      model: () => {
        registry.reinstate(w.model, id);
      },
      send: () => byNotice(w).reinstate(id),
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
        send: () => w.trellis.registry.connect(w.by(by === "notice" ? w.notice : w.guardian)).delist(id),
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
      send: () => w.trellis.registry.connect(w.by(w.stranger)).remove(id),
    }),
  ),
  watch: operation(
    1,
    (w: System, random) => ({ id: someListed(w, random) }),
    (w, { id }) => ({
      model: () => {
        registry.watch(w.model, id, "guardian");
      },
      send: () => w.trellis.registry.connect(w.by(w.guardian)).watch(id),
    }),
  ),
  clearWatch: operation(
    5,
    (w: System, random) => ({ id: someOperator(w, random, ({ watch }) => watch) }),
    (w, { id }) => ({
      model: () => {
        registry.clearWatch(w.model, id);
      },
      send: () => byNotice(w).clearWatch(id),
    }),
  ),
  whitelistPool: operation(
    3,
    (w: System, random) => ({ id: someOperator(w, random, ({ whitelisted }) => !whitelisted) }),
    (w, { id }) => ({
      model: () => {
        registry.setWhitelisted(w.model, w.time, id, { whitelisted: true, by: "notice" });
      },
      send: () => byNotice(w).whitelistPool(addressOfOperator(w, id)),
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
        send: () => w.trellis.registry.connect(w.by(caller)).unwhitelistPool(addressOfOperator(w, id)),
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
      send: () => byNotice(w).setAbsoluteCap(id, cap),
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
      send: () => w.trellis.registry.connect(w.by(by === "notice" ? w.notice : w.guardian)).lowerAbsoluteCap(id, cap),
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
      send: () => w.trellis.registry.connect(w.by(w.trellis.scorer)).setWeights([id], [weight]),
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
      send: () => byNotice(w).setWeightBounds(id, least, most),
    }),
  ),
  setGroups: operation(
    2,
    (w: System, random) => ({ id: someListed(w, random), groups: someGroups(random) }),
    (w, { id, groups }) => ({
      model: () => {
        registry.setGroups(w.model, id, idsOf(groups));
      },
      send: () => byNotice(w).setGroups(id, packGroups(groups)),
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
      send: () => byNotice(w).setGroup(group, { dimension, ...caps }),
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
          .connect(w.by(by === "notice" ? w.notice : w.guardian))
          .lowerGroupCaps(group, caps.poolShareBps, caps.netShareBps, caps.absoluteCap),
    }),
  ),
  setPolicy: operation(
    2,
    (w: System, random) => ({
      poolShareBps: (random.once(2) ? undefined : shareToEstablish(w)) ?? BigInt(1000 + random.below(2333)),
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
      send: () => byNotice(w).setPolicy(given),
    }),
  ),
};
