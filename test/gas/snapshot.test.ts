import { expect } from "chai";

import { benchCommand } from "../../scripts/bench/command.ts";
import { floorItems, floorOf } from "../../scripts/bench/floor.ts";
import { measure, readSnapshot, RECORDED_SIZES, SIZES } from "../../scripts/bench/gas.ts";
import { OPERATIONS } from "../../scripts/bench/users.ts";
import { runCommand } from "../../src/cli/command.ts";
import { IS_DEEP } from "../helpers/deep.ts";

/** A thousand operators take minutes to list: only `npm run test:deep` and `npm run bench` do it. */

describe("gas", function () {
  this.timeout(1_200_000);

  it("is what it was: npm run bench -- --write records a change", async () => {
    expect(await measure(RECORDED_SIZES, () => undefined)).to.deep.equal(await readSnapshot());
  });

  (IS_DEEP ? it : it.skip)("of users is the same with 1 and with 1,000 operators", async () => {
    const { gas } = await measure(SIZES, () => undefined);

    for (const operation of OPERATIONS) {
      for (const size of SIZES)
        expect(gas.flat[operation][size], `${operation}, ${size}`).to.equal(gas[operation].repeat);
    }
  });

  it("of users was recorded to be the same with 1 and with 100 operators", async () => {
    const { gas } = await readSnapshot();

    for (const operation of OPERATIONS) {
      const { repeat } = gas[operation];
      expect(gas.flat[operation], operation).to.deep.equal({ 1: repeat, 10: repeat, 100: repeat });
    }
  });

  it("of a batch was recorded to be the same with one exit and with a thousand", async () => {
    const { one, thousand } = (await readSnapshot()).gas.fundBatch;

    expect(thousand).to.equal(one);
  });

  it("has a floor that no operation is below, whose parts npm run bench -- --floors lists", async () => {
    const { gas } = await readSnapshot();
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const connect = () => {
      throw new Error("The bench brings its own chain.");
    };
    expect(await runCommand(benchCommand, ["--floors"], { out: say, err: say, connect })).to.equal(0);

    for (const operation of OPERATIONS) {
      for (const kind of ["first", "repeat"] as const) {
        expect(gas[operation][kind], `${operation}, ${kind}`).to.be.above(floorOf(operation, kind));
      }
      for (const { reason } of floorItems(operation, "repeat")) expect(lines.join("\n")).to.contain(reason);
    }
  });
});
