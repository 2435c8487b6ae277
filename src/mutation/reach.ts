import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import type { Reached } from "./statements.ts";
import type { Suite } from "./suite.ts";

/** Makes chains tell which tags they pass, into the set that is set. To be called before any chain is made. */
export function listen(): { into: Set<string> } {
  const heard = { into: new Set<string>() };
  hre.hooks.registerHandlers("network", {
    onCoverageData: async (_context, tags) => {
      for (const tag of tags) heard.into.add(tag);
    },
  });
  return heard;
}

/** Runs every test once. What a fixture passes counts for each test that loads it, whoever was the first. */
export async function reach(
  suite: Suite,
  connections: readonly NetworkConnection[],
  heard: { into: Set<string> },
  tags: readonly string[],
  timeout: number,
  report: (reached: Reached) => void,
): Promise<void> {
  const places = new Map(tags.map((tag, index) => [tag, index]));
  const shared = new Map<unknown, Set<string>>();
  for (const { networkHelpers } of connections) {
    const load = networkHelpers.loadFixture.bind(networkHelpers);
    networkHelpers.loadFixture = async (fixture) => {
      const own = heard.into;
      heard.into = new Set();
      const loaded = await load(fixture).finally(() => {
        const known = shared.get(fixture) ?? [];
        shared.set(fixture, new Set([...known, ...heard.into]));
        heard.into = new Set([...own, ...shared.get(fixture)!]);
      });
      return loaded;
    };
  }
  for (const name of suite.names) {
    heard.into = new Set();
    const { milliseconds } = await suite.run(name, timeout);
    const statements = [...heard.into].flatMap((tag) => places.get(tag) ?? []).sort((a, b) => a - b);
    report({ name, milliseconds, statements });
  }
}
