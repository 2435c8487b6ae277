import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatEthersChaiMatchers from "@nomicfoundation/hardhat-ethers-chai-matchers";
import hardhatKeystore from "@nomicfoundation/hardhat-keystore";
import hardhatMocha from "@nomicfoundation/hardhat-mocha";
import hardhatNetworkHelpers from "@nomicfoundation/hardhat-network-helpers";
import hardhatTypechain from "@nomicfoundation/hardhat-typechain";
import { configVariable, defineConfig, overrideTask } from "hardhat/config";
import hardhatDeploy from "hardhat-deploy";

import { writeTestReport } from "./src/report/tests.ts";

/** `npm run test:deep` looks much longer than the ordinary run does. */
const isDeep = process.env.TRELLIS_DEEP === "1";

/** A shard of the invariant campaigns has its own seed and length (scripts/deep.ts). */
const campaign = {
  seed: process.env.TRELLIS_SEED ?? "0x74726574",
  runs: Number(process.env.TRELLIS_RUNS ?? 256),
  depth: Number(process.env.TRELLIS_DEPTH ?? 64),
  shrinks: Number(process.env.TRELLIS_SHRINKS ?? 5_000),
};

/** What one transaction may use on a chain (EIP-7825); the in-process chain holds the contracts to it. */
const TRANSACTION_GAS_CAP = 16_777_216n;

/** Of the in-process chain and of `hardhat node`: those that rocketh/config.ts names, and as many again for tests. */
const ACCOUNTS = { count: 25 };

/** A run of all tests leaves how long it took, for `npm run bench`; counting lines makes it longer. */
const test = overrideTask("test")
  .setInlineAction(async (options, { globalOptions }, runTests) => {
    const start = performance.now();
    const result = (await runTests(options)) as { readonly success: boolean };
    const isWhole = (options.testFiles as string[]).length === 0 && options.grep === undefined;
    if (isWhole && !isDeep && !globalOptions.coverage) {
      const seconds = Math.round((performance.now() - start) / 1_000);
      await writeTestReport({ passed: result.success, seconds });
    }
    return result;
  })
  .build();

/** Several files of TypeScript tests are shared out among processes, one for each core. */
const mochaTest = overrideTask(["test", "mocha"])
  .setInlineAction((options, hre, runTests) => {
    hre.config.test.mocha.parallel = (options.testFiles as string[]).length !== 1;
    return runTests(options);
  })
  .build();

/** After the Solidity tests every campaign is looked at as a whole: one whose actions mostly fail holds nothing. */
const solidityTest = overrideTask(["test", "solidity"])
  .setAction(async () => ({ default: (await import("./src/deep/campaigns.ts")).runAndCount }))
  .build();

/** A tag that nothing has is refused, and without tags nothing is handed over. */
const deploy = overrideTask("deploy")
  .setAction(async () => ({ default: (await import("./rocketh/task.ts")).deployTagged }))
  .build();

export default defineConfig({
  tasks: [test, mochaTest, solidityTest, deploy],
  plugins: [
    hardhatEthers,
    hardhatEthersChaiMatchers,
    hardhatMocha,
    hardhatNetworkHelpers,
    hardhatTypechain,
    hardhatKeystore,
    hardhatDeploy,
  ],
  solidity: {
    version: "0.8.35",
    // The compiler comes from npm, so that nothing is downloaded at build time.
    path: fileURLToPath(import.meta.resolve("solc/soljson.js")),
    npmFilesToBuild: [
      "@openzeppelin/contracts/access/manager/AccessManager.sol",
      "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol",
    ],
    settings: {
      evmVersion: "cancun",
      optimizer: { enabled: true, runs: 50 },
      viaIR: false,
    },
  },
  networks: {
    // In process. Gas and price are given, since to ask for them with every transaction takes as long as sending it.
    default: {
      type: "edr-simulated",
      chainType: "l1",
      transactionGasCap: TRANSACTION_GAS_CAP,
      accounts: ACCOUNTS,
      gas: TRANSACTION_GAS_CAP,
      gasPrice: 3_000_000_000,
    },
    // What `hardhat node` serves to `localhost`.
    node: { type: "edr-simulated", chainType: "l1", transactionGasCap: TRANSACTION_GAS_CAP, accounts: ACCOUNTS },
    localhost: { type: "http", chainType: "l1", url: "http://127.0.0.1:8545" },
    hoodi: {
      type: "http",
      chainType: "l1",
      chainId: 560048,
      url: configVariable("HOODI_RPC_URL"),
      accounts: [configVariable("HOODI_PRIVATE_KEY")],
    },
    sepolia: {
      type: "http",
      chainType: "l1",
      chainId: 11155111,
      url: configVariable("SEPOLIA_RPC_URL"),
      accounts: [configVariable("SEPOLIA_PRIVATE_KEY")],
    },
  },
  typechain: { outDir: "types" },
  test: {
    mocha: { timeout: isDeep ? 1_200_000 : 120_000, forbidOnly: true, jobs: availableParallelism() },
    solidity: {
      // Bounds what a test that runs away can use of the machine's memory.
      gasLimit: 1_000_000_000n,
      fuzz: { runs: isDeep ? 10_000 : 256, seed: campaign.seed },
      invariant: {
        runs: campaign.runs,
        depth: campaign.depth,
        failOnRevert: false,
        shrinkRunLimit: campaign.shrinks,
      },
    },
  },
});
