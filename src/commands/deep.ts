import { Command, InvalidArgumentError } from "commander";

import type { CommandFactory, World } from "../cli/command.ts";
import { Failure } from "../cli/failure.ts";
import { renderTable } from "../cli/table.ts";
import { addCampaigns, idleActions } from "../deep/campaigns.ts";
import { type Job, listJobs, type Piece } from "../deep/jobs.ts";
import { type Finished, keyOf, readFinished, writeFinished } from "../deep/record.ts";
import { runPiece } from "../deep/run.ts";

interface Options {
  readonly job?: string;
  readonly list: boolean;
  readonly budget?: number;
}

interface Verdict {
  readonly job: Job;
  readonly finished: readonly Finished[];
  readonly failed: readonly string[];
}

/** The long tests: in pieces of at most an hour, none of them done twice while what it tests stays as it is. */
export const deepCommand: CommandFactory = (world) =>
  new Command("deep")
    .description("Runs the long tests, in pieces that add up over interrupted runs.")
    .option("--job <name>", "only this job, or only this piece of one")
    .option("--list", "say which jobs there are and how much of them is done", false)
    .option("--budget <minutes>", "begin nothing more after so many minutes", minutes)
    .action(async (options: Options) => {
      const jobs = chooseJobs(await listJobs(), options.job);
      const end = options.budget === undefined ? Infinity : Date.now() + options.budget * 60_000;
      const verdicts: Verdict[] = [];
      for (const job of jobs) verdicts.push(await doJob(world, job, options.list ? 0 : end));
      print(world, verdicts);
      if (verdicts.some(({ failed }) => failed.length !== 0)) throw new Failure("Something failed: see above.");
    });

/** A job by its name, or the one that has a piece of this name, with nothing else. */
export function chooseJobs(jobs: readonly Job[], name?: string): readonly Job[] {
  if (name === undefined) return jobs;
  const chosen = jobs.filter((job) => job.name === name);
  if (chosen.length !== 0) return chosen;
  const part = jobs.flatMap((job) => {
    const pieces = job.pieces.filter((piece) => piece.name === name);
    return pieces.length === 0 ? [] : [{ ...job, pieces }];
  });
  if (part.length === 0) {
    throw new Failure(`There is no job "${name}": choose one of ${jobs.map((job) => job.name).join(", ")}.`);
  }
  return part;
}

async function doJob(world: World, job: Job, end: number): Promise<Verdict> {
  const finished: Finished[] = [];
  const failed: string[] = [];
  for (const piece of job.pieces) {
    const key = await keyOf(piece); // before it begins: sources may change meanwhile
    const before = await readFinished(key, piece.name);
    if (before !== null) finished.push(before);
    else if (Date.now() < end && world.signal?.aborted !== true) {
      const now = await doPiece(world, key, piece);
      if (now === "failed") failed.push(piece.name);
      else if (now !== "interrupted") finished.push(now);
    }
  }
  for (const action of idleIn(job, finished)) {
    world.err(`${job.name}: ${action}`);
    failed.push(action);
  }
  return { job, finished, failed };
}

async function doPiece(world: World, key: string, piece: Piece): Promise<Finished | "failed" | "interrupted"> {
  const { passed, seconds, campaigns, why } = await runPiece(piece, world.signal);
  const interrupted = !passed && world.signal?.aborted === true;
  world.err(`${passed ? "passed" : interrupted ? "interrupted" : "FAILED"}  ${piece.name}  ${seconds} s`);
  if (interrupted) return "interrupted";
  if (!passed) {
    world.err(why);
    return "failed";
  }
  const finished = { seconds, campaigns };
  await writeFinished(key, piece.name, finished);
  return finished;
}

/** Over all shards of a campaign that is complete. */
function idleIn(job: Job, finished: readonly Finished[]): string[] {
  const campaigns = finished.flatMap((piece) => piece.campaigns);
  if (campaigns.length === 0 || finished.length !== job.pieces.length) return [];
  return idleActions(addCampaigns(campaigns));
}

function print(world: World, verdicts: readonly Verdict[]): void {
  const rows = verdicts.map(({ job, finished, failed }) => {
    const { runs, calls } = addCampaigns(finished.flatMap((piece) => piece.campaigns));
    const minutes = finished.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
    const done = `${finished.length}/${job.pieces.length}`;
    const verdict = failed.length !== 0 ? "FAILED" : finished.length === job.pieces.length ? "passed" : "unfinished";
    return [
      job.name,
      done,
      runs === 0 ? "" : `${runs}`,
      calls === 0 ? "" : `${calls}`,
      minutes.toFixed(1),
      verdict,
      job.description,
    ];
  });
  const heading = ["job", "pieces", "runs", "calls", "minutes", "verdict", "what"];
  renderTable(heading, rows, [1, 2, 3, 4]).forEach(world.out);
}

function minutes(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("It is a number of minutes above 0.");
  return value;
}
