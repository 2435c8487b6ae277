import { expect } from "chai";

import { mutateCommand } from "../../src/commands/mutate.ts";
import { LEFT_OUT } from "../../src/mutation/targets.ts";
import { connectTo, type Ended, runWith, temporaryFolder } from "../fixtures/commands.ts";
import { ethers } from "../fixtures/metaPool.ts";

describe("mutate", function () {
  // Reading the build takes a second or two.
  this.timeout(60_000);
  const { folder, remove } = temporaryFolder();
  after(remove);

  const run = (...args: string[]): Promise<Ended> =>
    runWith(connectTo(ethers), mutateCommand, ["--store", folder, ...args]);

  it("says in one sentence what it was told wrongly", async () => {
    const names = "exits, meta-pool, allocator, staking-pool, registry, reports, scores, periphery";
    for (const [args, sentence] of [
      [["--target", "vault"], `There is no target vault, only ${names}.`],
      [["--budget", "soon"], "soon is no length of time."],
      [["--budget", "0"], "0 is no length of time."],
      [["--workers", "-1"], "-1 is no number of processes."],
      [["--file", "Nowhere"], "No file of the targets is meant."],
      [["--lst"], "Unknown option '--lst' (Did you mean --list?)"],
    ] as const) {
      expect(await run(...args)).to.deep.equal({ code: 1, out: [], err: [sentence] });
    }
  });

  it("lists every mutant of a target, with nothing known of any, and counts them", async () => {
    const { code, out } = await run("--target", "exits", "--list", "--json");
    const { scores, mutants } = JSON.parse(out.join("\n")) as {
      scores: { file: string; generated: number; judged: number; percent: number | null }[];
      mutants: { id: string; status?: string; line: number; function: string; original: string; text: string }[];
    };

    expect(code).to.equal(0);
    expect(scores).to.have.lengthOf(1);
    expect(scores[0]).to.include({ file: "contracts/libraries/ExitBook.sol", judged: 0, percent: null });
    expect(scores[0]!.generated).to.equal(mutants.length).and.to.be.at.least(300);
    expect(new Set(mutants.map(({ id }) => id)).size).to.equal(mutants.length);
    expect(mutants.every(({ status }) => status === undefined)).to.equal(true);
    expect(mutants.map((mutant) => [mutant.function, mutant.original, mutant.text])).to.deep.include([
      "_fundBatch",
      "Math.Rounding.Ceil",
      "Math.Rounding.Floor",
    ]);
  });

  it("leaves out tests that measure gas and size, and none that only speaks of them", () => {
    const isLeftOut = (name: string) => LEFT_OUT.some((pattern) => pattern.test(name));
    for (const name of [
      "test/gas/snapshot.test.ts: gas is what it was",
      "test/meta-pool/settings.test.ts: MetaPool code size stays below 22,000 bytes, library and contract",
      "test/meta-pool/exits.test.ts: MetaPool fundExits costs the same after a thousand rounds without exits",
      "test/allocator/settle.test.ts: Allocator settle reverts when it is given too little gas for one operator",
      "test/attacks/hostile.test.ts: Attacks gas of a round A44 of legs to pools that burn theirs is bounded",
    ]) {
      expect(isLeftOut(name), name).to.equal(true);
    }
    for (const name of [
      'test/attacks/hostile.test.ts: Attacks hostile pools A44 one that is "burnsGas" costs at most its position',
      "test/attacks/reentrancy.test.ts: Attacks a receiver that burns gas or returns floods of data A15 loses its own gas",
      "test/tables/access.test.ts: Access calls MetaPool.upgradeToAndCall(address,bytes) is for notice: every rule could change",
    ]) {
      expect(isLeftOut(name), name).to.equal(false);
    }
  });
});
