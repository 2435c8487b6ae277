import { boundaries, conditions, arithmetic, quotients, relations } from "./operators/expressions.ts";
import { rounding, swappedArguments } from "./operators/calls.ts";
import type { Edit, Kind, Operator } from "./operators/operator.ts";
import { removedModifiers, removedStatements, uncheckedStatements } from "./operators/statements.ts";
import { Source } from "./source.ts";
import { type Node, walk } from "./tree.ts";

const OPERATORS: readonly Operator[] = [
  relations,
  arithmetic,
  boundaries,
  conditions,
  quotients,
  rounding,
  swappedArguments,
  removedStatements,
  removedModifiers,
  uncheckedStatements,
];

/** A source with one mistake in it. */
export interface Mutant extends Edit {
  /** The same in every run over the same source: file, position and kind. */
  readonly id: string;
  readonly file: string;
  readonly line: number;
  /** The function that it is in; empty outside of any. */
  readonly function: string;
  readonly kind: Kind;
  readonly original: string;
}

/** All mutants of a file, in the order of their places. */
export function mutantsOf(file: string, content: string, tree: Node): Mutant[] {
  const source = new Source(content);
  const found: Mutant[] = [];
  const ids = new Set<string>();
  walk(tree, (node, above) => {
    if (!isCode(above)) return;
    for (const edit of OPERATORS.flatMap((operator) => operator(node, source, above))) {
      const id = `${file}:${edit.start}-${edit.end}:${edit.kind}:${edit.text.replace(/\s+/g, " ").slice(0, 24)}`;
      if (ids.has(id)) continue;
      ids.add(id);
      const original = source.textAt(edit);
      found.push({ ...edit, id, file, line: source.lineAt(edit.start), function: functionAround(above), original });
    }
  });
  return found.sort((a, b) => a.start - b.start || a.end - b.end || (a.id < b.id ? -1 : 1));
}

/** Inside of functions, and constants: not types, structs, events, or where a contract keeps its state. */
function isCode(above: readonly Node[]): boolean {
  const contract = above.findIndex(({ nodeType }) => nodeType === "ContractDefinition");
  const member = above[contract + 1];
  if (contract === -1 || member === undefined) return false;
  return (
    member.nodeType === "FunctionDefinition" || (member.nodeType === "VariableDeclaration" && member.constant === true)
  );
}

function functionAround(above: readonly Node[]): string {
  const definition = above.find(({ nodeType }) => nodeType === "FunctionDefinition");
  if (definition === undefined) return "";
  return definition.name === "" ? String(definition.kind) : String(definition.name);
}
