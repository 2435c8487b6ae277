/** The compiler's syntax tree of what is deployed. */
import { readFile } from "node:fs/promises";

import { artifacts } from "hardhat";

/** What the tables read of a node. */
export interface Node {
  readonly id: number;
  readonly name: string;
  readonly nodeType: string;
  readonly canonicalName?: string;
  readonly nodes?: readonly Node[];
  readonly members?: readonly Node[];
  readonly linearizedBaseContracts?: readonly number[];
  readonly functionSelector?: string;
  readonly implemented?: boolean;
  readonly constant?: boolean;
  readonly documentation?: { readonly text: string };
  readonly value?: { readonly value?: string };
  readonly typeDescriptions?: { readonly typeString: string };
}

export interface Definition {
  readonly node: Node;
  /** As the compiler was given it: project/… or npm/… */
  readonly source: string;
}

interface Tree {
  readonly contracts: ReadonlyMap<number, Definition>;
  /** Everything that is defined in a file or a contract. */
  readonly definitions: readonly Node[];
}

const trees = new Map<string, Promise<Tree>>();

async function readTree(file: string): Promise<Tree> {
  const { output } = JSON.parse(await readFile(file, "utf8")) as { output: { sources: Record<string, { ast: Node }> } };
  const contracts = new Map<number, Definition>();
  const definitions: Node[] = [];
  for (const [source, { ast }] of Object.entries(output.sources)) {
    for (const node of ast.nodes ?? []) {
      definitions.push(node, ...(node.nodes ?? []));
      if (node.nodeType === "ContractDefinition") contracts.set(node.id, { node, source });
    }
  }
  return { contracts, definitions };
}

/** The tree of the compilation that a contract comes from. */
async function treeOf(contract: string): Promise<Tree> {
  const id = await artifacts.getBuildInfoId(contract);
  const file = (await artifacts.getBuildInfoOutputPath(id!))!;
  if (!trees.has(file)) trees.set(file, readTree(file));
  return trees.get(file)!;
}

/** A contract and what it inherits, the most derived first. */
export async function lineageOf(contract: string): Promise<readonly Definition[]> {
  const { contracts } = await treeOf(contract);
  const { node } = [...contracts.values()].find((definition) => definition.node.name === contract)!;
  return node.linearizedBaseContracts!.map((id) => contracts.get(id)!);
}

/** The members of an enum that a contract uses. */
export async function enumMembers(contract: string, canonicalName: string): Promise<string[]> {
  const { definitions } = await treeOf(contract);
  const found = definitions.find((node) => node.nodeType === "EnumDefinition" && node.canonicalName === canonicalName)!;
  return found.members!.map(({ name }) => name);
}
