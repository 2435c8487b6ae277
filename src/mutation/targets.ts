/** What is mutated together, and the tests that are to notice. */
export interface Target {
  readonly name: string;
  readonly files: readonly string[];
  /** Files, or folders with all the tests in them. */
  readonly tests: readonly string[];
  /** Tests written in Solidity, for what those above let live. */
  readonly solidity: readonly string[];
}

export const TARGETS: readonly Target[] = [
  {
    name: "exits",
    files: ["contracts/libraries/ExitBook.sol"],
    tests: [
      "test/exit-book",
      "test/staking-pool",
      "test/meta-pool",
      "test/tables",
      "test/attacks",
      "test/differential",
    ],
    solidity: ["test/solidity/ExitBook.t.sol"],
  },
  {
    name: "meta-pool",
    files: ["contracts/MetaPool.sol", "contracts/libraries/PoolBook.sol"],
    tests: [
      "test/meta-pool",
      "test/promises",
      "test/tables",
      "test/attacks",
      "test/differential",
      "test/allocator/settle.test.ts",
      "test/allocator/faults.test.ts",
      "test/allocator/writeDowns.test.ts",
    ],
    solidity: ["test/solidity/MetaPool.invariant.t.sol"],
  },
  {
    name: "allocator",
    files: [
      "contracts/Allocator.sol",
      "contracts/libraries/AllocatorBook.sol",
      "contracts/libraries/Rounds.sol",
      "contracts/libraries/RoundPage.sol",
      "contracts/libraries/Ramps.sol",
      "contracts/libraries/WriteDowns.sol",
      "contracts/libraries/Levels.sol",
      "contracts/libraries/Legs.sol",
      "contracts/libraries/LegRooms.sol",
    ],
    tests: [
      "test/allocator",
      "test/promises",
      "test/tables",
      "test/attacks",
      "test/differential",
      "test/lens",
      "test/keeper",
    ],
    solidity: [],
  },
  {
    name: "staking-pool",
    files: ["contracts/StakingPool.sol", "contracts/libraries/PoolLedger.sol", "contracts/libraries/ExitPreview.sol"],
    tests: [
      "test/staking-pool",
      "test/exit-book",
      "test/dev-network",
      "test/tables",
      "test/attacks",
      "test/differential",
    ],
    solidity: ["test/solidity/PoolLedger.t.sol", "test/solidity/StakingPool.invariant.t.sol"],
  },
  {
    name: "registry",
    files: [
      "contracts/OperatorRegistry.sol",
      "contracts/libraries/Curation.sol",
      "contracts/libraries/GuardianShare.sol",
      "contracts/libraries/OperatorBook.sol",
      "contracts/libraries/Tenure.sol",
      "contracts/libraries/Tightening.sol",
      "contracts/Notice.sol",
    ],
    tests: ["test/registry", "test/notice", "test/tables", "test/attacks"],
    solidity: [],
  },
  {
    name: "reports",
    files: ["contracts/ReportOracle.sol", "contracts/Attributes.sol"],
    tests: ["test/report-oracle", "test/attributes", "test/attacks/reports.test.ts"],
    solidity: [],
  },
  {
    name: "scores",
    files: [
      "contracts/Scores.sol",
      "contracts/libraries/ScoreBook.sol",
      "contracts/libraries/ScorePages.sol",
      "contracts/libraries/Scoring.sol",
      "contracts/libraries/Conduct.sol",
      "contracts/libraries/Sanity.sol",
      "contracts/libraries/Valuation.sol",
      "contracts/libraries/Enforcement.sol",
    ],
    tests: ["test/scores", "test/scoring", "test/attacks/scores.test.ts"],
    solidity: [],
  },
  {
    name: "periphery",
    files: [
      "contracts/periphery/PoolLens.sol",
      "contracts/networks/DevNetwork.sol",
      "contracts/StakingPoolFactory.sol",
    ],
    tests: ["test/lens", "test/dev-network", "test/staking-pool", "test/tables"],
    solidity: [],
  },
];

/** Gas, size, layout and bytecode change with every mutant: to notice that proves nothing. */
export const LEFT_OUT: readonly RegExp[] = [
  /\bgas\.test\.ts/i,
  /^test\/gas\//,
  /layout/i,
  /deploy\/code/,
  /tables\/size/,
  /promises\/p4/,
  /integration\/thousand/,
  /large\.test\.ts/,
  /: .*\b(code size|storage slots?|[\d,]+ bytes)\b/i,
  /: .*\b(too little gas|whatever gas|as the gas|million gas|piece of gas|gas of)\b/i,
  /: .*costs the same/i,
];
