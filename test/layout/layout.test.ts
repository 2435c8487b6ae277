import { readFile } from "node:fs/promises";

import { expect } from "chai";

import { artifacts } from "../../rocketh/deploy.ts";
import { describeStorage } from "../../src/storage.ts";

const { MetaPool, Allocator, OperatorRegistry } = artifacts;

describe("Storage layout", () => {
  for (const { contractName, storageLayout } of [MetaPool, Allocator, OperatorRegistry]) {
    it(`of ${contractName} is the recorded one (npm run layout records a new one)`, async () => {
      const recorded: unknown = JSON.parse(await readFile(`test/layout/${contractName}.json`, "utf8"));

      expect(describeStorage(storageLayout)).to.deep.equal(recorded);
    });
  }
});
