import { AsyncLocalStorage } from "node:async_hooks";

import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import * as generated from "../../generated/artifacts/index.js";
import type { Code } from "./compiler.ts";

/** A test that runs. Once it is given up, its next request to a chain fails. */
export interface Running {
  isGivenUp: boolean;
}

/** Whose request it is. */
export const running = new AsyncLocalStorage<Running>();

/** Contracts to deploy instead of those that were built. */
export interface Installable {
  readonly get: (name: string) => Code | undefined;
  /** What compiling them took of the processor so far, in milliseconds. */
  readonly spent?: number;
}

/** The chains on which tests run in this process, and what is deployed on them. */
export interface Chains {
  readonly connections: readonly NetworkConnection[];
  /** From here on, the chains that exist now can be reset to what they are. */
  readonly remember: () => Promise<void>;
  readonly reset: () => Promise<void>;
  /** Changes what is deployed from now on; what is not named is as it was built. */
  readonly install: (codes: Installable) => void;
}

type Artifact = Code & { readonly sourceName: string; readonly contractName: string };

/** To be called before any test is loaded. Sizes are not kept to: unoptimised code is large, and no test here is about them. */
export function holdChains(): Chains {
  process.env.HH_TEST = "true";
  (hre.config.networks.default as Sizes).allowUnlimitedContractSize = true;
  const connections = recordConnections();
  let resets: (() => Promise<void>)[] = [];
  return {
    connections,
    remember: async () => {
      resets = await Promise.all(connections.map(async (connection) => pristine(connection)));
    },
    reset: async () => {
      await Promise.all(resets.map(async (reset) => reset()));
    },
    install: replaceArtifacts(),
  };
}

interface Sizes {
  allowUnlimitedContractSize?: boolean;
}

type Creation = string | { readonly override?: object } | undefined;

function recordConnections(): NetworkConnection[] {
  const connections: NetworkConnection[] = [];
  const network = hre.network as { create: (creation?: Creation) => Promise<NetworkConnection> };
  const create = network.create.bind(network);
  network.create = async (creation) => {
    const isOwn = typeof creation === "object" && creation.override !== undefined;
    const override: Sizes = { ...(isOwn ? creation.override : {}), allowUnlimitedContractSize: true };
    const connection = await create(isOwn ? { ...creation, override } : creation);
    refuseGivenUp(connection);
    connections.push(connection);
    return connection;
  };
  return connections;
}

function refuseGivenUp({ provider }: NetworkConnection): void {
  const request = provider.request.bind(provider) as (call: object) => Promise<unknown>;
  provider.request = (async (call: object) => {
    if (running.getStore()?.isGivenUp === true) throw new Error("The test was given up.");
    return request(call);
  }) as typeof provider.request;
}

/** Returns what brings a chain back to how it is now, and forgets its fixtures. */
async function pristine({ provider, networkHelpers }: NetworkConnection): Promise<() => Promise<void>> {
  const snapshot = async () => (await provider.request({ method: "evm_snapshot" })) as string;
  let id = await snapshot();
  const reset = async () => {
    const isReset: unknown = await provider.request({ method: "evm_revert", params: [id] });
    if (isReset !== true) throw new Error("A chain cannot be brought back to its beginning.");
    id = await snapshot();
    networkHelpers.clearSnapshots();
  };
  makeAnew(networkHelpers, reset);
  return reset;
}

/**
 * Where a fixture loads another one, Hardhat keeps snapshots that the chain has dropped. That shows only when tests do not
 * run in the order of their file; such a fixture is made anew.
 */
function makeAnew(networkHelpers: NetworkConnection["networkHelpers"], reset: () => Promise<void>): void {
  const load = networkHelpers.loadFixture.bind(networkHelpers);
  networkHelpers.loadFixture = async (fixture) => {
    try {
      return await load(fixture);
    } catch (error) {
      if (!String(error).includes(DROPPED)) throw error;
      await reset();
      return load(fixture);
    }
  };
}

/** "There was an error reverting the snapshot of the fixture." */
const DROPPED = "HHE60013";

const PARTS = ["bytecode", "linkReferences", "deployedBytecode", "deployedLinkReferences"] as const;

/** Makes Hardhat and the deploy scripts take contracts from memory; returns what changes them there. */
function replaceArtifacts(): Chains["install"] {
  let current: Installable = new Map();
  const nameOf = ({ sourceName, contractName }: Artifact) => `${sourceName}:${contractName}`;

  const artifacts = hre.artifacts as { readArtifact: (name: string) => Promise<Artifact> };
  const read = artifacts.readArtifact.bind(artifacts);
  const known = new Map<string, Promise<Artifact>>();
  artifacts.readArtifact = async (name) => {
    if (!known.has(name)) known.set(name, read(name));
    const artifact = await known.get(name)!;
    return { ...artifact, ...current.get(nameOf(artifact)) };
  };

  for (const artifact of Object.values(generated as unknown as Record<string, Artifact>)) {
    const original = { ...artifact };
    for (const part of PARTS) {
      Object.defineProperty(artifact, part, {
        enumerable: true,
        get: () => (current.get(nameOf(original)) ?? original)[part],
      });
    }
  }
  return (codes) => {
    current = codes;
  };
}
