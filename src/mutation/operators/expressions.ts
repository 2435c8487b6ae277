import type { Source } from "../source.ts";
import { childOf, type Node, rangeOf, typeOf } from "../tree.ts";
import { type Edit, type Kind, type Operator, replaceNode } from "./operator.ts";

/** The neighbour at the boundary, and the opposite. */
const RELATIONS: Readonly<Record<string, readonly string[]>> = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "==": ["!="],
  "!=": ["=="],
};

const ARITHMETIC: Readonly<Record<string, readonly string[]>> = {
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "**": ["*"],
};

const ASSIGNMENTS: Readonly<Record<string, readonly string[]>> = {
  "+=": ["-=", "="],
  "-=": ["+=", "="],
  "*=": ["/=", "="],
  "/=": ["*=", "="],
};

const STEPS: Readonly<Record<string, readonly string[]>> = { "++": ["--"], "--": ["++"] };

/** `<` for `<=`, `!=` for `==`. */
export const relations: Operator = (node, source) =>
  node.nodeType === "BinaryOperation" ? swapBetween("relation", node, source, RELATIONS) : [];

/** `+` for `-`, `=` for `+=`, `--` for `++`, a difference that fails for one that stops at zero. */
export const arithmetic: Operator = (node, source) => {
  if (node.nodeType === "BinaryOperation") return swapBetween("arithmetic", node, source, ARITHMETIC);
  if (node.nodeType === "Assignment") return swapBetween("arithmetic", node, source, ASSIGNMENTS);
  if (node.nodeType !== "UnaryOperation") return [];
  const operator = String(node.operator);
  const at = source.find(operator, rangeOf(node));
  return at === undefined ? [] : (STEPS[operator] ?? []).map((text) => ({ kind: "arithmetic", ...at, text }));
};

/** A number one off, a truth value turned around. How long an array is belongs to its type. */
export const boundaries: Operator = (node, source, above) => {
  if (node.nodeType !== "Literal" || above.at(-1)?.nodeType === "ArrayTypeName") return [];
  const text = source.textOf(node);
  if (node.kind === "bool") return [replaceNode("condition", node, text === "true" ? "false" : "true")];
  if (node.kind !== "number") return [];
  const smaller = Number(node.value) === 0 ? [] : [`(${text} - 1)`];
  return [`(${text} + 1)`, ...smaller].map((replacement) => replaceNode("boundary", node, replacement));
};

/** What decides, decided beforehand; half of what decides. A loop that never ends says nothing, so none is made. */
export const conditions: Operator = (node, source) => {
  const condition = childOf(node, "condition");
  if (condition !== undefined) {
    const isLoop = node.nodeType === "ForStatement" || node.nodeType === "WhileStatement";
    return (isLoop ? ["false"] : ["true", "false"]).map((text) => replaceNode("condition", condition, text));
  }
  if (node.nodeType === "UnaryOperation" && node.operator === "!") {
    return [replaceNode("condition", node, source.textOf(childOf(node, "subExpression")!))];
  }
  if (node.nodeType !== "BinaryOperation" || (node.operator !== "&&" && node.operator !== "||")) return [];
  return ["leftExpression", "rightExpression"].map((side) =>
    replaceNode("condition", node, source.textOf(childOf(node, side)!)),
  );
};

/** A quotient that is rounded the other way, but for constants, in which nothing may be called. */
export const quotients: Operator = (node, source, above) => {
  if (node.nodeType !== "BinaryOperation" || node.operator !== "/" || typeOf(node) !== "uint256") return [];
  if (above.some(({ nodeType, constant }) => nodeType === "VariableDeclaration" && constant === true)) return [];
  const [dividend, divisor] = [childOf(node, "leftExpression")!, childOf(node, "rightExpression")!];
  return [replaceNode("rounding", node, `Math.ceilDiv(${source.textOf(dividend)}, ${source.textOf(divisor)})`)];
};

/** Other signs for the one between the two sides of `node`. */
function swapBetween(
  kind: Kind,
  node: Node,
  source: Source,
  others: Readonly<Record<string, readonly string[]>>,
): Edit[] {
  const operator = String(node.operator);
  const left = childOf(node, "leftExpression") ?? childOf(node, "leftHandSide");
  const right = childOf(node, "rightExpression") ?? childOf(node, "rightHandSide");
  if (left === undefined || right === undefined) return [];
  const at = source.find(operator, { start: rangeOf(left).end, end: rangeOf(right).start });
  return at === undefined ? [] : (others[operator] ?? []).map((text) => ({ kind, ...at, text }));
}
