import { batchesOf } from "./batch.ts";
import type { Build } from "./compiler.ts";
import { type Campaign, hashOfSources, type ReachByFile } from "./campaign.ts";
import { hashOf, hashOfImports } from "./files.ts";
import { Failure } from "../cli/failure.ts";
import { Link } from "./link.ts";
import type { Mutant } from "./mutants.ts";
import { Order } from "./order.ts";
import { type Reached, statementsOf } from "./statements.ts";
import { fileOf, type Store } from "./store.ts";
import { MAX_LATE_TESTS, type Verdict } from "./trial.ts";

/** Compiling and loading the tests, at most. */
const SETUP = 600_000;
/** A test may take five times what it took of the processor, and this: a loop that never ends is out of gas by then. */
const GRACE = 45_000;
/** No answer for so long, and a worker is ended. */
const SILENCE = 900_000;

export interface RunOptions {
  /** How long tests are tried on one mutant, in milliseconds of the processor when they were measured. */
  readonly patience: number;
  /** Tries those that live once more, on the tests that they were not tried on. */
  readonly again: boolean;
  /** As in a trial. */
  readonly quick: boolean;
  readonly workers: number;
  /** When to hand out nothing more, as a time of `performance.now`. */
  readonly until: number;
  /** Ends the run early, too. */
  readonly signal?: AbortSignal | undefined;
  readonly report: (line: string) => void;
}

/**
 * Measures what each test gets to in a target's files, if that is not known. What it gets to in the other `traced` files is
 * kept, too: the slowest tests are those of the whole system.
 */
export async function measureReach(
  build: Build,
  { target, testFiles }: Campaign,
  traced: readonly string[],
  store: Store,
  { report }: Pick<RunOptions, "report">,
): Promise<ReachByFile> {
  const sources = new Map(traced.map((file) => [file, hashOfSources(build, file)]));
  const hashes = new Map(testFiles.map((testFile) => [testFile, hashOfImports(testFile)]));
  const keyOf = (testFile: string, file: string) => hashOf([testFile, hashes.get(testFile), file, sources.get(file)]);
  const known = (testFile: string, file: string) => store.reached(keyOf(testFile, file));

  const missing = testFiles.filter((testFile) => target.files.some((file) => known(testFile, file) === undefined));
  if (missing.length !== 0) {
    report(`Measuring which statements the tests of ${missing.length} files get to.`);
    const places = traced.flatMap((file) =>
      statementsOf(build, [file]).statements.map((_, place) => ({ file, place })),
    );
    const found = new Map<string, Reached[]>(missing.map((testFile) => [testFile, []]));
    const keep = (testFile: string) => {
      for (const file of traced) {
        const reached = found.get(testFile)!.map(({ statements, ...test }) => ({
          ...test,
          statements: statements
            .map((index) => places[index]!)
            .flatMap((each) => (each.file === file ? each.place : [])),
        }));
        store.saveReached(keyOf(testFile, file), reached);
      }
    };
    const link = new Link();
    let current: string | undefined;
    try {
      await link.ask({ type: "setup", files: missing, traced }, SETUP);
      await link.ask({ type: "reach", timeout: SILENCE / 2 }, SILENCE, (answer) => {
        if (answer.type !== "reached") return;
        const testFile = fileOf(answer.reached.name);
        if (testFile !== current) {
          if (current !== undefined) keep(current);
          report(`  ${testFile}`);
        }
        current = testFile;
        found.get(testFile)!.push(answer.reached);
      });
      missing.filter((testFile) => found.get(testFile)!.length === 0 || testFile === current).forEach(keep);
    } finally {
      link.end();
    }
  }
  return new Map(target.files.map((file) => [file, testFiles.flatMap((testFile) => known(testFile, file)!)]));
}

/** A mutant, and the tests that get to it. */
export interface Job {
  readonly campaign: Campaign;
  readonly mutant: Mutant;
  readonly tests: readonly Reached[];
}

/** Tries mutants of which no verdict stands, in the order given, and saves the verdicts. */
export async function tryAll(
  build: Build,
  jobs: readonly Job[],
  store: Store,
  { patience, again, quick, workers, until, signal, report }: RunOptions,
): Promise<void> {
  const orders = new Map(jobs.map(({ campaign: { target } }) => [target.name, new Order(target.tests)]));
  const orderOf = ({ campaign }: Job) => orders.get(campaign.target.name)!;
  const open: Job[] = [];
  for (const job of jobs) {
    const { campaign, mutant, tests } = job;
    const sources = campaign.sourcesOf(mutant.file);
    const known = store.verdict(mutant, sources, campaign.hashes);
    const killer = store.killerOf(mutant);
    if (tests.some(({ name }) => name === killer)) orderOf(job).learn(mutant, killer!);
    if (known !== undefined) {
      const passed = store.passed(mutant, sources, campaign.hashes);
      if (!again || known.status !== "survived" || tests.every(({ name }) => passed.has(name))) continue;
    }
    if (tests.length === 0) store.save(mutant, sources, campaign.hashes, { status: "untested" });
    else open.push(job);
  }
  const files = [...new Set(jobs.flatMap(({ campaign }) => campaign.testFiles))];
  const total = open.length;
  const batches = batchesOf(build, open);
  const begun = performance.now();
  const counts = new Map<string, number>();
  const unsound = new Set<string>();
  let done = 0;

  const finish = (job: Job, verdict: Verdict) => {
    const { campaign, mutant } = job;
    store.save(mutant, campaign.sourcesOf(mutant.file), campaign.hashes, verdict);
    if (verdict.status === "killed") orderOf(job).learn(mutant, verdict.test!);
    counts.set(verdict.status, (counts.get(verdict.status) ?? 0) + 1);
    done += 1;
    if (done % 10 === 0 || done === total) {
      const seconds = ((performance.now() - begun) / 1000 / done).toFixed(2);
      const sums = [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
      report(`${done} of ${total}: ${sums}; ${seconds} s each`);
    }
  };

  const work = async () => {
    let link: Link | undefined;
    let batch: readonly Job[] = [];
    for (let place = 0; performance.now() < until && signal?.aborted !== true; place += 1) {
      if (place >= batch.length) [batch, place] = [batches.shift() ?? [], 0];
      const job = batch[place];
      if (job === undefined) break;
      const { campaign } = job;
      const passed = store.passed(job.mutant, campaign.sourcesOf(job.mutant.file), campaign.hashes);
      const late = new Set<string>();
      let verdict: Verdict | undefined;
      while (verdict === undefined) {
        try {
          if (link === undefined) {
            link = new Link();
            await link.ask({ type: "setup", files, traced: [] }, SETUP);
          }
          const usable = job.tests.filter(({ name }) => !late.has(name) && !unsound.has(name) && !passed.has(name));
          const tests = within(patience, orderOf(job).sort(job.mutant, usable)).map(({ name, milliseconds }) => ({
            name,
            timeout: GRACE + 5 * milliseconds,
          }));
          const answer = await link.ask(
            {
              type: "try",
              mutant: job.mutant,
              batch: batch.map(({ mutant }) => mutant),
              tests,
              solidity: job.campaign.target.solidity,
              quick,
            },
            SILENCE,
          );
          if (answer.type !== "tried") throw new Failure("The worker answers something else than it was asked.");
          for (const name of answer.unsound) {
            if (!unsound.has(name)) report(`Fails without a mistake, so it is left out: ${name}`);
            unsound.add(name);
          }
          verdict = answer.verdict;
          if (verdict.status === "late" && verdict.goesOn !== true) break;
        } catch (error) {
          if (error instanceof Failure) throw error;
          verdict = { status: "late", reason: error instanceof Error ? error.message : String(error) };
        }
        if (verdict.status !== "late") break;
        // What did not end may still be running there.
        link?.end();
        link = undefined;
        if (verdict.test === undefined || late.size >= MAX_LATE_TESTS) break;
        late.add(verdict.test);
        verdict = undefined;
      }
      // No test failed, but one never ended.
      finish(job, verdict.status === "survived" && late.size !== 0 ? { status: "late", test: [...late][0]! } : verdict);
    }
    link?.end();
  };
  await Promise.all(Array.from({ length: Math.min(workers, Math.max(open.length, 1)) }, work));
}

/** The first of `tests`, for as long as they take together; one at least. */
function within(patience: number, tests: readonly Reached[]): Reached[] {
  let sum = 0;
  return tests.filter(({ milliseconds }, index) => (sum += milliseconds) <= patience || index === 0);
}
