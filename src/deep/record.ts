import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import type { Campaign } from "./campaigns.ts";

/** A finished piece of a job: it is not done again while what it tested is the same. */
export interface Finished {
  readonly seconds: number;
  readonly campaigns: readonly Campaign[];
}

/** Whatever may change what a piece finds. */
const SOURCES = ["contracts", "test", "src", "deploy", "rocketh", "scripts", "hardhat.config.ts", "package-lock.json"];

/** Not in git: it is about this machine. */
const FOLDER = "reports/deep";

/** Names the state of contracts and tests. */
export async function hashOf(sources: readonly string[] = SOURCES): Promise<string> {
  const hash = createHash("sha256");
  for (const source of sources) {
    for (const file of await filesIn(source))
      hash
        .update(file)
        .update("\0")
        .update(await readFile(file))
        .update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

export async function readFinished(hash: string, piece: string): Promise<Finished | null> {
  try {
    return JSON.parse(await readFile(fileOf(hash, piece), "utf8")) as Finished;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

export async function writeFinished(hash: string, piece: string, finished: Finished): Promise<void> {
  await mkdir(path.join(FOLDER, hash), { recursive: true });
  await writeFile(fileOf(hash, piece), `${JSON.stringify(finished)}\n`);
}

function fileOf(hash: string, piece: string): string {
  return path.join(FOLDER, hash, `${piece.replaceAll(/[^\w.-]/g, "_")}.json`);
}

async function filesIn(source: string): Promise<string[]> {
  if (path.extname(source) !== "") return [source];
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}
