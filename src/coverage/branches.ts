import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Failure } from "../cli/failure.ts";
import { decisionsIn, prepare } from "../mutation/campaign.ts";
import { readBuild } from "../mutation/compiler.ts";
import type { Mutant } from "../mutation/mutants.ts";
import type { Store } from "../mutation/store.ts";
import { TARGETS } from "../mutation/targets.ts";

/** By file: lines with a branch that the Solidity tests do not take both ways. */
export type OpenBranches = Readonly<Record<string, readonly number[]>>;

const FILE = "reports/coverage/branches.json";

export function saveOpenBranches(open: OpenBranches): void {
  mkdirSync(path.dirname(FILE), { recursive: true });
  writeFileSync(FILE, JSON.stringify(open));
}

export function readOpenBranches(): OpenBranches {
  if (!existsSync(FILE)) throw new Failure("It is not known which branches are open: run npm run coverage first.");
  return JSON.parse(readFileSync(FILE, "utf8")) as OpenBranches;
}

/** Whether all that is decided in a line is noticed if it is decided otherwise: the mutants that do so are killed. */
export function linesProvedByMutants(store: Store): (file: string, line: number) => boolean {
  const build = readBuild();
  const decisions = new Map(
    TARGETS.map((target) => prepare(build, target)).flatMap((campaign) =>
      campaign.target.files.map((file) => {
        const { sourcesOf, hashes } = campaign;
        const statusOf = (mutant: Mutant) =>
          store.verdict(mutant, sourcesOf(file), hashes)?.status;
        const known = decisionsIn(build, campaign, file).map(({ line, mutants }) => ({
          line,
          isProved: mutants.length !== 0 && mutants.every((mutant) => statusOf(mutant) === "killed"),
        }));
        return [file, known] as const;
      }),
    ),
  );
  return (file, line) => {
    const there = (decisions.get(file) ?? []).filter((decision) => decision.line === line);
    return there.length !== 0 && there.every(({ isProved }) => isProved);
  };
}
