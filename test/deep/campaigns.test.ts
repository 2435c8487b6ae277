import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";

import { addCampaigns, idleActions } from "../../src/deep/campaigns.ts";

const SUITES = "test/solidity";

describe("Campaigns", () => {
  it("are sent by nobody that they are about: each is a Campaign, which names its one sender", async () => {
    const sources = (await readdir(SUITES, { recursive: true })).filter((name) => name.endsWith(".sol"));
    const texts = await Promise.all(sources.map((name) => readFile(path.join(SUITES, name), "utf8")));
    const campaigns = texts.filter((text) => text.includes("function invariant_"));

    expect(campaigns).to.have.length(3); // both of the whole system share theirs
    for (const text of campaigns) {
      const declared = /contract \w+ is ([\w, ]+) \{(?=[^]*function invariant_)/.exec(text);
      expect(declared?.[1]?.split(", ")).to.include("Campaign");
      expect(text).not.to.include("function targetSenders");
    }
  });

  it("are held to a tenth of an action's calls, and, in full length, to two hundred", () => {
    const actions = { enough: { calls: 2_000, reverts: 1_800 }, rare: { calls: 2_001, reverts: 1_801 } };
    expect(idleActions({ calls: 4_001, actions })).to.deep.equal(["rare succeeded in 200 of 2001 calls"]);

    const few = { few: { calls: 199, reverts: 0 }, many: { calls: 200, reverts: 0 } };
    expect(idleActions({ calls: 256 * 64 - 1, actions: few })).to.deep.equal([]);
    expect(idleActions({ calls: 256 * 64, actions: few })).to.deep.equal(["few succeeded in 199 of 199 calls"]);
  });

  it("add up over shards, action by action", () => {
    const shard = (calls: number, reverts: number) => ({
      name: "A",
      runs: 3,
      calls,
      actions: { act: { calls, reverts } },
    });
    expect(addCampaigns([shard(5, 1), shard(7, 2)])).to.deep.equal({
      name: "A",
      runs: 6,
      calls: 12,
      actions: { act: { calls: 12, reverts: 3 } },
    });
  });
});
