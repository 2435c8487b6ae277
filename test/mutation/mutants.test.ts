import { createRequire } from "node:module";

import { expect } from "chai";

import { decisionsOf } from "../../src/mutation/decisions.ts";
import { type Mutant, mutantsOf } from "../../src/mutation/mutants.ts";
import { Source } from "../../src/mutation/source.ts";
import type { Node } from "../../src/mutation/tree.ts";

const solc = createRequire(import.meta.url)("solc") as { compile: (input: string) => string };

const FILE = "A.sol";
const MATH = `
library Math {
    enum Rounding { Floor, Ceil }
    function mulDiv(uint256 x, uint256 y, uint256 z) internal pure returns (uint256) { return (x * y) / z; }
    function mulDiv(uint256 x, uint256 y, uint256 z, Rounding) internal pure returns (uint256) { return (x * y) / z; }
    function min(uint256 x, uint256 y) internal pure returns (uint256) { return x < y ? x : y; }
    function max(uint256 x, uint256 y) internal pure returns (uint256) { return x > y ? x : y; }
    function saturatingSub(uint256 x, uint256 y) internal pure returns (uint256) { return x > y ? x - y : 0; }
    function ceilDiv(uint256 x, uint256 y) internal pure returns (uint256) { return (x + y - 1) / y; }
}`;

/** A contract around `body`. The dash takes three bytes, so that it shows whether bytes are counted. */
function contractOf(body: string): string {
  return `// SPDX-License-Identifier: MIT\npragma solidity 0.8.35; // – three bytes
import {Math} from "Math.sol";
contract A {
    using Math for uint256;
    error Refused(uint256 a, uint256 b);
    event Moved(uint256 from, uint256 to);
    uint256 internal total;
    uint96 internal small;
    modifier guarded() { _; }
    ${body}
}`;
}

function compile(content: string): {
  errors?: { severity: string; message: string }[];
  sources: Record<string, { ast: Node }>;
} {
  const input = {
    language: "Solidity",
    sources: {
      [FILE]: { content },
      "Math.sol": { content: `// SPDX-License-Identifier: MIT\npragma solidity 0.8.35;${MATH}` },
    },
    settings: { outputSelection: { "*": { "": ["ast"] } } },
  };
  return JSON.parse(solc.compile(JSON.stringify(input))) as ReturnType<typeof compile>;
}

function mutantsIn(body: string): Mutant[] {
  const content = contractOf(body);
  const { errors, sources } = compile(content);
  expect(errors?.filter(({ severity }) => severity === "error") ?? []).to.deep.equal([]);
  return mutantsOf(FILE, content, sources[FILE]!.ast);
}

/** "kind: original → text" of each mutant of a kind. */
function changes(body: string, ...kinds: string[]): string[] {
  return mutantsIn(body)
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ original, text }) => `${original} → ${text}`);
}

const inFunction = (statements: string, parameters = "uint256 a, uint256 b") =>
  `function f(${parameters}) external returns (uint256 c) { ${statements} }`;

describe("mutation", function () {
  // The compiler takes its time, and more on a busy machine.
  this.timeout(60_000);

  describe("mutantsOf", () => {
    it("moves a relation to its boundary, and turns it around", () => {
      const relations = (code: string) => changes(inFunction(`if (${code}) total = 7;`), "relation");
      expect(relations("a < b")).to.deep.equal(["< → <=", "< → >="]);
      expect(relations("a <= b")).to.deep.equal(["<= → <", "<= → >"]);
      expect(relations("a > b")).to.deep.equal(["> → <=", "> → >="]);
      expect(relations("a >= b")).to.deep.equal([">= → <", ">= → >"]);
      expect(relations("a == b")).to.deep.equal(["== → !="]);
      expect(relations("a != b")).to.deep.equal(["!= → =="]);
    });

    it("swaps what is calculated", () => {
      expect(changes(inFunction("c = a + b;"), "arithmetic")).to.deep.equal(["+ → -"]);
      expect(changes(inFunction("c = a * b % 5;"), "arithmetic")).to.deep.equal(["* → /", "% → *"]);
      expect(changes(inFunction("total += a;"), "arithmetic")).to.deep.equal(["+= → -=", "+= → ="]);
      expect(changes(inFunction("total -= a;"), "arithmetic")).to.deep.equal(["-= → +=", "-= → ="]);
      expect(changes(inFunction("++total;"), "arithmetic")).to.deep.equal(["++ → --"]);
      expect(changes(inFunction("c = a.saturatingSub(b);"), "arithmetic")).to.deep.equal([
        "a.saturatingSub(b) → (a - b)",
      ]);
      expect(changes(inFunction("c = a.min(b);"), "arithmetic")).to.deep.equal(["min → max"]);
      expect(changes(inFunction("c = Math.max(a, b);"), "arithmetic")).to.deep.equal(["max → min"]);
    });

    it("rounds the other way", () => {
      expect(changes(inFunction("c = a / b;"), "rounding")).to.deep.equal(["a / b → Math.ceilDiv(a, b)"]);
      expect(changes(inFunction("c = a.mulDiv(b, 3);"), "rounding")).to.deep.equal([") → , Math.Rounding.Ceil)"]);
      expect(changes(inFunction("c = a.mulDiv(b, 3, Math.Rounding.Ceil);"), "rounding")).to.deep.equal([
        "Math.Rounding.Ceil → Math.Rounding.Floor",
      ]);
      expect(changes("uint256 private constant PART = (7 * uint256(64)) / 63;", "rounding")).to.deep.equal([]);
    });

    it("takes a number one off, but none below zero", () => {
      expect(changes(inFunction("c = a + 10 days;"), "boundary")).to.deep.equal([
        "10 days → (10 days + 1)",
        "10 days → (10 days - 1)",
      ]);
      expect(changes("uint256 private constant LIMIT = 0;", "boundary")).to.deep.equal(["0 → (0 + 1)"]);
      expect(changes(inFunction("uint256[3] memory list; c = list.length;"), "boundary")).to.deep.equal([]);
    });

    it("decides beforehand, halves what decides, and ends a loop at once, but makes none endless", () => {
      expect(changes(inFunction("if (a < b && b < 5) total = 1;"), "condition")).to.deep.equal([
        "a < b && b < 5 → a < b",
        "a < b && b < 5 → b < 5",
        "a < b && b < 5 → false",
        "a < b && b < 5 → true",
      ]);
      expect(changes(inFunction("while (a < b) ++a;"), "condition")).to.deep.equal(["a < b → false"]);
      expect(changes(inFunction("c = !(a < b) ? a : b;"), "condition")).to.deep.equal([
        "!(a < b) → (a < b)",
        "!(a < b) → false",
        "!(a < b) → true",
      ]);
      expect(changes(`function f() external pure returns (bool) { return true; }`, "condition")).to.deep.equal([
        "true → false",
      ]);
    });

    it("removes checks: requirements, calls that check, guards", () => {
      const body = `function f(uint256 a, uint256 b) external guarded {
        require(a != b, Refused(a, b));
        _checkTotal();
        if (a == 3) revert Refused(a, b);
      }
      function _checkTotal() private view {}`;
      expect(changes(body, "check")).to.deep.equal([
        "guarded → ",
        "require(a != b, Refused(a, b)); → {}",
        "_checkTotal(); → {}",
        "revert Refused(a, b); → {}",
      ]);
    });

    it("removes statements and events", () => {
      const body = inFunction("total = a; delete small; g(); emit Moved(a, b); return b;") + " function g() private {}";
      expect(changes(body, "statement", "event")).to.deep.equal([
        "total = a; → {}",
        "delete small; → {}",
        "g(); → {}",
        "emit Moved(a, b); → {}",
        "return b; → {}",
      ]);
    });

    it("removes what a loop does after each turn", () => {
      expect(changes(inFunction("for (uint256 i; i < a; ++i) c = b;"), "statement")).to.deep.equal([
        "++i → ",
        "c = b; → {}",
      ]);
    });

    it("swaps neighbours among arguments if either could be the other", () => {
      const swapped = (statement: string) =>
        changes(inFunction(statement, "uint256 a, uint96 b, address d"), "arguments");
      expect(swapped("emit Moved(a, b);")).to.deep.equal(["a, b → b, a"]);
      expect(swapped("c = a.saturatingSub(total);")).to.deep.equal(["a.saturatingSub(total → total.saturatingSub(a"]);
      expect(swapped("c = a.saturatingSub(total + b);")).to.deep.equal([
        "a.saturatingSub(total + b → (total + b).saturatingSub(a",
      ]);
      expect(swapped("c = a.mulDiv(b, 3);")).to.deep.equal(["b, 3 → 3, b"]);
      expect(swapped("c = a.min(b); d;")).to.deep.equal([]);
      expect(swapped("require(d != address(0) || a == a, Refused(a, a));")).to.deep.equal([]);
    });

    it("swaps nothing that the compiler would refuse: what is too wide, or has no such function", () => {
      const swapped = (statement: string) =>
        changes(
          `function g(uint96 x, uint256 y, uint96 z) internal {} ${inFunction(statement, "uint256 a, uint96 b")}`,
          "arguments",
        );
      expect(swapped("g(b, a, small);")).to.deep.equal([]);
      expect(swapped("g(b, b, small);")).to.deep.equal(["b, small → small, b"]);
      expect(swapped("c = a.saturatingSub(b);")).to.deep.equal([]);
    });

    it("switches the overflow check off where it can matter, and on where it is off", () => {
      expect(changes(inFunction("total -= a;"), "unchecked")).to.deep.equal([
        "total -= a; → { unchecked { total -= a; } }",
      ]);
      expect(changes(inFunction("small += 3;"), "unchecked")).to.deep.equal([
        "small += 3; → { unchecked { small += 3; } }",
      ]);
      expect(changes(inFunction("total += a;"), "unchecked")).to.deep.equal([]);
      expect(changes(inFunction("unchecked { c = a - b; }"), "unchecked")).to.deep.equal([
        "unchecked { c = a - b; } → { c = a - b; }",
      ]);
    });

    it("leaves types, declarations and what is not code alone", () => {
      expect(mutantsIn("uint256[5] private list; struct S { uint8[3] x; } enum E { One, Two }")).to.deep.equal([]);
    });

    it("makes mutants that compile, each at its place, under names that stay", () => {
      const body = inFunction(
        "if (a < 3 && b != 4) { total -= a; return a.mulDiv(b, 7); } small = uint96(b / 2); for (uint256 i; i < b; ++i) c = total;",
      );
      const content = contractOf(body);
      const mutants = mutantsIn(body);
      expect(mutants).to.have.lengthOf(31);
      expect(new Set(mutants.map(({ id }) => id)).size).to.equal(mutants.length);
      expect(mutantsIn(body).map(({ id }) => id)).to.deep.equal(mutants.map(({ id }) => id));
      expect(mutants.map(({ function: name }) => name)).to.deep.equal(mutants.map(() => "f"));
      for (const mutant of mutants) {
        const source = new Source(content);
        expect(source.textAt(mutant)).to.equal(mutant.original);
        const { errors } = compile(source.replace(mutant, mutant.text));
        expect(errors?.filter(({ severity }) => severity === "error") ?? [], mutant.id).to.deep.equal([]);
      }
    });
  });

  describe("decisions", () => {
    it("are what goes one way or another, with what takes a way from each", () => {
      const body = [
        "function f(uint256 a, uint256 b) internal returns (uint256 c) {",
        "require(a < b, Refused(a, b));",
        "if (a == 1) c = b > 2 ? 3 : 4;",
        "for (uint256 i; i < b; ++i) c = total;",
        "try this.g() {} catch { c = 5; }",
        "} function g() external {}",
      ].join("\n");
      const content = contractOf(body);
      const tree = compile(content).sources[FILE]!.ast;
      const first = content.split("\n").indexOf("require(a < b, Refused(a, b));") + 1;

      const found = decisionsOf(content, tree, mutantsOf(FILE, content, tree)).map(({ line, mutants }) => [
        line - first,
        mutants.map(({ original, text }) => `${original} → ${text}`),
      ]);

      expect(found).to.deep.equal([
        [0, ["require(a < b, Refused(a, b)); → {}"]],
        [1, ["a == 1 → false", "a == 1 → true"]],
        [1, ["b > 2 → false", "b > 2 → true"]],
        [3, []],
      ]);
    });
  });
});
