import { artifacts, BEHIND_PROXY, deployScript, ONCE } from "../rocketh/deploy.ts";
import { changeParameters, type ParameterChanges } from "../rocketh/parameters.ts";

/** The pool's delegations: positions, rounds, snapshot, levels and legs. */
export default deployScript<ParameterChanges>(
  async ({ deploy, deployViaProxy, get, data, namedAccounts: { deployer } }, changes) => {
    const { epochLength, allocator } = changeParameters(data.parameters, changes);
    const rounds = await deploy("Rounds", { account: deployer, artifact: artifacts.Rounds, args: [] }, ONCE);
    const levels = await deploy("Levels", { account: deployer, artifact: artifacts.Levels, args: [] }, ONCE);
    const legs = await deploy("Legs", { account: deployer, artifact: artifacts.Legs, args: [] }, ONCE);
    const legRooms = await deploy("LegRooms", { account: deployer, artifact: artifacts.LegRooms, args: [] }, ONCE);

    await deployViaProxy(
      "Allocator",
      { account: deployer, artifact: artifacts.Allocator, args: [] },
      {
        ...BEHIND_PROXY,
        libraries: {
          Rounds: rounds.address,
          Levels: levels.address,
          Legs: legs.address,
          LegRooms: legRooms.address,
        },
        execute: {
          methodName: "initialize",
          args: [
            get("AccessManager").address,
            get("MetaPool").address,
            get("OperatorRegistry").address,
            get("Network").address,
            epochLength,
            allocator,
          ],
        },
      },
    );
  },
  { tags: ["Allocator", "trellis"], dependencies: ["Network", "OperatorRegistry", "MetaPool"] },
);
