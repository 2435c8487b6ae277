/** A compiled contract, as far as integrators need it. */
export interface Compiled {
  readonly name: string;
  readonly abi: readonly unknown[];
}

/** Addresses by network and contract. */
export type Addresses = Readonly<
  Record<string, { readonly chainId: number; readonly contracts: Readonly<Record<string, string>> }>
>;

/** Contracts that somebody outside talks to. */
export const PUBLISHED = [
  "MetaPool",
  "Allocator",
  "OperatorRegistry",
  "Notice",
  "StakingPool",
  "StakingPoolFactory",
  "PoolLens",
  "ReportOracle",
  "Attributes",
] as const;

/** What integrators get, as file names and contents: ABIs as JSON and as typed constants, and the addresses. */
export function bundle(contracts: readonly Compiled[], addresses: Addresses): Map<string, string> {
  const files = new Map<string, string>();
  for (const { name, abi } of contracts) {
    files.set(`abi/${name}.json`, `${JSON.stringify(abi, null, 2)}\n`);
    files.set(`src/${name}.ts`, `export const ${constantOf(name)} = ${JSON.stringify(abi, null, 2)} as const;\n`);
  }
  files.set("addresses.json", `${JSON.stringify(addresses, null, 2)}\n`);
  files.set("src/addresses.ts", `export const addresses = ${JSON.stringify(addresses, null, 2)} as const;\n`);
  const names = [...contracts.map(({ name }) => [constantOf(name), name]), ["addresses", "addresses"]];
  files.set("src/index.ts", names.map(([constant, file]) => `export { ${constant} } from "./${file}.js";\n`).join(""));
  return files;
}

function constantOf(name: string): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}Abi`;
}
