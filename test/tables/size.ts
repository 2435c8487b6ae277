/** How large the code of each contract and library may be, by hand. size.test.ts measures. */

/** A chain takes 24,576 bytes; the rest is for the mend that cannot wait. */
export const MAXIMUM = 22_000;

interface Limit {
  /** The code stays below this many bytes. */
  readonly below: number;
  readonly why: string;
}

const below = (bytes: number, why: string): Limit => ({ below: bytes, why });

/** Inlined where it is used; what the compiler leaves to deploy only reverts. */
const inlined = (why: string): Limit => ({ below: 100, why: `${why}: all of it is internal` });

export const SIZES: Readonly<Record<string, Limit>> = {
  MetaPool: below(MAXIMUM, "user operations inline their books, since a linked call costs gas"),
  StakingPool: below(MAXIMUM, "clones of one contract: a library would cost each user operation a call"),
  OperatorRegistry: below(18_000, "the doors, what rounds and scores call, and the views; the rest is linked"),
  Allocator: below(18_000, "the doors and views; rounds, levels and legs are linked"),
  PoolBook: below(14_000, "what only rounds, settings and views need of MetaPool's book"),
  Rounds: below(21_000, "reads pools that may do anything, asks again, books what they say, snapshots"),
  Legs: below(15_000, "moves, page by page, and survives whatever a pool does"),
  LegRooms: below(11_000, "derives every room and cap, for legs and for views"),
  Levels: below(5_000, "checks a sheet; nothing of it is chosen"),
  Curation: below(10_500, "what governance decides of the list, with notice, each with its checks and events"),
  GuardianShare: below(8_500, "what may be tightened at once, and how much of it in an epoch"),
  StakingPoolFactory: below(1_500, "makes clones; the pool's own code is in its constructor alone"),
  Notice: below(8_000, "announces and calls; of what is called only that it can be read and stays what it is"),
  DevNetwork: below(5_500, "a stand-in for a chain's staking module"),
  PoolLens: below(20_000, "views for people and keepers: no money depends on it"),
  Scores: below(14_000, "takes reports; scoring is linked"),
  ScorePages: below(18_000, "scores a page: averages, conduct, score and weight of each operator"),
  ReportOracle: below(9_000, "counts votes and checks proofs; what is reported is for the scores to judge"),
  Attributes: below(4_500, "keeps words; nothing reads it on chain"),

  AccessManager: below(11_000, "OpenZeppelin's, as it is"),
  ERC1967Proxy: below(200, "OpenZeppelin's, as it is: each call through it reads this code"),

  AllocatorBook: inlined("rounds, levels and legs share it"),
  Conduct: inlined("scores' rules of conduct"),
  Enforcement: inlined("what these rules do at the registry"),
  ExitBook: inlined("both kinds of pool share it"),
  ExitPreview: inlined("StakingPool's views"),
  OperatorBook: inlined("the registry's state, for itself and what it links"),
  PoolLedger: inlined("StakingPool's booking"),
  Roles: inlined("Notice's numbers"),
  Ramps: inlined("what rounds need of newcomers"),
  RoundPage: inlined("a page of a round"),
  Tenure: inlined("the registry's ramps"),
  Sanity: inlined("what scores believe of a report"),
  ScoreBook: inlined("scores' state"),
  Scoring: inlined("scores' arithmetic"),
  Tightening: inlined("GuardianShare's measure"),
  Valuation: inlined("what an operator's averages are worth"),
  WriteDowns: inlined("Rounds' write-downs"),
};
