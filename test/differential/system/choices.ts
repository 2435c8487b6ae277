/** Who is chosen. */
import type { Operator } from "../../../src/model/operators.ts";
import type * as registry from "../../../src/model/registry.ts";
import type { Random } from "../random.ts";
import type { Honest, Hostile, System } from "./world.ts";

export const byNotice = (w: System) => w.trellis.registry.connect(w.by(w.notice));
export const bySomebody = (w: System) => w.trellis.allocator.connect(w.by(w.stranger));

/** Any operator, mostly one for which `is` holds. */
export function someOperator(w: System, random: Random, is: (operator: Operator) => boolean = () => true): bigint {
  const fitting = w.model.operators.filter(is);
  return random.pick(fitting.length === 0 || random.once(8) ? w.model.operators : fitting).id;
}

export const someListed = (w: System, random: Random) =>
  someOperator(w, random, ({ state }) => state !== "Delisted" && state !== "Removed");

export function somePool(w: System, random: Random): number {
  return random.below(w.pools.length);
}

/** An index of an honest pool that answers. */
export function someHonest(w: System, random: Random): number | undefined {
  const alive = w.pools.flatMap(({ honest }, index) => (honest?.isDead === false ? [index] : []));
  return alive.length === 0 ? undefined : random.pick(alive);
}

export function someHostile(w: System, random: Random): number {
  return random.pick(w.pools.flatMap(({ hostile }, index) => (hostile === undefined ? [] : [index])));
}

export const hostileOf = (w: System, pool: number) => w.pools[pool] as Hostile;

/** An honest pool, unless it has died in a sequence that was made shorter. */
export function honestOf(w: System, pool: number): Honest | undefined {
  const found = w.pools[pool]!;
  return found.honest?.isDead === false ? (found as Honest) : undefined;
}

export const someBy = (random: Random): registry.By => random.pick(["notice", "guardian"] as const);
