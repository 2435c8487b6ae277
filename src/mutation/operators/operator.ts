import type { Source } from "../source.ts";
import { type Node, type Range, rangeOf } from "../tree.ts";

/** A kind of mistake. */
export type Kind =
  | "relation"
  | "condition"
  | "arithmetic"
  | "rounding"
  | "boundary"
  | "check"
  | "statement"
  | "arguments"
  | "event"
  | "unchecked";

/** One mistake at one place. */
export interface Edit extends Range {
  readonly kind: Kind;
  readonly text: string;
}

/** The mistakes that one node invites; `above` are the nodes around it, innermost last. */
export type Operator = (node: Node, source: Source, above: readonly Node[]) => Edit[];

/** An edit that puts `text` in the place of a whole node. */
export function replaceNode(kind: Kind, node: Node, text: string): Edit {
  return { kind, ...rangeOf(node), text };
}
