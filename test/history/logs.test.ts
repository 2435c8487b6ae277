import { expect } from "chai";

import { type Blocks, inRanges } from "../../src/logs.ts";
import { answer } from "../fixtures/nodes.ts";
import { refusalOf } from "../fixtures/refusal.ts";

const LAST = 99;

/** Every block from a node that fails as `fails` says, with the ranges that it was asked for. */
function blocksOf(fails: (from: number, to: number, asked: number) => Error | null) {
  const asked: number[] = [];
  const blocks: Blocks = { firstBlock: 0, lastBlock: LAST, patience: { attempts: 4, backOff: 1 } };
  const found = inRanges(blocks, (from, to) => {
    asked.push(to - from + 1);
    const failure = fails(from, to, asked.length);
    if (failure !== null) return [Promise.reject(failure)];
    return [Promise.resolve(Array.from({ length: to - from + 1 }, (_, index) => from + index))];
  });
  return { asked, found };
}

const ALL = Array.from({ length: LAST + 1 }, (_, block) => block);

describe("logs in ranges", () => {
  it("are asked for in halves of what a node refuses, and no wider from then on", async () => {
    for (const [most, error] of [
      [5, answer(-32_602, "query exceeds max block range 5.")],
      [1, answer(-32_005, "query returned more than 10000 results")],
      [5, answer(-32_614, "eth_getLogs is limited to a 5 range")],
    ] as const) {
      const { asked, found } = blocksOf((from, to) => (to - from + 1 > most ? error : null));

      expect(await found).to.deep.equal(ALL);
      const refused = asked.filter((blocks) => blocks > most);
      expect(refused).to.deep.equal(asked.slice(0, refused.length));
      expect(refused.length).to.be.lessThan(8);
      expect(asked.slice(refused.length, -1).every((blocks) => blocks > most / 2)).to.equal(true);
    }
  });

  it("are asked for again when a node is busy or silent, as wide as before", async () => {
    for (const error of [
      answer(429, "exceeded its compute units"),
      new Error("timeout"),
      answer(-32_603, "Internal error"),
    ]) {
      const { asked, found } = blocksOf((_from, _to, count) => (count < 4 ? error : null));

      expect(await found).to.deep.equal(ALL);
      expect(asked).to.deep.equal([100, 100, 100, 100]);
    }
  });

  it("are given up when a node stays busy or silent, and when it refuses a single block", async () => {
    for (const error of [answer(429, "exceeded its compute units"), new Error("timeout")]) {
      const { asked, found } = blocksOf(() => error);

      expect(await refusalOf(found)).to.equal(error.message);
      expect(asked).to.deep.equal([100, 100, 100, 100]);
    }
    const { asked, found } = blocksOf(() => answer(-32_602, "query exceeds max block range 0."));
    expect(await refusalOf(found)).to.equal("query exceeds max block range 0.");
    expect(asked).to.deep.equal([100, 50, 25, 13, 7, 4, 2, 1]);
  });
});
