import path from "node:path";
import { setTimeout } from "node:timers/promises";

import Mocha from "mocha";

import { type Chains, type Installable, type Running, running } from "./chains.ts";
import { processorTime } from "./processor.ts";

/** What running a test came to. */
export interface Outcome {
  readonly name: string;
  /** Of the processor. */
  readonly milliseconds: number;
  readonly result: "passed" | "failed" | "late";
  /** The first line of what it complained about. */
  readonly reason: string;
  /** It is late, and goes on although it was given up. */
  readonly goesOn: boolean;
}

/** Tests that are loaded once and run one by one, as often as one likes. */
export interface Suite {
  /** "file: whole title" of each, in the order of the files. */
  readonly names: readonly string[];
  /** Deploys these instead of what was built, from now on, and begins with fresh chains. */
  readonly install: (codes: Installable) => Promise<void>;
  readonly run: (name: string, timeout: number) => Promise<Outcome>;
}

/** Loads test files of mocha, to be run on `chains`. */
export async function loadSuite(files: readonly string[], chains: Chains): Promise<Suite> {
  const mocha = new Mocha({ forbidOnly: true });
  for (const file of files) mocha.addFile(path.resolve(file));
  await mocha.loadFilesAsync();
  await chains.remember();
  const tests = new Map(testsIn(mocha.suite).map((test) => [nameOf(test), test]));

  let installed: Installable = new Map();
  return {
    names: [...tests.keys()],
    install: async (codes) => {
      installed = codes;
      chains.install(codes);
      await chains.reset();
    },
    run: async (name, timeout) => runTest(name, tests.get(name)!, { timeout, spent: () => installed.spent ?? 0 }),
  };
}

/** Runs a test with the hooks around it, as if there were no other. */
async function runTest(name: string, test: Mocha.Test, limit: Limit): Promise<Outcome> {
  const begun = processorTime() - limit.spent();
  const outcome = (result: Outcome["result"], reason = "", goesOn = false): Outcome => ({
    name,
    milliseconds: Math.round(processorTime() - limit.spent() - begun),
    result,
    reason,
    goesOn,
  });
  const suites = suitesAround(test);
  const own: Running = { isGivenUp: false };
  const work = running.run(own, async () => {
    for (const hook of ["_beforeAll", "_beforeEach"] as const) await runHooks(suites, hook);
    await call(test);
    for (const hook of ["_afterEach", "_afterAll"] as const) await runHooks(suites.toReversed(), hook);
  });
  try {
    await within(limit, work);
    return outcome("passed");
  } catch (error) {
    if (error instanceof Late) {
      own.isGivenUp = true;
      return outcome("late", "", !(await endsSoon(work)));
    }
    return outcome(
      "failed",
      String(error instanceof Error ? error.message : error)
        .split("\n")[0]!
        .slice(0, 200),
    );
  }
}

type Hooks = "_beforeAll" | "_beforeEach" | "_afterEach" | "_afterAll";

async function runHooks(suites: readonly Mocha.Suite[], name: Hooks): Promise<void> {
  for (const suite of suites) {
    for (const hook of (suite as unknown as Record<Hooks, Mocha.Hook[]>)[name]) await call(hook);
  }
}

async function call(runnable: Mocha.Runnable): Promise<void> {
  // `this.timeout` asks for what runs.
  (runnable.ctx as { runnable: (current: unknown) => unknown } | undefined)?.runnable(runnable);
  await (runnable.fn as ((this: unknown) => unknown) | undefined)?.call(runnable.ctx);
}

class Late extends Error {}

/** A test's time, which is that of the processor, without what compiling takes of it meanwhile. */
interface Limit {
  readonly timeout: number;
  readonly spent: () => number;
}

/** Who only waits gets ten times as long: on a busy machine, everybody waits. */
const WAITING = 10;
const LOOK_EVERY = 500;

async function within({ timeout, spent }: Limit, work: Promise<void>): Promise<void> {
  const used = () => processorTime() - spent();
  const [begun, usedBefore] = [performance.now(), used()];
  let timer: NodeJS.Timeout | undefined;
  const alarm = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      if (used() - usedBefore > timeout || performance.now() - begun - spent() > WAITING * timeout) reject(new Late());
    }, LOOK_EVERY);
  });
  await Promise.race([work, alarm]).finally(() => clearInterval(timer));
}

/** How long a test may take to notice that it was given up. */
const LAST_CHANCE = 5_000;

async function endsSoon(work: Promise<void>): Promise<boolean> {
  const chance = new AbortController();
  const over = work.then(
    () => true,
    () => true,
  );
  const result = await Promise.race([over, setTimeout(LAST_CHANCE, false, { signal: chance.signal })]);
  chance.abort();
  return result;
}

function testsIn(suite: Mocha.Suite): Mocha.Test[] {
  return [...suite.tests.filter((test) => !test.isPending()), ...suite.suites.flatMap(testsIn)];
}

function suitesAround(test: Mocha.Test): Mocha.Suite[] {
  const suites: Mocha.Suite[] = [];
  for (let suite = test.parent; suite !== undefined; suite = suite.parent) suites.unshift(suite);
  return suites;
}

function nameOf(test: Mocha.Test): string {
  return `${path.relative(process.cwd(), test.file ?? "")}: ${test.fullTitle()}`;
}
