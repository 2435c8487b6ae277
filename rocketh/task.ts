import { readdir } from "node:fs/promises";
import path from "node:path";

import type { TaskOverrideActionFunction } from "hardhat/types/tasks";

import { refusal } from "./deploy.ts";

const SCRIPTS = path.resolve(import.meta.dirname, "../deploy");

/** Deploys what the tags name. Without any that is all but the handover, which cannot be undone. */
export const deployTagged: TaskOverrideActionFunction = async (options, _hre, runDeploy) => {
  const isAll = options.tags === "";
  const tags = isAll ? ["trellis"] : (options.tags as string).split(",");
  const known = await readTags();
  const unknown = tags.find((tag) => !known.includes(tag));
  if (unknown !== undefined) throw refusal(`Nothing has the tag "${unknown}"; there are ${known.join(", ")}.`);

  if (isAll) process.stdout.write("Nothing is handed over without --tags handover.\n");
  try {
    await runDeploy({ ...options, tags: tags.join(",") });
  } catch (error) {
    throw explained(error);
  }
};

/** The tags of all deploy scripts, in their order. */
async function readTags(): Promise<string[]> {
  const names = (await readdir(SCRIPTS)).sort();
  const scripts = await Promise.all(
    names.map((name) => import(path.join(SCRIPTS, name)) as Promise<{ default: { tags: string[] } }>),
  );
  return [...new Set(scripts.flatMap((script) => script.default.tags))];
}

/** rocketh looks accounts up before any script of ours runs. */
function explained(error: unknown): unknown {
  const message = error instanceof Error ? error.message : "";
  const [, part, network] = /^cannot get account for (\w+) .* set up for (\S+)/s.exec(message) ?? [];
  if (part === undefined || network === undefined) return error;
  return refusal(
    `rocketh/config.ts names no ${part} for the network "${network}": give it an address, as in { default: 1, ${network}: "0x…" }.`,
  );
}
