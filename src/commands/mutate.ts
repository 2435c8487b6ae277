import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";

import { Command } from "commander";

import type { CommandFactory } from "../cli/command.ts";
import { Failure } from "../cli/failure.ts";
import { type OpenBranches, readOpenBranches } from "../coverage/branches.ts";
import { type Campaign, decisionsIn, prepare, reachersOf } from "../mutation/campaign.ts";
import { type Build, readBuild } from "../mutation/compiler.ts";
import type { Mutant } from "../mutation/mutants.ts";
import { judge, renderMutant, renderScores, scoreOf } from "../mutation/report.ts";
import { type Job, measureReach, tryAll } from "../mutation/run.ts";
import { Store } from "../mutation/store.ts";
import { TARGETS } from "../mutation/targets.ts";

interface Options {
  readonly target: readonly string[];
  readonly file?: string;
  readonly changed: boolean;
  readonly branches: boolean;
  readonly budget?: number;
  readonly patience: number;
  readonly again: boolean;
  readonly quick: boolean;
  readonly workers: number;
  readonly seed: string;
  readonly store: string;
  readonly list: boolean;
  readonly survivors: boolean;
  readonly json: boolean;
}

export const mutateCommand: CommandFactory = (world) =>
  new Command("mutate")
    .description("Puts mistakes into the contracts, one at a time, and counts how many the tests notice.")
    .option("--target <name>", `one of ${TARGETS.map(({ name }) => name).join(", ")}; may be repeated`, collect, [])
    .option("--file <part>", "only files whose path contains this")
    .option("--changed", "only files that differ from the main branch", false)
    .option("--branches", "only what takes a way from a branch that npm run coverage found open", false)
    .option("--budget <minutes>", "try nothing more after so many minutes", parsePositive)
    .option("--patience <seconds>", "how long tests are tried on one mutant", parsePositive, 60)
    .option("--again", "try those that live once more, on the tests that they were not tried on", false)
    .option("--quick", "neither compare what lives as it is deployed, nor try it on tests in Solidity", false)
    .option("--workers <count>", "processes to run tests in", parseCount, 2)
    .option("--seed <text>", "the order of the mutants, so that part of a run is a fair sample", "1")
    .option("--store <folder>", "where verdicts are kept", "reports/mutation")
    .option("--list", "run nothing: list the mutants and what is known of them", false)
    .option("--survivors", "list those that no test noticed", false)
    .option("--json", "as JSON", false)
    .action(async (options: Options) => {
      const targets = chooseTargets(options.target);
      const until = options.budget === undefined ? Infinity : performance.now() + options.budget * 60_000;
      const build = readBuild();
      const campaigns = TARGETS.map((target) => prepare(build, target)).filter(({ target }) =>
        targets.has(target.name),
      );
      const files = campaigns.flatMap(({ target }) => target.files).filter(isChosen(options));
      if (files.length === 0) throw new Failure("No file of the targets is meant.");
      const isMeant = options.branches ? isOnBranch(build, campaigns, readOpenBranches()) : () => true;
      const chosen = campaigns.map((campaign) => narrow(campaign, files, isMeant));
      const store = new Store(options.store);

      if (!options.list) {
        const jobs: Job[] = [];
        const traced = TARGETS.flatMap((target) => target.files);
        for (const campaign of chosen.filter(({ mutants }) => mutants.length !== 0)) {
          const reached = await measureReach(build, campaign, traced, store, { report: world.err });
          const reachers = reachersOf(build, reached);
          jobs.push(...campaign.mutants.map((mutant) => ({ campaign, mutant, tests: reachers(mutant) })));
        }
        const { workers, seed, patience, again, quick } = options;
        await tryAll(build, shuffle(jobs, seed), store, {
          patience: patience * 1000,
          again,
          quick,
          workers,
          until,
          signal: world.signal,
          report: world.err,
        });
      }

      const judged = chosen.map((campaign) => ({ campaign, judged: judge(store, campaign) }));
      const scores = judged.flatMap(({ campaign: { target }, judged: all }) => [
        ...target.files
          .filter((file) => files.includes(file))
          .map((file) =>
            scoreOf(
              target.name,
              file,
              all.filter(({ mutant }) => mutant.file === file),
            ),
          ),
        ...(target.files.length > 1 ? [scoreOf(target.name, "all", all)] : []),
      ]);
      const listed = judged
        .flatMap(({ judged: all }) => all)
        .filter(({ verdict }) => options.list || (options.survivors && isAlive(verdict?.status)));
      if (options.json) {
        world.out(
          JSON.stringify(
            { scores, mutants: listed.map(({ mutant, verdict }) => ({ ...mutant, ...verdict })) },
            null,
            2,
          ),
        );
        return;
      }
      for (const { mutant, verdict } of listed) {
        world.out(
          `${(verdict?.status ?? "unknown").padEnd(12)} ${renderMutant(mutant)}${verdict?.test === undefined ? "" : `  (${verdict.test})`}`,
        );
      }
      renderScores(scores).forEach(world.out);
    });

function isAlive(status: string | undefined): boolean {
  return status !== undefined && status !== "killed" && status !== "equal";
}

function chooseTargets(names: readonly string[]): Set<string> {
  const known = TARGETS.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Failure(`There is no target ${unknown}, only ${known.join(", ")}.`);
  return new Set(names.length === 0 ? known : names);
}

function isChosen({ file, changed }: Options): (each: string) => boolean {
  const different = changed ? changedFiles() : undefined;
  return (each) => (file === undefined || each.includes(file)) && (different?.includes(each) ?? true);
}

/** Files that differ from where this branch left main, committed or not. */
function changedFiles(): string[] {
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  return git("diff", "--name-only", git("merge-base", "HEAD", "main")).split("\n");
}

function narrow(campaign: Campaign, files: readonly string[], isMeant: (mutant: Mutant) => boolean): Campaign {
  return {
    ...campaign,
    mutants: campaign.mutants.filter((mutant) => files.includes(mutant.file) && isMeant(mutant)),
  };
}

/** Whether a mutant takes a way from one of the `open` branches. */
function isOnBranch(build: Build, campaigns: readonly Campaign[], open: OpenBranches): (mutant: Mutant) => boolean {
  const decisions = campaigns.flatMap((campaign) =>
    campaign.target.files.flatMap((file) =>
      decisionsIn(build, campaign, file).filter(({ line }) => open[file]?.includes(line)),
    ),
  );
  const ids = new Set(decisions.flatMap(({ mutants }) => mutants.map(({ id }) => id)));
  return ({ id }) => ids.has(id);
}

function shuffle<T extends { readonly mutant: { readonly id: string } }>(jobs: readonly T[], seed: string): T[] {
  const place = ({ mutant }: T) => createHash("sha256").update(`${seed} ${mutant.id}`).digest("hex");
  return jobs
    .map((job) => [place(job), job] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, job]) => job);
}

function collect(name: string, names: readonly string[]): string[] {
  return [...names, name];
}

function parsePositive(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Failure(`${text} is no length of time.`);
  return number;
}

function parseCount(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new Failure(`${text} is no number of processes.`);
  return Number(text);
}
