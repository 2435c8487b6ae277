import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

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
  readonly receipt?: { readonly blockNumber?: string | number };
}

interface ChainFile {
  readonly chainId: string | number;
  readonly genesisHash?: string;
}

/** Reads `folder`/`network`, as the deployment wrote it. */
export function readDeployment(folder: string, network: string): Deployment {
  const at = path.join(folder, network);
  if (!existsSync(path.join(at, ".chain"))) {
    throw new Failure(`There is no deployment for the network "${network}" in ${folder}: deploy first.`);
  }
  const chain = readJson(path.join(at, ".chain")) as ChainFile;
  const files = Object.fromEntries(CONTRACTS.map((name) => [name, readContract(at, name)])) as Record<
    ContractName,
    ContractFile
  >;
  return {
    chainId: BigInt(chain.chainId),
    genesisHash: chain.genesisHash ?? null,
    firstBlock: blockOf(files.MetaPool),
    addresses: Object.fromEntries(Object.entries(files).map(([name, { address }]) => [name, address])) as Record<
      ContractName,
      string
    >,
  };
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
  return blockOf(readContract(path.join(folder, network), name));
}

function blockOf({ receipt }: ContractFile): number {
  return Number(receipt?.blockNumber ?? 0);
}

function readContract(at: string, name: string): ContractFile {
  const file = path.join(at, `${name}.json`);
  if (!existsSync(file)) throw new Failure(`The deployment in ${at} has no ${name}: deploy again.`);
  return readJson(file) as ContractFile;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new Failure(`${file} cannot be read as JSON.`);
  }
}
