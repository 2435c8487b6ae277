import { PROJECT, readBuild } from "../mutation/compiler.ts";
import { runSolidityTests } from "../mutation/solidity.ts";
import { BUGS, plant } from "./bugs.ts";

/** Runs the campaign in the file named last on contracts with the bug named first, and prints what fails. */
const [name, test] = process.argv.slice(2) as [string, string];
const bug = BUGS.find((each) => each.name === name)!;
const build = readBuild();
const source = plant(bug, build.sources[PROJECT + bug.file]!.content);
// Optimized: campaigns give calls the gas that deployed contracts need, and know handlers by their code.
const failed = await runSolidityTests(build, [test], bug.file, { [bug.file]: source }, "deployed");
for (const { name: where, reason } of failed) process.stdout.write(`${where}: ${reason}\n`);
