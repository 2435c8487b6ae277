import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { Failure } from "../cli/failure.ts";
import type { Bug } from "./bugs.ts";
import type { Campaign } from "./campaigns.ts";
import type { Piece } from "./jobs.ts";

export interface Outcome {
  readonly passed: boolean;
  readonly seconds: number;
  readonly campaigns: readonly Campaign[];
  /** Empty if it passed. */
  readonly why: string;
}

/** What a copy of the project needs to build and run the Solidity tests. */
const PROJECT = [
  "contracts",
  "test/solidity",
  "src",
  "rocketh",
  "deploy",
  "hardhat.config.ts",
  "package.json",
  "tsconfig.json",
];

/** Does one piece, in a process of its own, which ends when the signal does. */
export async function runPiece(piece: Piece, signal?: AbortSignal): Promise<Outcome> {
  const start = Date.now();
  const outcome = piece.bug === undefined ? await runHere(piece, signal) : await runSeeded(piece, piece.bug, signal);
  return { ...outcome, seconds: Math.round((Date.now() - start) / 1_000) };
}

type Result = Omit<Outcome, "seconds">;

async function runHere(piece: Piece, signal?: AbortSignal): Promise<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), "trellis-deep-"));
  try {
    const counts = path.join(folder, "campaigns.json");
    const { code, out } = await hardhat(piece.args, { ...piece.env, TRELLIS_CAMPAIGNS: counts }, process.cwd(), signal);
    const passed = code === 0;
    const campaigns = passed && piece.env.TRELLIS_RUNS !== undefined ? await readCampaigns(counts) : [];
    return { passed, campaigns, why: passed ? "" : lastLines(out) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Passes if the tests fail, and say the number of the invariant that the bug breaks. */
async function runSeeded(piece: Piece, bug: Bug, signal?: AbortSignal): Promise<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), "trellis-seeded-"));
  try {
    await copyProject(folder);
    await seed(folder, bug);
    const build = await hardhat(["build"], {}, folder, signal);
    if (build.code !== 0) return { passed: false, campaigns: [], why: `does not compile: ${lastLines(build.out)}` };
    const { code, out } = await hardhat(piece.args, piece.env, folder, signal);
    const passed = code !== 0 && out.includes(`${bug.invariant}:`);
    return { passed, campaigns: [], why: passed ? "" : code === 0 ? "no invariant noticed it" : lastLines(out) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function copyProject(folder: string): Promise<void> {
  for (const part of PROJECT) await cp(part, path.join(folder, part), { recursive: true });
  await symlink(path.resolve("node_modules"), path.join(folder, "node_modules"));
}

/** Puts a bug into a copy of the project. */
export async function seed(folder: string, { name, file, find, replace }: Bug): Promise<void> {
  const target = path.join(folder, file);
  const source = await readFile(target, "utf8");
  if (source.split(find).length !== 2) {
    throw new Failure(`The bug "${name}" does not fit: its text is not in ${file}, or not only once.`);
  }
  await writeFile(
    target,
    source.replace(find, () => replace),
  );
}

async function hardhat(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
  signal?: AbortSignal,
) {
  const command = path.join(cwd, "node_modules", ".bin", "hardhat");
  const child = spawn(process.execPath, [command, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // hardhat starts processes of its own: they end together
  });
  let out = "";
  const keep = (text: Buffer) => (out += text.toString());
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const stop = () => process.kill(-child.pid!, "SIGTERM");
  signal?.addEventListener("abort", stop);
  const [code] = (await once(child, "close")) as [number | null];
  signal?.removeEventListener("abort", stop);
  return { code, out };
}

async function readCampaigns(file: string): Promise<Campaign[]> {
  return JSON.parse(await readFile(file, "utf8")) as Campaign[];
}

function lastLines(out: string): string {
  return out.trimEnd().split("\n").slice(-40).join("\n");
}
