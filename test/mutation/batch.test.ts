import { createRequire } from "node:module";

import { expect } from "chai";

import { Batch, batchesOf } from "../../src/mutation/batch.ts";
import { type Build, type Code, compile, PROJECT } from "../../src/mutation/compiler.ts";
import { type Mutant, mutantsOf } from "../../src/mutation/mutants.ts";
import { Source } from "../../src/mutation/source.ts";
import { overlap, switchOf } from "../../src/mutation/switches.ts";
import type { Node } from "../../src/mutation/tree.ts";
import { ethers } from "../fixtures/metaPool.ts";

const FILE = "contracts/A.sol";
const CONTRACT = `${FILE}:A`;

/** Of everything something: values, statements, what is fixed beforehand, and numbers that only fit as they are written. */
const CONTENT = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.35; // – three bytes
contract A {
    error Refused(uint256 a, uint256 b);
    event Moved(uint256 from, uint256 to);
    uint256 private constant LIMIT = 10;
    uint256 private constant MOST = 2 ** 96 - 1;
    uint256 public total = 40;
    uint96 public small = 4;
    struct Pair { uint128 first; uint128 second; }
    mapping(uint256 id => Pair) public pairs;

    modifier positive(uint256 a) { require(a > 0, Refused(a, 0)); _; }

    function f(uint256 a, uint256 b) external positive(a + 1) returns (uint256 c) {
        require(a < LIMIT, Refused(a, b));
        for (uint256 i = 0; i < b && i < 5; ++i) {
            if (i == 3) continue;
            c += _scaled(i + 1, a);
        }
        if (!(a == 2) && b != 0) total -= a;
        else emit Moved(a, b);
        (uint256 d, uint96 e) = _two(a, uint96(b));
        unchecked { c -= d; }
        pairs[a + 1] = Pair(uint128(b), e);
        delete pairs[b];
        small += a > 1 ? uint96(1) : 2;
        return c > MOST ? c % 1_000 : c;
    }

    function _scaled(uint256 a, uint256 b) private pure returns (uint256) { return (a * 10 ** b) / 3; }
    function _two(uint256 a, uint96 b) private view returns (uint256, uint96) { return (a * total, b / 2 + small); }
}
`;

const INPUTS = [
  [0n, 0n],
  [2n, 4n],
  [5n, 9n],
  [10n, 2n],
] as const;

const solc = createRequire(import.meta.url)("solc") as { compile: (input: string) => string };

function treeOf(content: string): Node {
  const settings = { outputSelection: { "*": { "": ["ast"] } } };
  const output = solc.compile(JSON.stringify({ language: "Solidity", sources: { [FILE]: { content } }, settings }));
  return (JSON.parse(output) as { sources: Record<string, { ast: Node }> }).sources[FILE]!.ast;
}

const build: Build = {
  sources: { [PROJECT + FILE]: { content: CONTENT } },
  settings: { remappings: [], evmVersion: "cancun" },
  trees: { [FILE]: treeOf(CONTENT) },
  usersOf: () => [[CONTRACT]],
};
const mutants = mutantsOf(FILE, CONTENT, build.trees[FILE]!);

/** What a contract does: answers, events, what it keeps, and how it refuses. */
async function behaviourOf({ bytecode }: Code): Promise<string[]> {
  const abi = [
    "function f(uint256, uint256) returns (uint256)",
    "function total() view returns (uint256)",
    "function small() view returns (uint96)",
    "function pairs(uint256) view returns (uint128, uint128)",
  ];
  const factory = new ethers.ContractFactory(abi, bytecode, (await ethers.getSigners())[0]);
  const contract = await factory.deploy();
  const call = async (name: string, ...values: bigint[]) => {
    try {
      return String(await contract.getFunction(name).staticCall(...values));
    } catch (error) {
      return String((error as { data?: unknown }).data);
    }
  };
  const found: string[] = [];
  for (const [a, b] of INPUTS) {
    found.push(await call("f", a, b));
    const receipt = await contract
      .getFunction("f")
      .send(a, b)
      .then((sent) => sent.wait())
      .catch(() => undefined);
    found.push(JSON.stringify(receipt?.logs.map(({ data }) => data)));
    found.push(await call("total"), await call("small"), await call("pairs", a + 1n));
  }
  return found;
}

function alone(mutant: Mutant): Code {
  const content = new Source(CONTENT).replace(mutant, mutant.text);
  return compile(build, [CONTRACT], { [FILE]: content }, "plain").get(CONTRACT)!;
}

describe("mutation", function () {
  // Some two hundred contracts are compiled.
  this.timeout(300_000);

  describe("Batch", () => {
    const batches = batchesOf(
      build,
      mutants.map((mutant) => ({ mutant })),
    ).map((jobs) => jobs.map(({ mutant }) => mutant));

    it("has every mutant once, and none that overlap together", () => {
      expect(batches.flat().map(({ id }) => id)).to.have.members(mutants.map(({ id }) => id));
      expect(batches.length).to.be.lessThan(mutants.length / 2);
      for (const batch of batches) {
        const switches = batch.flatMap((each) => switchOf(new Source(CONTENT), build.trees[FILE]!, each) ?? []);
        for (const [index, each] of switches.entries()) {
          for (const other of switches.slice(index + 1)) expect(overlap(each, other)).to.equal(false);
        }
      }
    });

    it("leaves alone what is fixed before a contract runs, and what has no value of its own", () => {
      const fixed = mutants.filter((each) => switchOf(new Source(CONTENT), build.trees[FILE]!, each) === undefined);
      expect(new Set(fixed.map(({ original }) => original))).to.deep.equal(
        new Set(["10", "2", "96", "1", "**", "-", "+", "++", "++i", "positive(a + 1)"]),
      );
    });

    it("does what the contract does with none on, and with one on what that mutant does", async () => {
      const sound = await behaviourOf(compile(build, [CONTRACT], {}, "plain").get(CONTRACT)!);
      let [together, different] = [0, 0];
      for (const chosen of batches) {
        const batch = new Batch(build, [[CONTRACT]], chosen);
        expect(await behaviourOf(batch.choose().get(CONTRACT)!)).to.deep.equal(sound);
        for (const mutant of chosen) {
          if (!batch.has(mutant)) continue;
          const expected = await behaviourOf(alone(mutant));
          expect(await behaviourOf(batch.choose(mutant).get(CONTRACT)!), mutant.id).to.deep.equal(expected);
          together += 1;
          if (String(expected) !== String(sound)) different += 1;
        }
      }
      expect(together).to.be.greaterThan((mutants.length * 3) / 4);
      expect(different).to.be.greaterThan((together * 3) / 4);
    });

    it("leaves out what the compiler refuses, and keeps the others", () => {
      const at = CONTENT.indexOf("uint96(1)");
      const start = Buffer.byteLength(CONTENT.slice(0, at));
      const [good] = mutants.filter(({ original, kind }) => original === "i == 3" && kind === "condition");
      const bad: Mutant = { ...good!, id: "bad", start, end: start + 9, original: "uint96(1)", text: "true" };
      const batch = new Batch(build, [[CONTRACT]], [good!, bad]);

      expect(batch.choose(good).get(CONTRACT)).to.not.equal(undefined);
      expect([batch.has(good!), batch.has(bad)]).to.deep.equal([true, false]);
      expect(() => batch.choose(bad).get(CONTRACT)).to.throw("It cannot be one of several.");
    });
  });
});
