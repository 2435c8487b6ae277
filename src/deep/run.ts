import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import type { Campaign } from "./campaigns.ts";
import type { Piece } from "./jobs.ts";

export interface Outcome {
  readonly passed: boolean;
  readonly seconds: number;
  readonly campaigns: readonly Campaign[];
  /** Empty if it passed. */
  readonly why: string;
}

/** Does one piece, in a process of its own, which ends when the signal does. */
export async function runPiece(piece: Piece, signal?: AbortSignal): Promise<Outcome> {
  const start = Date.now();
  const folder = await mkdtemp(path.join(tmpdir(), "trellis-deep-"));
  try {
    const counts = path.join(folder, "campaigns.json");
    const { code, out } = await hardhat(piece.args, { ...piece.env, TRELLIS_CAMPAIGNS: counts }, process.cwd(), signal);
    const passed = code === 0;
    const campaigns = passed && piece.env.TRELLIS_RUNS !== undefined ? await readCampaigns(counts) : [];
    const seconds = Math.round((Date.now() - start) / 1_000);
    return { passed, seconds, campaigns, why: passed ? "" : lastLines(out) };
  } finally {
    await rm(folder, { recursive: true });
  }
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
