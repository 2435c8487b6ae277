import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { isAddress } from "ethers";

import { Failure } from "./failure.ts";

/** Where a deployment is, as its folder says. */
export interface Deployment {
  readonly chainId: bigint;
  readonly genesisHash: string | null;
  /** The block in which the pool came to be, 0 if that is not recorded. */
  readonly firstBlock: number;
  readonly addresses: Readonly<Record<ContractName, string>>;
}

const CONTRACTS = ["MetaPool", "Allocator", "OperatorRegistry", "PoolLens"] as const;
export type ContractName = (typeof CONTRACTS)[number];

interface ContractFile {
  readonly address: string;
  readonly firstBlock: number;
}

/** Reads `folder`/`network`, as the deployment wrote it. */
export function readDeployment(folder: string, network: string): Deployment {
  const at = path.join(folder, network);
  if (!existsSync(path.join(at, ".chain"))) {
    throw new Failure(`There is no deployment for the network "${network}" in ${folder}: deploy first.`);
  }
  const files = Object.fromEntries(CONTRACTS.map((name) => [name, readContract(at, name)])) as Record<
    ContractName,
    ContractFile
  >;
  return {
    ...readChain(folder, network),
    firstBlock: files.MetaPool.firstBlock,
    addresses: Object.fromEntries(Object.entries(files).map(([name, { address }]) => [name, address])) as Record<
      ContractName,
      string
    >,
  };
}

/** The chain that a deployment is on. */
export function readChain(folder: string, network: string): Pick<Deployment, "chainId" | "genesisHash"> {
  const file = path.join(folder, network, ".chain");
  const { chainId, genesisHash } = readRecord(file);
  if (!/^\d+$/.test(String(chainId))) throw broken(file, "chainId", chainId);
  return { chainId: BigInt(chainId as string | number), genesisHash: (genesisHash as string | undefined) ?? null };
}

/** Where a further contract of a deployment is. */
export function readAddress(folder: string, network: string, name: string): string {
  return readContract(path.join(folder, network), name).address;
}

/** The same where a deployment need not have it; null if it has not. */
export function findAddress(folder: string, network: string, name: string): string | null {
  return existsSync(path.join(folder, network, `${name}.json`)) ? readAddress(folder, network, name) : null;
}

/** The block in which a further contract came to be, 0 if that is not recorded. */
export function readBlock(folder: string, network: string, name: string): number {
  return readContract(path.join(folder, network), name).firstBlock;
}

function readContract(at: string, name: string): ContractFile {
  const file = path.join(at, `${name}.json`);
  if (!existsSync(file)) throw new Failure(`The deployment in ${at} has no ${name}: deploy again.`);
  const { address, receipt } = readRecord(file);
  if (!isAddress(address)) throw broken(file, "address", address);
  const { blockNumber } = Object(receipt) as Record<string, unknown>;
  const firstBlock = Number(blockNumber ?? 0);
  if (!Number.isSafeInteger(firstBlock)) throw broken(file, "receipt.blockNumber", blockNumber);
  return { address, firstBlock };
}

/** The fields of a record, whatever they are; none where it is no object. */
function readRecord(file: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(readFileSync(file, "utf8"))) as Record<string, unknown>;
  } catch {
    throw new Failure(`${file} cannot be read as JSON.`);
  }
}

function broken(file: string, field: string, value: unknown): Failure {
  return new Failure(`${file} is broken: its ${field} is ${value === undefined ? "missing" : JSON.stringify(value)}.`);
}
