import { Command } from "commander";

import type { CommandFactory } from "../../src/cli/command.ts";
import { toJson } from "../../src/keeper/log.ts";
import { readTestReport } from "../../src/report/tests.ts";
import { measure, RECORDED_SIZES, SIZES, writeSnapshot } from "./gas.ts";
import { timePlanner } from "./planner.ts";
import { assemble, renderBench, renderFloors } from "./print.ts";

interface Options {
  readonly json: boolean;
  readonly write: boolean;
  readonly floors: boolean;
}

export const benchCommand: CommandFactory = (world) =>
  new Command("bench")
    .description("Measures what users and keepers pay, the planner and the tests.")
    .option("--json", "as JSON", false)
    .option("--write", "record the gas, for the test that compares it, and do nothing else", false)
    .option("--floors", "say what the floors are made of, and measure nothing", false)
    .action(async ({ json, write, floors: onlyFloors }: Options) => {
      if (onlyFloors) {
        renderFloors().forEach(world.out);
        return;
      }
      const start = Date.now();
      const say = (line: string) => {
        world.err(`${((Date.now() - start) / 1_000).toFixed(0).padStart(4)} s  ${line}`);
      };
      if (write) {
        await writeSnapshot(await measure(RECORDED_SIZES, say));
        return;
      }
      const planner = { n1000: timePlanner(1_000), n10000: timePlanner(10_000) };
      say("the planner is timed");
      const snapshot = await measure(SIZES, say);
      const report = await readTestReport();
      if (report === null) say("the tests have left no report: npm test");

      const bench = assemble(snapshot, planner, report?.seconds ?? null);
      if (json) world.out(toJson(bench, 2));
      else renderBench(bench).forEach(world.out);
    });
