import { Failure } from "../../../src/cli/failure.ts";
import { withOracle } from "../../../src/oracle/contracts.ts";
import { reportOnce } from "../../../src/oracle/member.ts";
import { type EpochReport, isUsable, recordedSource } from "../../../src/reports/epoch.ts";
import type { CounterSource } from "../../../src/reports/types.ts";
import type { SeriesStage } from "./stage.ts";

/** Operators scored in one transaction. */
const PAGE_SIZE = 60;

/** What the committee did in an epoch. */
export interface Reporting {
  /** Votes for the report that was agreed; 0 if the members' source was not fit to vote on. */
  readonly votes: number;
  readonly gas: bigint;
  readonly transactions: number;
}

/**
 * Lets the committee report the chain's last epoch as what the series says. Its last member lies: it says that everyone
 * earned nothing, which outvotes nobody. A report that is not of its epoch is not voted on, so scores age.
 */
export async function reportEpoch(stage: SeriesStage, report: EpochReport): Promise<Reporting> {
  if (!isUsable(report)) return { votes: 0, gas: 0n, transactions: 0 };

  const { trellis, actors } = stage;
  const { provider } = trellis.connection.ethers;
  const epoch = (await trellis.allocator.currentEpoch()) - 1n;
  const refBlock = BigInt(await provider.getBlockNumber());
  const honest = recordedSource([report], {
    ids: actors.map(({ name }) => name),
    epochOf: () => epoch,
    refBlockOf: async () => refBlock,
  });
  const lying: CounterSource = {
    countersOf: async (asked) => {
      const known = await honest.countersOf(asked);
      return { ...known, operators: known.operators.map((one) => ({ ...one, reward: 0n })) };
    },
  };

  let [gas, transactions] = [0n, 0];
  for (const [index, member] of trellis.committee.entries()) {
    const contracts = await withOracle({ ...trellis, signer: member }, trellis.reportOracle);
    const isLast = index === trellis.committee.length - 1;
    const done = await reportOnce(contracts, isLast ? lying : honest, { pageSize: PAGE_SIZE });
    gas += done.gasUsed;
    transactions += done.transactions;
  }
  const agreed = await trellis.reportOracle.agreed();
  if (agreed.epoch !== epoch)
    throw new Failure(`The committee did not agree on epoch ${epoch}, only on ${agreed.epoch}.`);
  const { refBlockHash, networkStake, operators, root } = agreed;
  const header = { epoch, refBlock: agreed.refBlock, refBlockHash, networkStake, operators, root };
  const hash = await trellis.reportOracle.reportHash(header);
  return { votes: Number(await trellis.reportOracle.votesOf(hash)), gas, transactions };
}
