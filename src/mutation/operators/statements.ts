import type { Source } from "../source.ts";
import { calledName, childOf, childrenOf, type Node, type Range, rangeOf, typeOf, walk } from "../tree.ts";
import { type Kind, type Operator, replaceNode } from "./operator.ts";

/** Statements that go without a trace: checks, events, and all that does something. */
export const removedStatements: Operator = (node, source, above) => {
  const kind = kindOf(node);
  if (kind === undefined || returnsPointer(node, above)) return [];
  // What a loop does after each turn, between its brackets, goes without a trace.
  if (above.at(-1)?.loopExpression === node) return [replaceNode(kind, node, "")];
  return [{ kind, ...wholeOf(node, source), text: "{}" }];
};

/** Guards in the head of a function. */
export const removedModifiers: Operator = (node, _source, above) => {
  const isGuard = node.nodeType === "ModifierInvocation" && node.kind === "modifierInvocation";
  return isGuard && above.at(-1)?.kind !== "constructor" ? [replaceNode("check", node, "")] : [];
};

/** Overflow checks. A sum in 256 bits cannot overflow with amounts that exist, so it is left alone. */
export const uncheckedStatements: Operator = (node, source, above) => {
  if (node.nodeType === "UncheckedBlock") {
    return [replaceNode("unchecked", node, source.textOf(node).replace(/^unchecked\s*/, ""))];
  }
  const isStatement = node.nodeType === "ExpressionStatement" || node.nodeType === "Return";
  if (!isStatement || above.some(({ nodeType }) => nodeType === "UncheckedBlock")) return [];
  const whole = wholeOf(node, source);
  return canOverflow(node) ? [{ kind: "unchecked", ...whole, text: `{ unchecked { ${source.textAt(whole)} } }` }] : [];
};

/** A statement with its semicolon, which the compiler does not count. */
function wholeOf(node: Node, source: Source): Range {
  const { start, end } = rangeOf(node);
  return { start, end: source.textAt({ start: end, end: end + 1 }) === ";" ? end + 1 : end };
}

function kindOf(node: Node): Kind | undefined {
  if (node.nodeType === "EmitStatement") return "event";
  if (node.nodeType === "RevertStatement") return "check";
  if (["Return", "Break", "Continue"].includes(node.nodeType)) return "statement";
  if (node.nodeType !== "ExpressionStatement") return undefined;
  const expression = childOf(node, "expression")!;
  if (expression.nodeType !== "FunctionCall") return "statement";
  const name = calledName(expression);
  return name === "require" || name === "revert" || name.startsWith("_check") ? "check" : "statement";
}

/** The compiler refuses a function that leaves a storage pointer unset. */
function returnsPointer(node: Node, above: readonly Node[]): boolean {
  if (node.nodeType !== "Return") return false;
  const definition = above.findLast(({ nodeType }) => nodeType === "FunctionDefinition");
  const returned = definition === undefined ? undefined : childOf(definition, "returnParameters");
  return (
    returned !== undefined && childrenOf(returned, "parameters").some((each) => each.storageLocation === "storage")
  );
}

function canOverflow(statement: Node): boolean {
  let found = false;
  walk(statement, (node) => {
    const operator = String(node.operator);
    if (node.nodeType === "UnaryOperation") found ||= operator === "--";
    if (node.nodeType !== "BinaryOperation" && node.nodeType !== "Assignment") return;
    if (["-", "-="].includes(operator)) found = true;
    if (["+", "*", "+=", "*="].includes(operator))
      found ||= /^uint\d+$/.test(typeOf(node)) && typeOf(node) !== "uint256";
  });
  return found;
}
