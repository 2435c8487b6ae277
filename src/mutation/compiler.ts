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
  /** The contracts whose code has parts of a file; those that create each other are in one group. */
  readonly usersOf: (file: string) => string[][];
}

interface Bytecode {
  readonly object: string;
  readonly linkReferences: LinkReferences;
  readonly sourceMap?: string;
}

interface Output {
  readonly errors?: readonly {
    readonly severity: string;
    readonly message: string;
    readonly sourceLocation?: { readonly start: number };
  }[];
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

/** One of the compiler's runs that a build was made of. */
interface Job {
  readonly input: Pick<Build, "sources" | "settings">;
  readonly output: Output;
}

/** Reads what `hardhat build` left in `artifacts`: a job for everything, or several when it had only compiled changes. */
export function readBuild(artifacts = "artifacts"): Build {
  const folder = path.join(artifacts, "build-info");
  const jobs = new Map(
    filesIn(folder)
      .filter((file) => file.endsWith(".output.json"))
      .map((file) => {
        const id = file.slice(0, -".output.json".length);
        const { input } = readJson(path.join(folder, `${id}.json`)) as Pick<Job, "input">;
        const { output } = readJson(path.join(folder, file)) as Pick<Job, "output">;
        return [id, { input, output }] as const;
      }),
  );
  if (jobs.size === 0) throw new Failure("The contracts are not built: run npm run build.");

  const sources: Record<string, { readonly content: string }> = {};
  const trees: Record<string, Node> = {};
  const compiled: Compiled[] = [];
  for (const [id, { input, output }] of jobs) {
    for (const [name, source] of Object.entries(input.sources)) {
      const file = ownName(name);
      const isLatest = file === name || jobOf(path.join(artifacts, file)) === id;
      if (!isLatest && sources[name] !== undefined) continue;
      sources[name] = source;
      trees[file] = output.sources[name]!.ast;
      if (isLatest && file !== name) compiled.push(...compiledIn(output, name));
    }
  }
  const known = new Map<string, string[][]>();
  return {
    sources,
    settings: [...jobs.values()][0]!.input.settings,
    trees,
    usersOf: (file) => {
      if (!known.has(file)) known.set(file, usersOf(compiled, file));
      return known.get(file)!;
    },
  };
}

/** The job whose code the artifacts of a file hold; a file without artifacts has none. */
function jobOf(folder: string): string | undefined {
  const artifact = filesIn(folder).find((file) => file.endsWith(".json"));
  return artifact === undefined
    ? undefined
    : (readJson(path.join(folder, artifact)) as { buildInfoId: string }).buildInfoId;
}

/** The compiler's first complaint, and where it is. */
export class Refused extends Error {
  readonly start: number;

  constructor(message: string, start = 0) {
    super(message);
    this.start = start;
  }
}

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
  if (refusal !== undefined) throw new Refused(refusal.message, refusal.sourceLocation?.start);
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
    linkReferences: bytecode.linkReferences,
    deployedBytecode: `0x${deployedBytecode.object}`,
    deployedLinkReferences: deployedBytecode.linkReferences,
  };
}

/** A contract as it was built. */
interface Compiled {
  readonly name: string;
  readonly bytecode: Bytecode;
  readonly deployedBytecode: Bytecode;
  /** The files that its instructions come from. */
  readonly files: ReadonlySet<string>;
}

function compiledIn(output: Output, source: string): Compiled[] {
  const files = new Map(Object.entries(output.sources).map(([name, { id }]) => [id, ownName(name)]));
  return Object.entries(output.contracts?.[source] ?? {})
    .filter(([, { evm }]) => evm.deployedBytecode.object.length > 2 * SHELL_BYTES)
    .map(([name, { evm }]) => ({
      name: `${ownName(source)}:${name}`,
      bytecode: evm.bytecode,
      deployedBytecode: evm.deployedBytecode,
      files: new Set([evm.bytecode, evm.deployedBytecode].flatMap(filesBehind).flatMap((id) => files.get(id) ?? [])),
    }));
}

/** The numbers of the files in a source map, "start:length:file:jump;…" with empty fields for "as before". */
function filesBehind({ sourceMap = "" }: Bytecode): number[] {
  const fields = sourceMap.split(";").map((entry) => entry.split(":")[2]);
  return [...new Set(fields)].filter((field) => field !== undefined && field !== "").map(Number);
}

/** Contracts whose instructions come from `file`, and those that hold such a contract's code to create it. */
function usersOf(contracts: readonly Compiled[], file: string): string[][] {
  const users = new Map(contracts.filter(({ files }) => files.has(file)).map((contract) => [contract.name, contract]));
  const groups = new Map([...users.keys()].map((name) => [name, new Set([name])]));
  const join = (a: string, b: string) => {
    const group = new Set([...(groups.get(a) ?? [a]), ...(groups.get(b) ?? [b])]);
    for (const name of group) groups.set(name, group);
  };
  for (const [name, { deployedBytecode }] of users) {
    const runtime = deployedBytecode.object.slice(0, -2 * METADATA_BYTES);
    for (const contract of contracts) {
      if (!contract.bytecode.object.includes(runtime)) continue;
      users.set(contract.name, contract);
      join(name, contract.name);
    }
  }
  return [...new Set(groups.values())].map((group) => [...group].sort()).sort();
}

function ownName(file: string): string {
  return file.startsWith(PROJECT) ? file.slice(PROJECT.length) : file;
}

function filesIn(folder: string): string[] {
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
  loaded ??= loadCompiler();
  return loaded!;
}

/** The compiler makes every rejection that nobody handles the end of the process, and a failed test may leave one. */
function loadCompiler(): typeof loaded {
  const before = new Set(process.listeners("unhandledRejection"));
  const compiler = createRequire(import.meta.url)("solc") as typeof loaded;
  for (const listener of process.listeners("unhandledRejection")) {
    if (!before.has(listener)) process.off("unhandledRejection", listener);
  }
  return compiler;
}
