import { AbiCoder, keccak256 } from "ethers";

import type { Counters, Report } from "./types.ts";

const REPORT =
  "tuple(uint40 epoch, uint64 refBlock, bytes32 refBlockHash, uint96 networkStake, uint32 operators, bytes32 root)";
const COUNTERS =
  "tuple(uint32 assigned, uint32 done, bool active, uint16 commissionBps, " +
  "uint96 stake, uint96 external_, uint96 reward, uint96 slashed)[]";

/** The types of a page's leaf. */
export const LEAF = ["uint256", COUNTERS] as const;

/** What members vote for: the report, on this chain and at this oracle alone. */
export function reportHash(chainId: bigint, oracle: string, report: Report): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["uint256", "address", REPORT], [chainId, oracle, report]));
}

/** The leaf of a page: hashed twice, so that no inner node of the tree can be taken for one. */
export function leafOf(page: number, counters: readonly Counters[]): string {
  return keccak256(keccak256(AbiCoder.defaultAbiCoder().encode(LEAF, [page, counters])));
}
