import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import * as generated from "../../generated/artifacts/index.js";
import type { Code, Codes } from "./compiler.ts";

/** The chains on which tests run in this process, and what is deployed on them. */
export interface Chains {
  readonly connections: readonly NetworkConnection[];
  /** From here on, the chains that exist now can be reset to what they are. */
  readonly remember: () => Promise<void>;
  readonly reset: () => Promise<void>;
  /** Changes what is deployed from now on; what is not named is as it was built. */
  readonly install: (codes: Codes) => void;
}

type Artifact = { -readonly [K in keyof Code]: Code[K] } & { sourceName: string; contractName: string };

/** To be called before any test is loaded. Sizes are not kept to: unoptimised code is large, and no test here is about them. */
export function holdChains(): Chains {
  process.env.HH_TEST = "true";
  (hre.config.networks.default as { allowUnlimitedContractSize?: boolean }).allowUnlimitedContractSize = true;
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

function recordConnections(): NetworkConnection[] {
  const connections: NetworkConnection[] = [];
  const network = hre.network as { create: (...args: unknown[]) => Promise<NetworkConnection> };
  const create = network.create.bind(network);
  network.create = async (...args) => {
    const connection = await create(...args);
    connections.push(connection);
    return connection;
  };
  return connections;
}

/** Returns what brings a chain back to how it is now, and forgets its fixtures. */
async function pristine({ provider, networkHelpers }: NetworkConnection): Promise<() => Promise<void>> {
  const snapshot = async () => provider.request({ method: "evm_snapshot" });
  let id = await snapshot();
  return async () => {
    await provider.request({ method: "evm_revert", params: [id] });
    id = await snapshot();
    networkHelpers.clearSnapshots();
  };
}

/** Makes Hardhat and the deploy scripts take contracts from memory; returns what changes them there. */
function replaceArtifacts(): (codes: Codes) => void {
  let current: Codes = new Map();
  const nameOf = ({ sourceName, contractName }: Artifact) => `${sourceName}:${contractName}`;

  const artifacts = hre.artifacts as { readArtifact: (name: string) => Promise<Artifact> };
  const read = artifacts.readArtifact.bind(artifacts);
  const known = new Map<string, Promise<Artifact>>();
  artifacts.readArtifact = async (name) => {
    if (!known.has(name)) known.set(name, read(name));
    const artifact = await known.get(name)!;
    return { ...artifact, ...current.get(nameOf(artifact)) };
  };

  const built = Object.values(generated as unknown as Record<string, Artifact>);
  const originals = new Map(built.map((artifact) => [artifact, { ...artifact }]));
  return (codes) => {
    for (const [artifact, original] of originals) Object.assign(artifact, original, codes.get(nameOf(artifact)));
    current = codes;
  };
}
