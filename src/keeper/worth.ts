import type { PlannedLeg } from "../allocation/plan.ts";
import type { Leg } from "../allocation/types.ts";
import type { LensReading } from "../lens/read.ts";

/** A hundredth more is asked for where a leg has to complete what is needed: the need grows while gain is released. */
const SLACK = 100n;

/**
 * The legs of a plan that are worth their gas. The buffer's target grows with every block in which gain is released; what
 * only the buffer lacks may wait until it is worth a move. What an exit lacks may not, however small it is; a small leg that
 * lands on its target is sent as it is, because only there is it no dust.
 */
export function worthSending(legs: readonly PlannedLeg[], { pool, operators }: LensReading): Leg[] {
  const { book, live, parameters } = pool;
  const exitsLack = live.need > book.bufferTarget;
  return legs.flatMap(({ operator, amount, up, charged: [class0, class1, class2] }) => {
    const isSmall = !up && class1 > 0n && class0 + class2 === 0n && amount < parameters.minMove;
    if (!isSmall) return [{ operator, amount, up }];
    if (!exitsLack) return [];
    const { position, rooms } = operators[operator - 1]!;
    const lands = position.position - amount === rooms.target;
    return [{ operator, amount: lands ? amount : amount + amount / SLACK + 1n, up }];
  });
}
