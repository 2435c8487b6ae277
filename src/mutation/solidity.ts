import path from "node:path";

import hre from "hardhat";

import { type Build, compile, neededFor, type Optimization, PROJECT } from "./compiler.ts";
import { childrenOf } from "./tree.ts";

/** A test in Solidity that failed. */
export interface Failed {
  readonly name: string;
  readonly reason: string;
}

interface ArtifactId {
  readonly name: string;
  readonly source: string;
  readonly solcVersion: string;
}

interface SuiteResult {
  readonly id: ArtifactId;
  readonly testResults: readonly { readonly name: string; readonly status: string; readonly reason?: string }[];
}

/** What is used of Hardhat's own runner, which only takes what is on disk. */
interface Runner {
  readonly runSolidityTests: (
    chainType: string,
    artifacts: readonly object[],
    suites: readonly ArtifactId[],
    config: object,
    tracing: object,
    onSuite: (result: SuiteResult) => void,
  ) => Promise<unknown>;
}

/** What a test creates is in its own code; libraries are linked to it. */
const LIBRARIES = "contracts/libraries/";

const inside = (file: string) => new URL(`internal/${file}`, import.meta.resolve("hardhat")).href;

/** Runs the test contracts of `files` with some sources replaced; those that failed, none if all passed. */
export async function runSolidityTests(
  build: Build,
  files: readonly string[],
  mutated: string,
  replaced: Readonly<Record<string, string>>,
  optimization: Optimization = "plain",
): Promise<Failed[]> {
  const needed = build
    .usersOf(mutated)
    .flat()
    .filter((contract) => contract.startsWith(LIBRARIES) || files.some((file) => contract.startsWith(file)));
  if (needed.length === 0) return [];
  // The fuzzer knows a handler by its code, so it is compiled as the test is that creates it.
  const handlers = optimization === "plain" ? contractsBeside(build, files) : [];
  const codes = compile(build, [...new Set([...needed, ...handlers])], replaced, optimization);
  const names = [...(await hre.artifacts.getAllFullyQualifiedNames())];
  const artifacts = await Promise.all(names.map(async (name) => hre.artifacts.readArtifact(name)));
  const contracts = artifacts.map((artifact) => {
    const code = codes.get(`${artifact.sourceName}:${artifact.contractName}`);
    const { bytecode, deployedBytecode, linkReferences, deployedLinkReferences } = { ...artifact, ...code };
    return {
      id: {
        name: artifact.contractName,
        source: artifact.inputSourceName ?? artifact.sourceName,
        solcVersion: "0.8.35",
      },
      contract: {
        abi: JSON.stringify(artifact.abi),
        bytecode,
        deployedBytecode,
        linkReferences,
        deployedLinkReferences,
      },
    };
  });
  const suites = artifacts.flatMap((artifact, index) => {
    const isTest = artifact.abi.some((item: { name?: string }) => /^(test|invariant)/.test(item.name ?? ""));
    return isTest && artifact.bytecode !== "0x" && files.includes(artifact.sourceName) ? [contracts[index]!.id] : [];
  });
  const failed: Failed[] = [];
  const { getGlobalEdrContext } = (await import(inside("edr/context.js"))) as {
    getGlobalEdrContext: () => Promise<Runner>;
  };
  const context = await getGlobalEdrContext();
  let open = suites.length;
  await new Promise<void>((resolve, reject) => {
    const onSuite = ({ id, testResults }: SuiteResult) => {
      for (const { name, status, reason = "" } of testResults) {
        if (status === "Failure")
          failed.push({ name: `${id.source.slice(PROJECT.length)}: ${id.name} ${name}`, reason });
      }
      open -= 1;
      if (open === 0) resolve();
    };
    configOf(files)
      .then(async (config) => context.runSolidityTests("L1", contracts, suites, config, {}, onSuite))
      .catch(reject);
  });
  return failed;
}

/** The contracts of the test sources that `files` import. */
function contractsBeside(build: Build, files: readonly string[]): string[] {
  const roots = files.map((file) => PROJECT + file);
  const sources = Object.keys(neededFor(roots, build.sources, build.settings));
  return sources
    .filter((source) => source.startsWith(`${PROJECT}test/`))
    .map((source) => source.slice(PROJECT.length))
    .flatMap((file) =>
      childrenOf(build.trees[file]!, "nodes")
        .filter(
          ({ nodeType, contractKind, abstract }) =>
            nodeType === "ContractDefinition" && contractKind === "contract" && abstract !== true,
        )
        .map(({ name }) => `${file}:${String(name)}`),
    );
}

async function configOf(files: readonly string[]): Promise<object> {
  const helpers = (await import(inside("builtin-plugins/solidity-test/helpers.js"))) as {
    solidityTestConfigToSolidityTestRunnerConfigArgs: (options: object) => Promise<object>;
  };
  const { eip712Types: _types, ...config } = hre.config.test.solidity.profiles.default as { eip712Types?: unknown };
  return helpers.solidityTestConfigToSolidityTestRunnerConfigArgs({
    chainType: "l1",
    projectRoot: hre.config.paths.root,
    config,
    verbosity: 0,
    generateGasReport: false,
    eip712CanonicalTypes: [],
    testSourcePaths: Object.fromEntries(files.map((file) => [PROJECT + file, path.resolve(file)])),
  });
}
