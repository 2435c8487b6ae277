import type { Mutant } from "./mutants.ts";
import { Source } from "./source.ts";
import { childOf, type Node, type Range, rangeOf, typeOf } from "./tree.ts";

/** Where one way of a switch replaces another: `text` as a mutant has it, or what stands there. */
export interface Switch extends Range {
  readonly mutant: Mutant;
  readonly isStatement: boolean;
  readonly text: string;
  readonly original: string;
}

/** Who is on: a number that is put into compiled code, where this one stands. No literal is as long, so it is there once. */
export const PLACEHOLDER = "d1ce0000000000000000000000000000000000000000000000000000000f00d5";
const ASKING = `
function mutantIs(uint256 number) pure returns (bool) {
    return number == 0x${PLACEHOLDER};
}
`;

/**
 * How a mutant can be one of several in the same contract: a statement or a value that is chosen when it is reached. Undefined
 * where nothing can be chosen, as in a constant or in the head of a function.
 */
export function switchOf(source: Source, tree: Node, mutant: Mutant): Switch | undefined {
  const above = nodesAround(tree, mutant);
  if (above.some(isFixed)) return undefined;
  if (mutant.text.startsWith("{")) return switchAt(source, mutant, mutant, true);
  for (let index = above.length - 1; index > 0; index -= 1) {
    const [node, parent] = [above[index]!, above[index - 1]!];
    if (isValue(node) && !isAssigned(node, parent)) return switchAt(source, mutant, rangeOf(node), false);
    if (!node.nodeType.endsWith("Statement") && node.nodeType !== "Return") continue;
    const isWhole = ["ExpressionStatement", "EmitStatement", "Return"].includes(node.nodeType);
    const { start, end } = rangeOf(node);
    const isEnded = source.textAt({ start: end, end: end + 1 }) === ";";
    return isWhole && isEnded ? switchAt(source, mutant, { start, end: end + 1 }, true) : undefined;
  }
  return undefined;
}

/** A source with switches, which may not overlap, and where they are in it. */
export function withSwitches(content: string, switches: ReadonlyMap<number, Switch>): Switched {
  const source = new Source(content);
  const places = new Map<number, Range>();
  let [text, length, done] = ["", 0, 0];
  const add = (part: string) => {
    text += part;
    length += Buffer.byteLength(part);
  };
  for (const [number, each] of [...switches].sort(([, a], [, b]) => a.start - b.start)) {
    add(source.textAt({ start: done, end: each.start }));
    const start = length;
    add(render(each, number));
    places.set(number, { start, end: length });
    done = each.end;
  }
  add(source.textAt({ start: done, end: Buffer.byteLength(content) }));
  return { content: text + ASKING, places };
}

export interface Switched {
  readonly content: string;
  readonly places: ReadonlyMap<number, Range>;
}

export function overlap(a: Range, b: Range): boolean {
  return a.start < b.end && b.start < a.end;
}

function render({ isStatement, text, original }: Switch, number: number): string {
  return isStatement
    ? `{ if (mutantIs(${number})) { ${text} } else { ${original} } }`
    : `(mutantIs(${number}) ? (${text}) : (${original}))`;
}

function switchAt(source: Source, mutant: Mutant, range: Range, isStatement: boolean): Switch {
  const before = source.textAt({ start: range.start, end: mutant.start });
  const after = source.textAt({ start: mutant.end, end: range.end });
  const { start, end } = range;
  return { mutant, start, end, isStatement, text: before + mutant.text + after, original: source.textAt(range) };
}

/** The nodes around a place, innermost last. */
function nodesAround(tree: Node, place: Range): Node[] {
  const found: Node[] = [];
  for (
    let node: Node | undefined = tree;
    node !== undefined;
    node = nodesBelow(node).find((each) => holds(each, place))
  )
    found.push(node);
  return found;
}

function nodesBelow(node: Node): Node[] {
  return Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter(
      (value): value is Node => typeof value === "object" && value !== null && "nodeType" in value && "src" in value,
    );
}

function holds(node: Node, { start, end }: Range): boolean {
  const range = rangeOf(node);
  return range.start <= start && end <= range.end;
}

/** What the compiler has to know beforehand. */
function isFixed(node: Node): boolean {
  return (
    (node.nodeType === "VariableDeclaration" && node.constant === true) ||
    node.nodeType === "ModifierInvocation" ||
    node.nodeType === "InlineAssembly"
  );
}

const VALUE = /^(u?int\d+|bool|address( payable)?|bytes\d+|enum \S+|contract \S+|int_const .*)$/;

function isValue(node: Node): boolean {
  const isExpression =
    ["BinaryOperation", "FunctionCall", "Conditional", "Literal", "Identifier", "MemberAccess", "IndexAccess"].includes(
      node.nodeType,
    ) ||
    (node.nodeType === "UnaryOperation" && node.operator === "!");
  return isExpression && VALUE.test(typeOf(node));
}

/** Not read but written; or part of a number that is calculated beforehand, or that would take fewer bits by itself. */
function isAssigned(node: Node, parent: Node): boolean {
  if (parent.nodeType === "Assignment") return childOf(parent, "leftHandSide") === node;
  if (parent.nodeType === "UnaryOperation") return parent.operator !== "!";
  return typeOf(parent).startsWith("int_const") || ["**", "<<"].includes(String(parent.operator));
}
