import { expect } from "chai";

import type { Mutant } from "../../src/mutation/mutants.ts";
import { Order } from "../../src/mutation/order.ts";
import { scoreOf } from "../../src/mutation/report.ts";
import { Store } from "../../src/mutation/store.ts";
import type { Status } from "../../src/mutation/trial.ts";
import { temporaryFolder } from "../fixtures/commands.ts";

const MUTANT: Mutant = {
  id: "contracts/A.sol:10-11:relation:<",
  file: "contracts/A.sol",
  line: 2,
  function: "f",
  kind: "relation",
  start: 10,
  end: 11,
  original: "<=",
  text: "<",
};
const HASHES = new Map([
  ["test/a.test.ts", "1"],
  ["test/b.test.ts", "1"],
]);
const CHANGED = new Map([...HASHES, ["test/b.test.ts", "2"]]);

describe("mutation", () => {
  describe("Store", () => {
    const { folder, remove } = temporaryFolder();
    after(remove);

    it("keeps a kill over a restart while the test that made it stays as it is, whatever becomes of others", () => {
      const verdict = { status: "killed", test: "test/a.test.ts: A is one", reason: "expected 1 to equal 2" } as const;
      new Store(folder).save(MUTANT, "sources", HASHES, verdict);

      expect(new Store(folder).verdict(MUTANT, "sources", HASHES)).to.include(verdict);
      expect(new Store(folder).verdict(MUTANT, "sources", CHANGED)).to.include(verdict);
      expect(new Store(folder).verdict(MUTANT, "sources", new Map([["test/a.test.ts", "2"]]))).to.equal(undefined);
    });

    it("forgets a survivor when any test changes, and everything when the sources do", () => {
      const store = new Store(folder);
      for (const status of ["survived", "late", "untested"] as const) {
        store.save(MUTANT, "sources", HASHES, { status });
        expect(store.verdict(MUTANT, "sources", HASHES)).to.include({ status });
        expect(store.verdict(MUTANT, "sources", CHANGED)).to.equal(undefined);
        expect(store.verdict(MUTANT, "other sources", HASHES)).to.equal(undefined);
      }
      expect(store.verdict({ ...MUTANT, text: ">" }, "sources", HASHES)).to.equal(undefined);
    });

    it("adds up the tests that a survivor was tried on in vain, and forgets those whose file has changed", () => {
      const [a, b] = ["test/a.test.ts: A is one", "test/b.test.ts: B is two"];
      const store = new Store(folder);
      store.save(MUTANT, "sources", HASHES, { status: "survived", passed: [a] });
      store.save(MUTANT, "sources", HASHES, { status: "survived", passed: [b] });

      const kept = new Store(folder);
      expect([...kept.passed(MUTANT, "sources", HASHES)]).to.deep.equal([a, b]);
      expect([...kept.passed(MUTANT, "sources", CHANGED)]).to.deep.equal([a]);
      expect([...kept.passed(MUTANT, "other sources", HASHES)]).to.deep.equal([]);
    });

    it("remembers which test killed a mutant, though the verdict is void", () => {
      const store = new Store(folder);
      expect(store.killerOf(MUTANT)).to.equal("test/a.test.ts: A is one");
      expect(store.killerOf({ ...MUTANT, id: "contracts/A.sol:20-21:relation:<" })).to.equal(undefined);
    });
  });

  describe("Order", () => {
    it("begins with the first folder", () => {
      const tests = ["system/a", "unit/a"].map((name) => ({ name, milliseconds: 50, statements: [] }));
      const [first] = new Order(["unit", "system"]).sort({ file: "A.sol", function: "f" }, tests);
      expect(first!.name).to.equal("unit/a");
    });

    it("begins with cheap tests, and learns which ones notice mistakes, best of all in the same function", () => {
      const tests = [
        { name: "system/slow", milliseconds: 2000, statements: [] },
        { name: "unit/quick", milliseconds: 10, statements: [] },
        { name: "unit/sharp", milliseconds: 100, statements: [] },
      ];
      const names = (order: Order, name = "f") =>
        order.sort({ file: "A.sol", function: name }, tests).map((test) => test.name);
      const order = new Order(["unit", "system"]);
      expect(names(order)).to.deep.equal(["unit/quick", "unit/sharp", "system/slow"]);

      order.learn({ file: "A.sol", function: "f" }, "unit/sharp");
      expect(names(order)).to.deep.equal(["unit/sharp", "unit/quick", "system/slow"]);
      expect(names(order, "g")).to.deep.equal(["unit/quick", "unit/sharp", "system/slow"]);
    });
  });

  describe("scoreOf", () => {
    it("counts whatever was not killed against the tests, and leaves out only what is the same code", () => {
      const statuses: Status[] = [
        "killed",
        "killed",
        "killed",
        "survived",
        "untested",
        "late",
        "uncompilable",
        "equal",
      ];
      const judged = [...statuses, undefined].map((status) => ({
        mutant: MUTANT,
        verdict: status === undefined ? undefined : { status },
      }));

      const score = scoreOf("a", "contracts/A.sol", judged);
      expect(score).to.include({ generated: 8, judged: 7 });
      expect(score.percent!.toFixed(2)).to.equal("42.86");
    });
  });
});
