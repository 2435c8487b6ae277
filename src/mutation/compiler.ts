import { createRequire } from "node:module";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { Failure } from "../cli/failure.ts";
import type { Node } from "./tree.ts";

/** What a deployment needs of a compiled contract. */
export interface Code {
  readonly bytecode: string;
  readonly linkReferences: LinkReferences;
  readonly deployedBytecode: string;
  readonly deployedLinkReferences: LinkReferences;
}

export type LinkReferences = Readonly<
  Record<string, Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>>
>;

/** A compiled contract, by "contracts/File.sol:Name". */
export type Codes = ReadonlyMap<string, Code>;

/** `plain` compiles three times as fast; `deployed` is what a chain gets. */
export type Optimization = "plain" | "deployed";

/** The last build: what the compiler was given, and what it made of it. */
export interface Build {
  readonly sources: Readonly<Record<string, { readonly content: string }>>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly trees: Readonly<Record<string, Node>>;
  /** The contracts whose code has parts of a file; those that create or link each other are in one group. */
  readonly usersOf: (file: string) => string[][];
}

interface Bytecode {
  readonly object: string;
  readonly linkReferences: LinkReferences;
  readonly sourceMap?: string;
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly message: string }[];
  readonly sources: Readonly<Record<string, { readonly id: number; readonly ast: Node }>>;
  readonly contracts?: Readonly<
    Record<string, Readonly<Record<string, { evm: { bytecode: Bytecode; deployedBytecode: Bytecode } }>>>
  >;
}

/** The sources of the project are under this name in the compiler's input. */
export const PROJECT = "project/";
const SELECTION = ["object", "linkReferences"].flatMap((part) => [
  `evm.bytecode.${part}`,
  `evm.deployedBytecode.${part}`,
]);
/** The hash of the sources, and what comes with it, at the end of the code that a build makes. */
const METADATA_BYTES = 53;
/** A library whose functions are all internal leaves an empty shell. */
const SHELL_BYTES = 100;

/** Reads what `hardhat build` left in `artifacts`. */
export function readBuild(artifacts = "artifacts"): Build {
  const folder = path.join(artifacts, "build-info");
  const files = readFiles(folder);
  const name = files.find((file) => file.endsWith(".output.json"));
  if (name === undefined || files.length !== 2) {
    throw new Failure(`There is not one whole build in ${folder}: remove artifacts and cache, and run npm run build.`);
  }
  const { input } = readJson(path.join(folder, name.replace(".output", ""))) as { input: Build };
  const { output } = readJson(path.join(folder, name)) as { output: Output };
  const trees = Object.fromEntries(Object.entries(output.sources).map(([file, { ast }]) => [ownName(file), ast]));
  const known = new Map<string, string[][]>();
  return {
    sources: input.sources,
    settings: input.settings,
    trees,
    usersOf: (file) => {
      if (!known.has(file)) known.set(file, usersOf(output, file));
      return known.get(file)!;
    },
  };
}

/** The compiler's first complaint. */
export class Refused extends Error {}

/** Compiles `contracts` out of the build's sources, some of them replaced. */
export function compile(
  { sources, settings }: Pick<Build, "sources" | "settings">,
  contracts: readonly string[],
  replaced: Readonly<Record<string, string>>,
  optimization: Optimization,
): Codes {
  const outputSelection: Record<string, Record<string, string[]>> = {};
  for (const contract of contracts) {
    const [file, name] = contract.split(":") as [string, string];
    outputSelection[PROJECT + file] = { ...outputSelection[PROJECT + file], [name]: SELECTION };
  }
  const changed = Object.entries(replaced).map(([file, content]) => [PROJECT + file, { content }] as const);
  const input = {
    language: "Solidity",
    sources: neededFor(Object.keys(outputSelection), { ...sources, ...Object.fromEntries(changed) }, settings),
    settings: {
      ...settings,
      ...(optimization === "plain" ? { optimizer: { enabled: false } } : {}),
      metadata: { appendCBOR: false, bytecodeHash: "none" },
      outputSelection,
    },
  };
  const output = JSON.parse(solc().compile(JSON.stringify(input))) as Output;
  const refusal = output.errors?.find(({ severity }) => severity === "error");
  if (refusal !== undefined) throw new Refused(refusal.message);
  return new Map(contracts.map((contract) => [contract, codeOf(output, contract)]));
}

/** As `usersOf`, without tests in Solidity. */
export function deployableUsers({ usersOf }: Build, file: string): string[][] {
  const groups = usersOf(file).map((group) => group.filter((contract) => contract.startsWith("contracts/")));
  return groups.filter((group) => group.length !== 0);
}

/** A source and all that it imports, by their names in the compiler's input. */
export function neededFor(
  roots: readonly string[],
  sources: Build["sources"],
  settings: Build["settings"],
): Record<string, { readonly content: string }> {
  const needed: Record<string, { readonly content: string }> = {};
  const open = [...roots];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const source = sources[name];
    if (needed[name] !== undefined || source === undefined) continue;
    needed[name] = source;
    for (const [, imported] of source.content.matchAll(/(?:from|import)\s+"([^"]+)"/g)) {
      open.push(resolveImport(imported!, name, settings.remappings as readonly string[]));
    }
  }
  return needed;
}

function resolveImport(imported: string, from: string, remappings: readonly string[]): string {
  if (imported.startsWith(".")) return path.posix.join(path.posix.dirname(from), imported);
  for (const remapping of remappings) {
    const [, context, prefix, target] = /^([^=]*):([^:=]+)=(.*)$/.exec(remapping) ?? [];
    if (from.startsWith(context!) && imported.startsWith(prefix!)) return target! + imported.slice(prefix!.length);
  }
  return imported;
}

function codeOf(output: Output, contract: string): Code {
  const [file, name] = contract.split(":") as [string, string];
  const { bytecode, deployedBytecode } = output.contracts![PROJECT + file]![name]!.evm;
  return {
    bytecode: `0x${bytecode.object}`,
    linkReferences: ownNames(bytecode.linkReferences),
    deployedBytecode: `0x${deployedBytecode.object}`,
    deployedLinkReferences: ownNames(deployedBytecode.linkReferences),
  };
}

/** Contracts whose instructions come from `file`, and those that hold such a contract's code to create it. */
function usersOf(output: Output, file: string): string[][] {
  const id = output.sources[PROJECT + file]?.id;
  const contracts = Object.entries(output.contracts ?? {})
    .filter(([source]) => source.startsWith(PROJECT))
    .flatMap(([source, inside]) =>
      Object.entries(inside).map(([name, { evm }]) => ({ name: `${ownName(source)}:${name}`, ...evm })),
    )
    .filter(({ deployedBytecode }) => deployedBytecode.object.length > 2 * SHELL_BYTES);
  const users = new Map(
    contracts
      .filter(({ bytecode, deployedBytecode }) => [bytecode, deployedBytecode].some((code) => mentions(code, id)))
      .map((contract) => [contract.name, contract]),
  );
  const groups = new Map([...users.keys()].map((name) => [name, new Set([name])]));
  const join = (a: string, b: string) => {
    const group = new Set([...(groups.get(a) ?? [a]), ...(groups.get(b) ?? [b])]);
    for (const name of group) groups.set(name, group);
  };
  for (const [name, { bytecode, deployedBytecode }] of users) {
    const runtime = deployedBytecode.object.slice(0, -2 * METADATA_BYTES);
    for (const contract of contracts) {
      if (!contract.bytecode.object.includes(runtime)) continue;
      users.set(contract.name, contract);
      join(name, contract.name);
    }
    for (const [source, libraries] of Object.entries(bytecode.linkReferences)) {
      for (const library of Object.keys(libraries).map((each) => `${ownName(source)}:${each}`)) {
        if (users.has(library)) join(name, library);
      }
    }
  }
  return [...new Set(groups.values())].map((group) => [...group].sort());
}

/** Whether a source map, "start:length:file:jump;…" with empty fields for "as before", names a file. */
function mentions({ sourceMap = "" }: Bytecode, file: number | undefined): boolean {
  return sourceMap.split(";").some((entry) => entry.split(":")[2] === String(file));
}

function ownNames(references: LinkReferences): LinkReferences {
  return Object.fromEntries(Object.entries(references).map(([file, names]) => [ownName(file), names]));
}

function ownName(file: string): string {
  return file.startsWith(PROJECT) ? file.slice(PROJECT.length) : file;
}

function readFiles(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}

let loaded: { compile: (input: string) => string } | undefined;

function solc(): { compile: (input: string) => string } {
  loaded ??= createRequire(import.meta.url)("solc") as typeof loaded;
  return loaded!;
}
