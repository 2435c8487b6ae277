import { expect } from "chai";

import { openBranches, parseLcov, uncoveredLines } from "../../src/coverage/lcov.ts";

const TRACE = `TN:
SF:contracts/A.sol
DA:12,0
DA:3,7
DA:5,0
BRDA:3,0,0,4
BRDA:3,0,1,-
BRDA:9,1,0,1
BRDA:9,1,1,2
BRDA:7,2,0,0
LF:3
LH:1
end_of_record
SF:contracts/B.sol
DA:1,1
end_of_record
`;

describe("coverage", () => {
  const coverage = parseLcov(TRACE);

  it("is read file by file", () => {
    expect([...coverage.keys()]).to.deep.equal(["contracts/A.sol", "contracts/B.sol"]);
    expect([...coverage.get("contracts/A.sol")!.lines]).to.deep.equal([
      [12, 0],
      [3, 7],
      [5, 0],
    ]);
  });

  it("names the lines that never ran, in order", () => {
    expect(uncoveredLines(coverage.get("contracts/A.sol")!)).to.deep.equal([5, 12]);
    expect(uncoveredLines(coverage.get("contracts/B.sol")!)).to.deep.equal([]);
  });

  it("names the lines with a way out that was never taken, whether or not the line ran", () => {
    expect(openBranches(coverage.get("contracts/A.sol")!)).to.deep.equal([3, 7]);
  });
});
