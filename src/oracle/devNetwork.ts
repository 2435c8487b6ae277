import { type Log, type Provider, ZeroAddress } from "ethers";

import { faultOf } from "../keeper/errors.ts";
import type { Counters, CounterSource } from "../reports/types.ts";
import {
  type Allocator,
  type DevNetwork,
  type OperatorRegistry,
  type StakingPool,
  StakingPool__factory,
} from "../../types/index.ts";
import { lastBlockBefore } from "./blocks.ts";

/** What is read of a chain whose staking module is a DevNetwork. */
export interface DevNetworkContracts {
  readonly network: DevNetwork;
  readonly allocator: Allocator;
  readonly registry: OperatorRegistry;
}

/** What the logs of an epoch say of one pool. */
interface Luck {
  assigned: bigint;
  done: bigint;
  reward: bigint;
  slashed: bigint;
  slashedFromBonded: bigint;
}

const BPS = 10_000n;
const BLOCKS_PER_QUERY = 2_000;
const EVENTS = ["Rewarded", "Slashed", "DutiesCounted"] as const;
const NO_LUCK: Luck = { assigned: 0n, done: 0n, reward: 0n, slashed: 0n, slashedFromBonded: 0n };

/**
 * Reads what a DevNetwork and the operators' pools showed in the last block of an epoch, and what the network's logs say of
 * its blocks. An operator is active while anything is bonded; without a word on duties none was assigned. What earned is
 * what was bonded in the end, without what was earned and with what was slashed meanwhile.
 */
export function devNetworkSource(contracts: DevNetworkContracts, provider: Provider): CounterSource {
  return {
    countersOf: async (epoch) => {
      const { allocator, registry, network } = contracts;
      const length = await allocator.epochLength();
      const first = (await lastBlockBefore(provider, epoch * length)) + 1;
      const refBlock = await lastBlockBefore(provider, (epoch + 1n) * length);
      const at = { blockTag: refBlock };
      if ((await provider.getCode(registry, refBlock)) === "0x") {
        return { refBlock: BigInt(refBlock), networkStake: 0n, operators: [] };
      }

      const luck = await readLuck(contracts, provider, first, refBlock);
      const count = await registry.operatorCount(at);
      const operators: Counters[] = [];
      for (let id = 1n; id <= count; ++id) {
        const { pool } = await registry.operator(id, at);
        operators.push(await readOperator(contracts, provider, pool, luck.get(pool) ?? NO_LUCK, refBlock));
      }
      return { refBlock: BigInt(refBlock), networkStake: await network.totalStake(at), operators };
    },
  };
}

/** Whether the contract at the network's address is a DevNetwork: another staking module logs nothing that we know. */
export async function isDevNetwork(network: DevNetwork): Promise<boolean> {
  return network.entriesOf(ZeroAddress).then(
    () => true,
    (error: unknown) => {
      if (isRefusal(error)) return false;
      throw error;
    },
  );
}

async function readOperator(
  { network, allocator }: DevNetworkContracts,
  provider: Provider,
  address: string,
  luck: Luck,
  refBlock: number,
): Promise<Counters> {
  const at = { blockTag: refBlock };
  const pool = StakingPool__factory.connect(address, provider);
  const bonded = await network.stakeOf(address, at);
  const ours = await answerOf(pool.get_account_staked_balance(allocator, at), 0n);
  return {
    assigned: luck.assigned,
    done: luck.done,
    active: bonded !== 0n,
    commissionBps: await readCommission(pool, refBlock),
    stake: atLeastZero(bonded + luck.slashedFromBonded - luck.reward),
    external_: atLeastZero(bonded - ours),
    reward: luck.reward,
    slashed: luck.slashed,
  };
}

/** A pool that does not say its price is taken to ask for everything. */
async function readCommission(pool: StakingPool, blockTag: number): Promise<bigint> {
  const fraction = await answerOf(pool.get_reward_fee_fraction({ blockTag }), null);
  if (fraction === null || fraction.denominator === 0n) return BPS;
  const commission = (fraction.numerator * BPS) / fraction.denominator;
  return commission < BPS ? commission : BPS;
}

async function readLuck(
  { network }: DevNetworkContracts,
  provider: Provider,
  first: number,
  last: number,
): Promise<Map<string, Luck>> {
  const found = new Map<string, Luck>();
  const address = await network.getAddress();
  const topics = [EVENTS.map((name) => network.interface.getEvent(name).topicHash)];
  for (let from = first; from <= last; from += BLOCKS_PER_QUERY) {
    const to = Math.min(last, from + BLOCKS_PER_QUERY - 1);
    for (const log of await provider.getLogs({ address, topics, fromBlock: from, toBlock: to })) {
      const [pool, more] = luckOf(network, log);
      const before = found.get(pool) ?? NO_LUCK;
      found.set(pool, {
        assigned: before.assigned + more.assigned,
        done: before.done + more.done,
        reward: before.reward + more.reward,
        slashed: before.slashed + more.slashed,
        slashedFromBonded: before.slashedFromBonded + more.slashedFromBonded,
      });
    }
  }
  return found;
}

function luckOf(network: DevNetwork, log: Log): [pool: string, luck: Luck] {
  const { name, args } = network.interface.parseLog(log)!;
  const [pool, first, second, third] = args.toArray() as [string, bigint, bigint, bigint];
  if (name === "Rewarded") return [pool, { ...NO_LUCK, reward: first }];
  if (name === "DutiesCounted") return [pool, { ...NO_LUCK, assigned: first, done: second }];
  return [pool, { ...NO_LUCK, slashed: second + third, slashedFromBonded: second }];
}

/** The answer of a pool, or `otherwise` if it gives none. A node that gives none is asked again by whoever reads. */
async function answerOf<Answer, Otherwise>(answer: Promise<Answer>, otherwise: Otherwise): Promise<Answer | Otherwise> {
  return answer.catch((error: unknown) => {
    if (isRefusal(error)) return otherwise;
    throw error;
  });
}

/** Whether the contract, not the node, gave no answer that makes sense. */
function isRefusal(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "BAD_DATA" || faultOf(error) === "state";
}

function atLeastZero(value: bigint): bigint {
  return value < 0n ? 0n : value;
}
