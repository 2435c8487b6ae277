import { writeFile } from "node:fs/promises";

import { artifacts } from "../rocketh/deploy.ts";
import { describeStorage } from "../src/storage.ts";

/** Records the storage layouts that test/layout holds the contracts to. Only ever append to one that is deployed. */
const { MetaPool, Allocator, OperatorRegistry } = artifacts;

for (const { contractName, storageLayout } of [MetaPool, Allocator, OperatorRegistry]) {
  const lines = describeStorage(storageLayout);
  await writeFile(`test/layout/${contractName}.json`, `${JSON.stringify(lines, null, 2)}\n`);
  console.log(`${contractName}: ${lines.length} variables`);
}
