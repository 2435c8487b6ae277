import type { Source } from "../source.ts";
import { calledName, childOf, childrenOf, type Node, rangeOf, typeOf } from "../tree.ts";
import { type Edit, type Operator, replaceNode } from "./operator.ts";

/** Calls that give the same with their first two arguments swapped. */
const COMMUTATIVE = new Set(["min", "max", "saturatingAdd", "saturatingMul", "mulDiv"]);

/** `Floor` for `Ceil`, the larger for the smaller, a failing difference for one that stops at zero. */
export const rounding: Operator = (node, source) => {
  if (node.nodeType === "MemberAccess" && (node.memberName === "Ceil" || node.memberName === "Floor")) {
    const other = node.memberName === "Ceil" ? "Floor" : "Ceil";
    return [replaceNode("rounding", node, `Math.Rounding.${other}`)];
  }
  if (node.nodeType !== "FunctionCall") return [];
  const name = calledName(node);
  const parts = partsOf(node);
  if (name === "mulDiv" && parts.length === 3) {
    const { end } = rangeOf(node);
    return [{ kind: "rounding", start: end - 1, end, text: ", Math.Rounding.Ceil)" }];
  }
  if (name === "min" || name === "max") return renamed(node, source, name === "min" ? "max" : "min");
  if (name !== "saturatingSub" || parts.length !== 2) return [];
  return [replaceNode("arithmetic", node, `(${source.textOf(parts[0]!)} - ${source.textOf(parts[1]!)})`)];
};

/**
 * Two neighbours among the arguments, swapped if the compiler would take both for the other. What stands before the dot has to
 * be of exactly the type that has the function.
 */
export const swappedArguments: Operator = (node, source) => {
  if (node.nodeType !== "FunctionCall" || node.kind === "typeConversion") return [];
  if (childrenOf(node, "names").length !== 0 || (Array.isArray(node.names) && node.names.length !== 0)) return [];
  const parts = partsOf(node);
  const places = placesOf(node, parts);
  return parts.slice(1).flatMap((second, index) => {
    const first = parts[index]!;
    if (index === 0 && COMMUTATIVE.has(calledName(node))) return [];
    if (wide(first) !== wide(second) || source.textOf(first) === source.textOf(second)) return [];
    const isBound = index === 0 && parts.length !== childrenOf(node, "arguments").length;
    if (isBound && typeOf(first) !== typeOf(second)) return [];
    if (!fits(second, places?.[index]) || !fits(first, places?.[index + 1])) return [];
    return [swap(source, first, second, isBound)];
  });
};

/** The types that a call takes its parts for, if they are known. */
function placesOf(call: Node, parts: readonly Node[]): (string | undefined)[] | undefined {
  const list = /^function \((.*?)\)/.exec(typeOf(childOf(call, "expression")))?.[1]?.split(",");
  if (list === undefined || list.length < parts.length) return undefined;
  return list.slice(list.length - parts.length);
}

/** Whether the compiler takes a whole number for `type` as it is. */
function fits(node: Node, type: string | undefined): boolean {
  const [width, most] = [typeOf(node), type].map((each) => /^uint(\d+)$/.exec(each ?? "")?.[1]);
  return width === undefined || most === undefined || Number(width) <= Number(most);
}

/** What a call is given; with `using … for`, what stands before the dot, too. */
function partsOf(call: Node): Node[] {
  const given = childrenOf(call, "arguments");
  const callee = childOf(call, "expression");
  const type = typeOf(callee);
  const receiver = callee?.nodeType === "MemberAccess" ? childOf(callee, "expression") : undefined;
  const isBound = receiver !== undefined && type.startsWith("function (") && isInteger(typeOf(receiver));
  return isBound ? [receiver, ...given] : given;
}

function swap(source: Source, first: Node, second: Node, isBound: boolean): Edit {
  const [a, b] = [rangeOf(first), rangeOf(second)];
  const between = source.textAt({ start: a.end, end: b.start });
  const before = source.textOf(second);
  return {
    kind: "arguments",
    start: a.start,
    end: b.end,
    text: (isBound && second.nodeType === "BinaryOperation" ? `(${before})` : before) + between + source.textOf(first),
  };
}

function renamed(call: Node, source: Source, name: string): Edit[] {
  const callee = childOf(call, "expression")!;
  const { end } = rangeOf(callee);
  const start = end - calledName(call).length;
  return source.textAt({ start, end }) === calledName(call) ? [{ kind: "arithmetic", start, end, text: name }] : [];
}

/** The type that an argument's place takes it for: numbers written out fit where 256 bits do. */
function wide(node: Node): string {
  const type = typeOf(node);
  return type.startsWith("int_const") || /^uint\d+$/.test(type) ? "uint256" : type;
}

function isInteger(type: string): boolean {
  return /^u?int\d+$/.test(type);
}
