import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import type { Provider, Signer } from "ethers";

import type { KeeperContracts } from "../keeper/contracts.ts";
import { faultOf, messageOf } from "../keeper/errors.ts";
import {
  Allocator__factory,
  MetaPool__factory,
  OperatorRegistry__factory,
  PoolLens__factory,
} from "../../types/index.ts";
import { type Deployment, readDeployment } from "./deployment.ts";
import { answerInWords } from "./explain.ts";
import { Failure } from "./failure.ts";

/** What every command is told about where it works. */
export interface Place {
  /** A network of hardhat.config.ts. */
  readonly network: string;
  /** Another node than the configured one. */
  readonly rpc?: string;
  /** The folder that holds a folder for each network. */
  readonly deployments: string;
  /** Who sends: an address or an index among the accounts of the network. */
  readonly account?: string;
}

/** A network that is connected to. */
export interface Connection {
  readonly ethers: HardhatEthers;
  close(): Promise<void>;
}

/** Connects to a network of hardhat.config.ts; without `keys` its accounts are not looked at. */
export type Connect = (place: Place, keys: boolean) => Promise<Connection>;

export type Contracts = Omit<KeeperContracts, "signer">;

/** A checked connection to one deployment. */
export interface Session {
  readonly place: Place;
  readonly deployment: Deployment;
  readonly provider: Provider;
  readonly contracts: Contracts;
  readonly connection: Connection;
}

/** A session in which one account can send. */
export interface SigningSession extends Session {
  readonly signer: Signer;
  readonly account: string;
}

/** Opens the deployment of a network, and refuses a node of another chain. */
export async function openSession(place: Place, connect: Connect): Promise<Session> {
  return open(place, connect, false);
}

/** As `openSession`, with the account that sends. */
export async function openSigningSession(place: Place, connect: Connect): Promise<SigningSession> {
  const session = await open(place, connect, true);
  try {
    const signer = await signerOf(session);
    return { ...session, signer, account: await signer.getAddress() };
  } catch (error) {
    await session.connection.close();
    throw error;
  }
}

async function open(place: Place, connect: Connect, keys: boolean): Promise<Session> {
  const deployment = readDeployment(place.deployments, place.network);
  const connection = await withConfigurationExplained(place, () => connect(place, keys));
  try {
    const { provider } = connection.ethers;
    await checkChain(place, deployment, provider);
    const { addresses } = deployment;
    return {
      place,
      deployment,
      provider,
      connection,
      contracts: {
        metaPool: MetaPool__factory.connect(addresses.MetaPool, provider),
        allocator: Allocator__factory.connect(addresses.Allocator, provider),
        registry: OperatorRegistry__factory.connect(addresses.OperatorRegistry, provider),
        lens: PoolLens__factory.connect(addresses.PoolLens, provider),
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function checkChain(place: Place, deployment: Deployment, provider: Provider): Promise<void> {
  const { chainId } = await withConfigurationExplained(place, () => provider.getNetwork());
  if (chainId !== deployment.chainId) {
    throw new Failure(
      `The node is on chain ${chainId}, but the deployment on "${place.network}" is on chain ${deployment.chainId}.`,
    );
  }
  const genesis = deployment.genesisHash === null ? null : await provider.getBlock(0);
  if (genesis !== null && genesis.hash !== deployment.genesisHash) {
    throw new Failure(`The node's chain is not the one that was deployed to on "${place.network}": deploy again.`);
  }
  if ((await provider.getCode(deployment.addresses.MetaPool)) === "0x") {
    throw new Failure(`The pool is not on the node's chain, at ${deployment.addresses.MetaPool}: deploy again.`);
  }
}

async function signerOf({ place, connection }: Session): Promise<Signer> {
  const signers = await withConfigurationExplained(place, () => connection.ethers.getSigners());
  if (signers.length === 0) throw new Failure(`The network "${place.network}" has no account to send with: set a key.`);
  const { account = "0" } = place;
  const found = /^\d+$/.test(account)
    ? signers[Number(account)]
    : signers.find(({ address }) => address.toLowerCase() === account.toLowerCase());
  if (found === undefined) throw new Failure(`The network "${place.network}" has no account ${account} to send with.`);
  return found;
}

/** Says what is missing in the settings, or that the node is silent. */
async function withConfigurationExplained<T>({ network }: Place, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Failure) throw error;
    const message = messageOf(error);
    const variable = /(?:Variable|Key) "(\w+)" not found/i.exec(message)?.[1];
    if (variable !== undefined) {
      const what = variable.endsWith("KEY") ? "There is no key to send with" : "It is not known where the node is";
      throw new Failure(`${what}: set ${variable} (npx hardhat keystore set ${variable}).`, { cause: error });
    }
    if (/network .*is not defined/i.test(message)) {
      throw new Failure(`hardhat.config.ts has no network "${network}".`, { cause: error });
    }
    if (faultOf(error) === "node" || /cannot connect/i.test(message)) {
      const silent = `The node of the network "${network}" does not answer: is it running?`;
      throw new Failure(answerInWords(error) ?? silent, { cause: error });
    }
    throw error;
  }
}
