import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

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

const HARDHAT = path.join("node_modules", ".bin", "hardhat");
const SEEDED = fileURLToPath(new URL("./seeded.ts", import.meta.url));

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
    const { code, out } = await run([HARDHAT, ...piece.args], { ...piece.env, TRELLIS_CAMPAIGNS: counts }, signal);
    const passed = code === 0;
    const campaigns = passed && piece.env.TRELLIS_RUNS !== undefined ? await readCampaigns(counts) : [];
    return { passed, campaigns, why: passed ? "" : failuresIn(out) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Passes if the tests fail, and say the number of the invariant that the bug breaks. */
async function runSeeded(piece: Piece, bug: Bug, signal?: AbortSignal): Promise<Result> {
  const { code, out } = await run(["--import", "tsx", SEEDED, ...piece.args], piece.env, signal);
  const passed = code === 0 && out.includes(`${bug.invariant}:`);
  return { passed, campaigns: [], why: passed ? "" : out === "" ? "no invariant noticed it" : failuresIn(out) };
}

async function run(args: readonly string[], env: Readonly<Record<string, string>>, signal?: AbortSignal) {
  const child = spawn(process.execPath, args, {
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

/** What failed, and all of a sequence that did: it is not found again by its seed. */
function failuresIn(out: string): string {
  const lines = out.trimEnd().split("\n");
  const start = lines.findLastIndex((line) => /^\s*\d+ failing/.test(line));
  return lines.slice(start === -1 ? -40 : start).join("\n");
}
