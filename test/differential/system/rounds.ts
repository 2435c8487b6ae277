/** What anybody can ask of the allocator, and its rules. */
import { fairAllocation } from "../../../src/allocation/fair.ts";
import * as allocation from "../../../src/model/allocator.ts";
import * as legs from "../../../src/model/legs.ts";
import * as metaPool from "../../../src/model/metaPool.ts";
import type { Operator } from "../../../src/model/operators.ts";
import { ether, Mode } from "../../fixtures/allocator.ts";
import type { Log } from "../chain.ts";
import { type Act, type Operation, operation } from "../runner.ts";
import { poolOf, someone } from "../users.ts";
import { bySomebody, someOperator } from "./choices.ts";
import { isSettled, operatorOf, type System } from "./world.ts";

const MANY = 100;
const ALL = 100_000n * 10n ** 18n;
const BATCHES_PER_PING = 10;
const OPERATORS_PER_PING = 5;

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
    send: () => bySomebody(w).certifyLevels([...sheet], max),
  };
}

function settle(w: System, max: number): Act {
  return {
    model: () => allocation.settle(w.model, w.time, max),
    send: () => bySomebody(w).settle(max),
  };
}

/** Operators that have room up, or something to give in a class. */
function movable(w: System, where: "up" | 0 | 1 | 2): bigint[] {
  if (!isSettled(w)) return [];
  const live = allocation.liveOf(w.model, w.time);
  const roomOf = (operator: Operator) =>
    where === "up"
      ? legs.roomUp(w.model, w.time, operator, live)
      : legs.splitDown(w.model, w.time, operator, ALL, live).charged[where];
  return w.model.operators.filter((operator) => !operator.faulted && roomOf(operator) > 0n).map(({ id }) => id);
}

/** What each leg moved. */
function movedBy({ trellis: { allocator }, account }: System, logs: readonly Log[]): bigint[] {
  return logs.flatMap(({ address, topics, data }) => {
    if (address.toLowerCase() !== account.toLowerCase()) return [];
    const event = allocator.interface.parseLog({ topics, data });
    if (event?.name === "LegSkipped") return [0n];
    return event?.name === "Moved" ? [event.args.moved as bigint] : [];
  });
}

/* OPERATIONS */

export const rounds: Record<string, Operation<System>> = {
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
      send: () => poolOf(w, who).ping(),
    }),
  ),
  settleOne: operation(
    5,
    (w: System, random) => ({ id: random.once(20) ? 99n : someOperator(w, random) }),
    (w, { id }) => ({
      model: () => allocation.settleOne(w.model, w.time, id),
      send: () => bySomebody(w).settleOne(id),
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
      const isNeeded = isSettled(w) && allocation.liveOf(w.model, w.time).need > 0n;
      const isUp = random.once(isNeeded ? 4 : 2);
      const where = isUp ? "up" : isNeeded ? 1 : random.pick([0, 2] as const);
      const fitting = random.once(3) ? [] : movable(w, where);
      return {
        legs: Array.from({ length: 1 + random.below(6) }, () => ({
          operator: random.once(30) ? 99n : fitting.length > 0 ? random.pick(fitting) : someOperator(w, random),
          amount: random.once(3) ? ALL : random.amount(ether(40)),
          up: random.once(4) ? !isUp : isUp,
        })),
      };
    },
    (w, { legs: list }) => ({
      model: () => legs.rebalance(w.model, w.time, [...list]),
      send: () => bySomebody(w).rebalance([...list]),
      told: (logs) => (isSettled(w) ? movedBy(w, logs) : list.map(() => 0n)),
    }),
  ),
  reclaim: operation(
    5,
    (w: System, random) => ({ id: someOperator(w, random, ({ state }) => state === "Removed") }),
    (w, { id }) => {
      const pool = w.pools.find(({ model }) => model === operatorOf(w, id).pool);
      // With all the gas of a transaction a flood is read, and says nothing.
      if (pool?.hostile?.state.mode === Mode.returnsFloods) return undefined;
      return {
        model: () => allocation.reclaim(w.model, w.time, id),
        send: () => bySomebody(w).reclaim(id),
      };
    },
  ),
  clearWriteDown: operation(
    6,
    (w: System, random) => {
      const isAny = w.model.operators.some(({ premiumUnits }) => premiumUnits > 0n) || random.once(6);
      const id = someOperator(w, random, ({ premiumUnits }) => premiumUnits > 0n);
      return isAny ? { id, isNotice: !random.once(4) } : undefined;
    },
    (w, { id, isNotice }) => {
      const caller = isNotice ? w.notice : w.stranger;
      return {
        model: () => {
          allocation.clearWriteDown(w.model, w.time, id, { address: caller.address, mayCall: isNotice });
        },
        send: () => w.trellis.allocator.connect(w.by(caller)).clearWriteDown(id),
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
      send: () => w.trellis.allocator.connect(w.by(w.notice)).setParameters(given),
    }),
  ),
};
