import { SimpleMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";

import { leafOf } from "../../src/reports/encoding.ts";
import { buildReport, PAGE, pagesOf } from "../../src/reports/pages.ts";
import type { Counters } from "../../src/reports/types.ts";

const HASH = `0x${"ab".repeat(32)}`;

function operators(count: number): Counters[] {
  return Array.from({ length: count }, (_, index) => ({
    assigned: BigInt(index),
    done: 0n,
    active: true,
    commissionBps: 500n,
    stake: 10n ** 18n,
    external_: 0n,
    reward: 1n,
    slashed: 0n,
  }));
}

describe("Pages of a report", () => {
  for (const [count, lengths] of [
    [0, []],
    [1, [1]],
    [32, [32]],
    [33, [32, 1]],
    [70, [32, 32, 6]],
  ] as const) {
    it(`of ${count} operators have ${lengths.join(", ") || "no"} operators, in order`, () => {
      const all = operators(count);
      const pages = pagesOf(all);

      expect(pages.map(({ length }) => length)).to.deep.equal([...lengths]);
      expect(pages.flat()).to.deep.equal(all);
      for (const [page, content] of pages.entries()) expect(content[0]).to.equal(all[page * PAGE]);
    });
  }

  for (const count of [1, 32, 33, 64, 65, 300]) {
    it(`of ${count} operators prove themselves against the root, and as no other page`, () => {
      const { report, pages } = buildReport(7n, HASH, { refBlock: 9n, networkStake: 8n, operators: operators(count) });

      expect(report).to.include({ epoch: 7n, refBlock: 9n, refBlockHash: HASH, networkStake: 8n });
      expect(report.operators).to.equal(BigInt(count));
      for (const { page, counters, proof } of pages) {
        expect(SimpleMerkleTree.verify(report.root, leafOf(page, counters), [...proof])).to.equal(true);
        expect(SimpleMerkleTree.verify(report.root, leafOf(page + 1, counters), [...proof])).to.equal(false);
      }
    });
  }

  it("of one report are the same whenever it is made, and others if one counter differs", () => {
    const all = operators(40);
    const epoch = { refBlock: 9n, networkStake: 8n, operators: all };
    const changed = all.map((each, index) => (index === 39 ? { ...each, reward: 2n } : each));

    expect(buildReport(7n, HASH, epoch)).to.deep.equal(buildReport(7n, HASH, epoch));
    expect(buildReport(7n, HASH, { ...epoch, operators: changed }).report.root).to.not.equal(
      buildReport(7n, HASH, epoch).report.root,
    );
  });
});
