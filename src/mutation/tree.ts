/** A node of the compiler's syntax tree, as far as anybody looks at it here. */
export interface Node {
  readonly nodeType: string;
  readonly src: string;
  readonly [field: string]: unknown;
}

/** Positions are bytes of the source, as the compiler counts them. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export function rangeOf(node: Node): Range {
  const [start, length] = node.src.split(":").map(Number);
  return { start: start!, end: start! + length! };
}

/** The node below `node` in `field`, if there is one. */
export function childOf(node: Node, field: string): Node | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

/** The nodes below `node` in `field`. */
export function childrenOf(node: Node, field: string): Node[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The type of an expression, such as "uint96"; empty where it has none. */
export function typeOf(node: Node | undefined): string {
  const types = node?.typeDescriptions as { typeString?: string } | undefined;
  return types?.typeString ?? "";
}

/** What a call calls: the last name of `a.b.c(…)`. */
export function calledName(call: Node): string {
  let callee = childOf(call, "expression");
  if (callee?.nodeType === "FunctionCallOptions") callee = childOf(callee, "expression");
  const name = callee?.nodeType === "MemberAccess" ? callee.memberName : callee?.name;
  return typeof name === "string" ? name : "";
}

/** Visits `node` and all that is below it, with the nodes above, innermost last. */
export function walk(
  node: Node,
  visit: (node: Node, above: readonly Node[]) => void,
  above: readonly Node[] = [],
): void {
  visit(node, above);
  const inside = [...above, node];
  for (const value of Object.values(node)) {
    for (const below of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isNode(below)) walk(below, visit, inside);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "nodeType" in value && "src" in value;
}
