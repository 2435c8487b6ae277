import type { Mutant } from "./mutants.ts";
import { Source } from "./source.ts";
import { calledName, childOf, type Node, type Range, rangeOf, walk } from "./tree.ts";

/** Where a contract goes one way or another. */
export interface Decision {
  readonly line: number;
  /** Those that take a way from it; none where no mutant can, as for a `try`. */
  readonly mutants: readonly Mutant[];
}

/**
 * The decisions of a file: a condition, which two mutants make always and never true, and a check, which one leaves out. That a
 * check lets somebody pass is what the lines after it say.
 */
export function decisionsOf(content: string, tree: Node, mutants: readonly Mutant[]): Decision[] {
  const source = new Source(content);
  const found: Decision[] = [];
  walk(tree, (node) => {
    const isOf = waysOf(node);
    if (isOf !== undefined) found.push({ line: source.lineAt(rangeOf(node).start), mutants: mutants.filter(isOf) });
  });
  return found;
}

/** Which mutants take a way from a node; undefined if it decides nothing. A loop's condition is no decision. */
function waysOf(node: Node): ((mutant: Mutant) => boolean) | undefined {
  const condition = childOf(node, "condition");
  if ((node.nodeType === "IfStatement" || node.nodeType === "Conditional") && condition !== undefined) {
    const range = rangeOf(condition);
    return (mutant) => mutant.kind === "condition" && isAt(mutant, range) && /^(true|false)$/.test(mutant.text);
  }
  const call = node.nodeType === "ExpressionStatement" ? childOf(node, "expression") : undefined;
  if (call?.nodeType === "FunctionCall" && calledName(call) === "require") {
    const { start } = rangeOf(node);
    return (mutant) => mutant.kind === "check" && mutant.start === start;
  }
  return node.nodeType === "TryStatement" ? () => false : undefined;
}

function isAt(mutant: Range, { start, end }: Range): boolean {
  return mutant.start === start && mutant.end === end;
}
