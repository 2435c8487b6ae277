import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { hashOf, hashOfImports } from "../mutation/files.ts";
import type { Campaign } from "./campaigns.ts";
import type { Piece } from "./jobs.ts";

/** A finished piece of a job: it is not done again while what it tested is the same. */
export interface Finished {
  readonly seconds: number;
  readonly campaigns: readonly Campaign[];
}

/** What every piece depends on. */
const SETTINGS = ["hardhat.config.ts", "package-lock.json"];
/** What runs the long tests and the mutants, which has tests of its own. */
const RUNNERS = /^src\/(deep|mutation)\//;

/** Not in git: it is about this machine. */
const FOLDER = "reports/deep";

/** Names all that may change what a piece finds. */
export async function keyOf({ args, env, bug, sources }: Piece): Promise<string> {
  const files = await Promise.all([...SETTINGS, ...sources].map(filesIn));
  const imports = sources.filter((source) => path.extname(source) !== "").map(hashOfImports);
  return hashOf([args, env, bug ?? null, imports, await Promise.all(files.flat().map(hashOfFile))]);
}

export async function readFinished(key: string, piece: string): Promise<Finished | null> {
  try {
    return JSON.parse(await readFile(fileOf(key, piece), "utf8")) as Finished;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

export async function writeFinished(key: string, piece: string, finished: Finished): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await writeFile(fileOf(key, piece), `${JSON.stringify(finished)}\n`);
}

function fileOf(key: string, piece: string): string {
  return path.join(FOLDER, `${piece.replaceAll(/[^\w.-]/g, "_")}-${key}.json`);
}

const hashes = new Map<string, Promise<string>>();

/** Each file is read once: most pieces depend on most of them. */
function hashOfFile(file: string): Promise<string> {
  const hash = hashes.get(file) ?? readFile(file, "utf8").then((content) => hashOf([file, content]));
  hashes.set(file, hash);
  return hash;
}

async function filesIn(source: string): Promise<string[]> {
  if (path.extname(source) !== "") return [source];
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !RUNNERS.test(file))
    .sort();
}
