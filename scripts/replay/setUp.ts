import { id } from "ethers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { NetworkConnection } from "hardhat/types/network";

import { NO_SHARE } from "../../rocketh/parameters.ts";
import { Failure } from "../../src/cli/failure.ts";
import { runOnce } from "../../src/keeper/runOnce.ts";
import { deployTrellis, type Trellis } from "../steps/deployment.ts";
import { createOperators, createPool, type Operator } from "../steps/operators.ts";
import { nextEpoch } from "../steps/time.ts";
import type { Cast } from "./cast.ts";
import { KEEPER } from "./keeper.ts";
import { CHAIN } from "./settings.ts";

/** The loosest share that one operator may have. */
const LOOSE_SHARE_BPS = 3_333;
const BPS = 10_000n;
const DEPOSIT_GAS = 500_000n;
const ACCOUNTS = 20;
const BALANCE = 10n ** 27n; // a thousand million ether: initial balances are given, all else is earned

export interface Stage {
  readonly trellis: Trellis;
  /** In the order of the cast. */
  readonly operators: readonly Operator[];
  readonly keeper: HardhatEthersSigner;
}

/** Accounts that are rich enough to hold the stake of a whole network. */
export function richAccounts() {
  return Array.from({ length: ACCOUNTS }, (_, i) => ({ privateKey: id(`trellis replay ${i}`), balance: BALANCE }));
}

/**
 * Deploys with the real scripts under loose rules, lists everyone with a cap of what the pool really had there, puts
 * others' stake where it was, hands over, and lets a keeper place one staker's deposit.
 */
export async function setUp(connection: NetworkConnection, cast: Cast, say: (line: string) => void): Promise<Stage> {
  checkShares(cast);
  const trellis = await deployTrellis(connection, {
    handover: false,
    parameters: {
      epochLength: CHAIN.epochLength,
      devNetwork: { unbondingEpochs: CHAIN.unbondingEpochs },
      pool: { bufferTargetBps: 0 },
      policy: { poolShareBps: LOOSE_SHARE_BPS, netShareBps: NO_SHARE, bondRatio: 0 },
      tenure: { poolShareBps: 0 },
    },
  });
  const [owner, outsider, staker, keeper] = trellis.others;
  const operators = await createOperators(
    trellis,
    cast.parts.map(({ name, commissionBps, weight, poolStake }) => ({
      owner: owner!,
      stakingKey: `0x${Buffer.from(name).toString("hex")}`,
      commissionBps,
      weight,
      absoluteCap: poolStake,
    })),
  );
  say(`${operators.length} operators listed`);

  const seed = await trellis.factory.SEED();
  for (const [index, { othersStake }] of cast.parts.entries()) {
    if (othersStake <= seed) continue;
    await operators[index]!.pool.connect(outsider).deposit_and_stake({
      value: othersStake - seed,
      gasLimit: DEPOSIT_GAS,
    });
  }
  if (cast.elsewhere > 0n) {
    const elsewhere = await createPool(trellis, owner!);
    await elsewhere.connect(outsider).deposit_and_stake({ value: cast.elsewhere });
  }
  await trellis.handOver();
  say("others' stake in place, handed over");

  await trellis.metaPool.connect(staker).deposit_and_stake({ value: cast.poolStake });
  const stage = { trellis, operators, keeper: keeper! };
  await nextEpoch(trellis);
  await runOnce({ ...trellis, signer: keeper! }, KEEPER);
  await checkPlaced(stage, cast);
  say("the pool stands where it stood, to the wei");
  return stage;
}

/** A third is a bound that no rule passes, so nothing above it can be rebuilt. */
function checkShares({ parts, poolStake }: Cast): void {
  if (poolStake === 0n) throw new Failure("Nobody in the file holds stake of the pool.");
  const most = (poolStake * BigInt(LOOSE_SHARE_BPS)) / BPS;
  const above = parts.find((part) => part.poolStake > most);
  if (above !== undefined)
    throw new Failure(`${above.name} holds more than a third of the pool, which no rules allow.`);
}

async function checkPlaced({ trellis, operators }: Stage, { parts }: Cast): Promise<void> {
  for (const [index, { id }] of operators.entries()) {
    const { position } = await trellis.allocator.positionOf(id);
    const { name, poolStake } = parts[index]!;
    if (position !== poolStake)
      throw new Failure(`${name} holds ${position} wei instead of the recorded ${poolStake}.`);
  }
}
