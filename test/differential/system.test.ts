import * as metaPool from "../../src/model/metaPool.ts";
import { ether } from "../fixtures/allocator.ts";
import type { Suite } from "./runner.ts";
import { playAll } from "./sequences.ts";
import { lists } from "./system/lists.ts";
import { loadSystem } from "./system/load.ts";
import { reports } from "./system/reports.ts";
import { rounds } from "./system/rounds.ts";
import { surroundings } from "./system/surroundings.ts";
import { DAY, type System } from "./system/world.ts";
import { poolOf, userOperations } from "./users.ts";

const { unstake, ...byUsers } = userOperations<System>();

const suite: Suite<System> = {
  operations: { ...byUsers, unstake: { ...unstake!, weight: 16 }, ...rounds, ...lists, ...reports, ...surroundings },
  events: [
    "certified",
    "class 0",
    "class 1",
    "class 2",
    "faulted",
    "written down",
    "recovered",
    "premium",
    "unknown N",
    "tenure",
    "a group that waits",
    "established",
    "ramp is over",
    "frozen",
    "old scores",
  ],
  pause: (name, random, { time }) =>
    name === "round" ? (time / DAY + 1n) * DAY + BigInt(random.below(7200)) - time : BigInt(random.below(900) + 1),
  seed: 1005,
  length: 500,
  count: { plain: 1_500, deep: 60_000 },
  load: async () => {
    const world = await loadSystem();
    for (const [who, user] of world.users.entries()) {
      const amount = ether(100 * (who + 1));
      world.time += 10n;
      await world.setTime(world.time);
      metaPool.depositAndStake(world.state, world.time, user.address, amount);
      await poolOf(world, who).deposit_and_stake({ value: amount });
    }
    world.start = world.time;
    return world;
  },
};

describe("differential: the deployed system and its surroundings", function () {
  this.timeout(0);

  it("does what the model does, wei by wei", () => playAll(suite));
});
