import { audit } from "../../src/audit/audit.ts";
import { shareDown } from "../../src/allocation/amounts.ts";
import { problemOf } from "../../src/allocation/caps.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import { minMove } from "../../src/allocation/rooms.ts";
import { collectLogs, readEndState } from "../steps/logs.ts";
import type { Cast } from "./cast.ts";
import type { Stage } from "./setUp.ts";
import type { Standing } from "./standing.ts";

/** A target is rounded down to the wei, once by its own level and once by each of its groups'. */
const DUST = 3n;

export interface Verdict {
  /** Operators further from the fair allocation than band and smallest move allow, with the wei between. */
  readonly misplaced: readonly { readonly name: string; readonly position: bigint; readonly target: bigint }[];
  /** The lowest class that would move something, or null. */
  readonly needed: number | null;
  /** What the logs, replayed on their own, say against the promises. */
  readonly findings: readonly string[];
  readonly logs: number;
}

/** Holds where the stake ended against the rules: by the planner, by the lens, and by the logs alone. */
export async function judge(stage: Stage, cast: Cast, standing: Standing): Promise<Verdict> {
  const { book, needed } = standing;
  const { targets } = fairAllocation(problemOf(book.snapshot));
  const places = book.places.map((place, index) => ({ place, target: targets[index]!, name: cast.parts[index]!.name }));
  const misplaced = places
    .filter(({ place, target }) => {
      const off = place.position > target ? place.position - target : target - place.position;
      return off > shareDown(target, book.snapshot.legRules.bandBps) + minMove(book, target) + DUST;
    })
    .map(({ name, place, target }) => ({ name, position: place.position, target }));

  const events = await collectLogs(stage.trellis);
  const { findings } = audit(events, await readEndState(stage.trellis, events));
  return {
    misplaced,
    needed,
    findings: findings.map(({ promise, message }) => `${promise}: ${message}`),
    logs: events.length,
  };
}

/** What is wrong, in sentences; none if all is as the rules want it. */
export function complaintsOf({ misplaced, needed, findings }: Verdict, settled: boolean): string[] {
  const complaints = findings.map((finding) => `By the logs, ${finding}.`);
  if (misplaced.length > 0) {
    const { name, position, target } = misplaced[0]!;
    const others = misplaced.length === 1 ? "" : ` and ${misplaced.length - 1} others`;
    complaints.push(`${name}${others} ended too far from the fair allocation: ${position} wei, not ${target}.`);
  }
  if (needed !== null) complaints.push(`The pool still asks for legs of class ${needed}.`);
  if (!settled) complaints.push("The keeper did not come to an end in the epochs that it had.");
  return complaints;
}
