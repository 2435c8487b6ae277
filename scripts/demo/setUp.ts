import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { NetworkConnection } from "hardhat/types/network";

import type { HostilePool } from "../../types/index.ts";
import { deployTrellis, type Trellis } from "../steps/deployment.ts";
import { createGroups, createOperators, packGroups, type Operator } from "../steps/operators.ts";
import { NO_CAP } from "../../rocketh/parameters.ts";
import type { Chance } from "./random.ts";

/** Indexes of the operators that something happens to. */
export const CAST = { slashed: 7, delisted: 12, unwhitelisted: 20 } as const;

const ENTITIES = 60;
const JURISDICTIONS = ["Iceland", "Japan", "Kenya", "Chile", "Canada", "France", "India", "Norway"];
const INFRASTRUCTURES = Array.from({ length: 10 }, (_, i) => `data centre ${i + 1}`);
const CLIENTS = ["client A", "client B", "client C", "client D"];
const WHALES = 20;

export interface Stage {
  readonly trellis: Trellis;
  readonly operators: readonly Operator[];
  /** Two pools that the foundation should not have vouched for: one dies for good, one for a while. */
  readonly dead: HostilePool;
  readonly sleeper: HostilePool;
  readonly stakers: readonly HardhatEthersSigner[];
  readonly keeper: HardhatEthersSigner;
  readonly crook: HardhatEthersSigner;
  readonly groupNames: ReadonlyMap<bigint, string>;
}

/** Deploys with the real scripts, lists 100 operators, lets outsiders stake with them, hands over. */
export async function setUp(
  connection: NetworkConnection,
  chance: Chance,
  size: { operators: number; stakers: number },
  say: (line: string) => void,
): Promise<Stage> {
  const trellis = await deployTrellis(connection, { handover: false });
  const [keeper, crook, ...rest] = trellis.others;
  const whales = rest.slice(0, WHALES);
  const owners = rest.slice(WHALES, WHALES + size.operators);
  const stakers = rest.slice(WHALES + size.operators, WHALES + size.operators + size.stakers);
  if (stakers.length < size.stakers) throw new Error(`The network has too few accounts for ${size.stakers} stakers.`);
  say("deployed");

  const { ids, names } = await setUpGroups(trellis);
  const groupsOf = () => [
    ids.entity(chance.between(0, ENTITIES - 1)),
    ids.jurisdiction(chance.between(0, JURISDICTIONS.length - 1)),
    ids.infrastructure(chance.between(0, INFRASTRUCTURES.length - 1)),
    ids.client(chance.between(0, CLIENTS.length - 1)),
  ];
  const specs = owners.slice(0, size.operators - 2).map((owner) => ({
    owner,
    bond: ether(chance.spread(2, 12)),
    commissionBps: chance.between(0, 1_500),
    weight: chance.between(20, 400),
    groups: groupsOf(),
  }));
  const operators = await createOperators(trellis, specs);
  const dead = await listHostile(trellis, groupsOf());
  const sleeper = await listHostile(trellis, groupsOf());
  say(`${operators.length + 2} operators listed`);

  // What others stake with the operators makes up most of the network and counts against the caps.
  for (const [i, { pool }] of operators.entries()) {
    await pool.connect(whales[i % whales.length]).deposit_and_stake({ value: ether(chance.spread(50, 800)) });
  }
  await trellis.handOver();
  say("handed over: the deployer holds no role");
  return { trellis, operators, dead, sleeper, stakers, keeper: keeper!, crook: crook!, groupNames: names };
}

async function setUpGroups(trellis: Trellis) {
  const kinds = [
    { names: Array.from({ length: ENTITIES }, (_, i) => `entity ${i + 1}`), poolShareBps: 400 },
    { names: JURISDICTIONS, poolShareBps: 2_000 },
    { names: INFRASTRUCTURES, poolShareBps: 1_500 },
    { names: CLIENTS, poolShareBps: 5_000 },
  ];
  const created = await createGroups(
    trellis,
    kinds.flatMap(({ names, poolShareBps }, k) => names.map(() => ({ dimension: k + 1, poolShareBps }))),
  );
  const all = kinds.flatMap(({ names }) => names);
  const start = (kind: number) => kinds.slice(0, kind).reduce((sum, { names }) => sum + names.length, 0);
  const idIn = (kind: number) => (i: number) => Number(created[start(kind) + i]!);
  return {
    ids: { entity: idIn(0), jurisdiction: idIn(1), infrastructure: idIn(2), client: idIn(3) },
    names: new Map([[1n, "newcomers"], ...created.map((id, i): [bigint, string] => [id, all[i]!])]),
  };
}

async function listHostile({ connection, registry, foundation, deployer }: Trellis, groups: number[]) {
  const pool = await connection.ethers.deployContract("HostilePool");
  await registry.connect(foundation).whitelistPool(pool);
  await registry.connect(deployer).list({
    pool,
    factory: connection.ethers.ZeroAddress,
    weight: 200,
    minWeight: 0,
    maxWeight: 1_000,
    absoluteCap: NO_CAP,
    groups: packGroups(groups),
  });
  return pool;
}

/** An amount in wei with a milli-ether's precision. */
export function ether(amount: number): bigint {
  return BigInt(Math.round(amount * 1_000)) * 10n ** 15n;
}
