import { expect } from "chai";

import { prove } from "../../src/proofs/prover.ts";

const HEAD = "// SPDX-License-Identifier: MIT\npragma solidity 0.8.35;\n";
const LIBRARY = `${HEAD}library Maths {
    function product(uint256 a, uint256 b) internal pure returns (uint256) {
        return a * b;
    }
}`;

describe("the prover", () => {
  it("tells laws that hold from those that do not, and from those that say nothing", function () {
    this.timeout(600_000);
    const contract = `${HEAD}import {Maths} from "./Maths.sol";
contract Laws {
    function holds(uint256 a, uint256 b) external pure {
        require(a < 2 ** 96 && b > 0);
        assert((a / b) * b <= a);
    }

    function fails(uint256 a, uint256 b) external pure {
        require(a < 2 ** 96 && b > 0);
        assert((a / b) * b == a);
    }

    function overflowsInTheLibrary(uint256 a, uint256 b) external pure {
        assert(Maths.product(a, b) >= 0);
    }

    function isVacuous(uint256 a) external pure {
        require(a > 2 && a < 2);
        assert(a == 7);
    }

    function assertsNothing(uint256 a) external pure {
        require(a > 2);
    }
}`;

    const findings = prove({ "Laws.sol": contract, "Maths.sol": LIBRARY }, "Laws", { seconds: 300 });

    expect(findings.map(({ law, verdict }) => `${law}: ${verdict}`)).to.deep.equal([
      "holds: proved",
      "fails: violated",
      "overflowsInTheLibrary: violated",
      "isVacuous: vacuous",
      "assertsNothing: unproved",
    ]);
    expect(findings[1]!.open.join("")).to.include("Counterexample");
  });

  it("counts a question without an answer as unproved", function () {
    this.timeout(600_000);
    const contract = `${HEAD}contract Laws {
    function holds(uint256 a) external pure {
        assert(a + 1 > a);
    }
}`;

    const [finding] = prove({ "Laws.sol": contract }, "Laws", { seconds: 0.001 });

    expect(finding).to.include({ law: "holds", verdict: "unproved" });
  });

  it("refuses what does not compile", () => {
    expect(() => prove({ "Laws.sol": `${HEAD}contract Laws {` }, "Laws", { seconds: 1 })).to.throw("ParserError");
  });
});
