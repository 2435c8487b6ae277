import { readdir } from "node:fs/promises";
import path from "node:path";

import { BUGS, type Bug } from "./bugs.ts";

/** What is done at a time, within an hour. */
export interface Piece {
  readonly name: string;
  /** Of the `hardhat` command; with a bug, of seeded.ts. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Planted in the contracts: it must be found. */
  readonly bug?: Bug;
  /** Files, and folders with all below them, that it depends on beside the settings; of files, what they import, too. */
  readonly sources: readonly string[];
}

export interface Job {
  readonly name: string;
  readonly description: string;
  readonly pieces: readonly Piece[];
}

/** Of every campaign together: runs of a sequence of so many calls. */
const RUNS = 10_000;
const DEPTH = 128;

/** How many runs of a campaign are an hour's work at most, with room for a slower machine. */
const CAMPAIGNS = [
  { name: "clamped", file: "System.clamped.t.sol", runs: 2_500 },
  { name: "hostile", file: "System.hostile.t.sol", runs: 2_500 },
  { name: "pool", file: "MetaPool.invariant.t.sol", runs: 2_500 },
  { name: "operator", file: "StakingPool.invariant.t.sol", runs: 2_500 },
] as const;

const SUITES = "test/solidity";

/** What TypeScript tests depend on without importing it; a campaign imports what it deploys. */
const DEPLOYED = ["contracts", "deploy", "rocketh"];

/** Tests that are pieces of their own, in how many parts (TRELLIS_PART): their folders would take more than an hour. */
const LONG = new Map([
  ["allocator/adversaries.test.ts", 1],
  ["allocator/dead.test.ts", 2],
  ["allocator/instances.test.ts", 4],
  ["allocator/properties.test.ts", 1],
  ["allocator/wholePools.test.ts", 4],
  ["differential/metaPool.test.ts", 1],
  ["differential/stakingPool.test.ts", 1],
  ["differential/system.test.ts", 6],
  ["leaving/leaving.test.ts", 6],
]);

/** The table of jobs. Each campaign's shards have seeds of their own; together they are RUNS runs. */
export async function listJobs(): Promise<Job[]> {
  return [
    { name: "mocha", description: "the TypeScript tests, a folder at a time", pieces: await mochaPieces() },
    { name: "fuzz", description: "the fuzzed properties of the libraries", pieces: await fuzzPieces() },
    ...CAMPAIGNS.map(({ name, file, runs }) => ({
      name,
      description: `${RUNS.toLocaleString("en")} runs of ${DEPTH} calls of ${file}`,
      pieces: shards(name, file, runs),
    })),
    { name: "seeded", description: "bugs that the invariants must catch", pieces: BUGS.map(seededPiece) },
  ];
}

function shards(name: string, file: string, runs: number): Piece[] {
  return Array.from({ length: Math.ceil(RUNS / runs) }, (_, index) => ({
    name: `${name}-${index + 1}`,
    args: ["test", "solidity", "--no-compile", `${SUITES}/${file}`],
    env: {
      TRELLIS_SEED: `0x${(index + 1).toString(16).padStart(8, "0")}`,
      TRELLIS_RUNS: String(Math.min(runs, RUNS - index * runs)),
      TRELLIS_DEPTH: String(DEPTH),
    },
    sources: [`${SUITES}/${file}`],
  }));
}

async function mochaPieces(): Promise<Piece[]> {
  const files = (await readdir("test", { recursive: true })).filter((file) => file.endsWith(".test.ts")).sort();
  const short = files.filter((file) => !LONG.has(file));
  const folders = [...new Set(short.map((file) => path.dirname(file)))];
  return [
    ...folders.map((folder) =>
      mochaPiece(
        folder,
        short.filter((file) => path.dirname(file) === folder),
      ),
    ),
    ...files.flatMap((file) => {
      const parts = LONG.get(file) ?? 0;
      const name = file.replace(".test.ts", "");
      return Array.from({ length: parts }, (_, index) => {
        const part = `${index + 1}/${parts}`;
        return mochaPiece(`${name}${parts === 1 ? "" : `-${index + 1}`}`, [file], { TRELLIS_PART: part });
      });
    }),
  ];
}

/** Tests import most of what they use; some run scripts, and read files that lie beside them. */
function mochaPiece(name: string, tests: readonly string[], env: Readonly<Record<string, string>> = {}): Piece {
  const files = tests.map((file) => `test/${file}`);
  return {
    name: `mocha-${name}`,
    args: ["test", "mocha", "--no-compile", ...files],
    env: { TRELLIS_DEEP: "1", ...env },
    sources: [...files, ...new Set(files.map((file) => path.dirname(file))), ...DEPLOYED, "src", "scripts"],
  };
}

async function fuzzPieces(): Promise<Piece[]> {
  const campaigns = new Set<string>(CAMPAIGNS.map(({ file }) => file));
  const files = (await readdir("test", { recursive: true })).filter((file) => file.endsWith(".t.sol")).sort();
  return files
    .filter((file) => !campaigns.has(path.basename(file)))
    .map((file) => ({
      name: `fuzz-${path.basename(file, ".t.sol")}`,
      args: ["test", "solidity", "--no-compile", `test/${file}`],
      env: { TRELLIS_DEEP: "1" },
      sources: [`test/${file}`],
    }));
}

function seededPiece(bug: Bug, index: number): Piece {
  const file = CAMPAIGNS.find(({ name }) => name === bug.campaign)!.file;
  const earlier = BUGS.slice(0, index).filter(({ invariant }) => invariant === bug.invariant).length;
  return {
    name: `seeded-${bug.invariant}${earlier === 0 ? "" : `-${earlier + 1}`}`,
    args: [bug.name, `${SUITES}/${file}`],
    env: { TRELLIS_RUNS: String(bug.runs ?? 64), TRELLIS_DEPTH: "64", TRELLIS_SHRINKS: "0" },
    bug,
    sources: [`${SUITES}/${file}`],
  };
}
