import { expect } from "chai";

import { all, delegate, deployWorld, ether, ethers, Mode, networkHelpers, nextRound } from "../fixtures/allocator.ts";
import { asNotice, nextEpoch, NO_CAP, PAGE, settleAll } from "../fixtures/allocator.ts";
import { ACCESS } from "./access.ts";
import { META_POOL, META_POOL_STATES, STAKING_POOL, STAKING_POOL_STATES } from "./pause.ts";

const DAY = 86_400;
const SHARES = ether(1) / 100n;
const OWN = 1_000_000n;

type World = Awaited<ReturnType<typeof deployBusy>>;

/** Three pools under command and a real one; alice has shares, a free balance, and a matured exit in each kind of pool. */
async function deployBusy() {
  const world = await deployWorld({
    hostile: 3,
    honest: [{ bond: ether(5) }],
    stake: ether(89),
    parameters: { pool: { bufferTargetBps: 100 } },
  });
  const { metaPool, allocator, alice, bob } = world;
  const [{ pool, owner }] = world.honest as [(typeof world.honest)[number]];
  await metaPool.connect(bob).deposit_and_stake({ value: ether(10) });
  await metaPool.connect(alice).deposit({ value: ether(1) });
  await metaPool.connect(alice).approve(bob, ether(10));
  await metaPool.connect(alice).unstake(ether(2));
  await pool.connect(alice).deposit_and_stake({ value: ether(4) });
  await pool.connect(alice).deposit({ value: ether(1) });
  await pool.connect(alice).unstake(ether(1));
  await delegate(world);
  await metaPool.fundExits(10);
  for (let day = 0; day < 5; day += 1) {
    await nextRound(world);
    await allocator.rebalance(all("up", 4), PAGE);
  }
  return { ...world, pool, owner };
}

const states: Record<string, (world: World) => Promise<unknown>> = {
  nothing: () => Promise.resolve(),
  "round open": async (world) => {
    await nextEpoch(world);
    await world.allocator.settle(1, PAGE);
  },
  "all dead": killAll,
  closed: async (world) => {
    // Nothing is kept idle, everything is delegated, and lost.
    const { metaPool, allocator, treasury, network, foundation, pool } = world;
    const none = { feeBps: 500, bufferTargetBps: 0, assetCap: NO_CAP, treasury };
    await metaPool.connect(await asNotice(world)).setParameters(none);
    await nextRound(world);
    await allocator.rebalance(all("up", 4), PAGE);
    await network.connect(foundation).slash(pool, 10_000);
    await killAll(world);
  },
  insolvent: (world) => world.network.connect(world.foundation).slash(world.pool, 10_000),
};

async function killAll(world: World): Promise<void> {
  for (const pool of world.hostile) await pool.setMode(Mode.reverts);
  await networkHelpers.setCode(await world.pool.getAddress(), "0xfe");
  for (let day = 0; day < 3; day += 1) {
    await nextEpoch(world);
    await settleAll(world);
  }
}

describe("Pause", () => {
  it("tables have every function that a user or a keeper calls", () => {
    const own = (name: "MetaPool" | "StakingPool", exempt: RegExp) =>
      Object.entries(ACCESS[name].calls)
        .filter(([signature, { who }]) => (who === "anyone" || who.includes("poolOwner")) && !exempt.test(signature))
        .map(([signature]) => signature.slice(0, signature.indexOf("(")));

    expect(Object.keys(META_POOL)).to.have.members(own("MetaPool", /^permit/));
    // What sets the owner's price, key and successor has no part in it.
    expect(Object.keys(STAKING_POOL)).to.have.members(
      own("StakingPool", /[cC]ommission|finishBond|Ownership|Key|pauseStaking|resumeStaking/),
    );
  });

  for (const state of META_POOL_STATES) {
    for (const [method, { refused, why }] of Object.entries(META_POOL)) {
      const error = refused[state];
      it(`MetaPool.${method} with ${state}: ${error ?? "works"}: ${why}`, async () => {
        const world = await networkHelpers.loadFixture(deployBusy);
        const { metaPool, alice, bob, eve } = world;
        if (state === "paused") await metaPool.connect(world.guardian).pauseStaking(21 * DAY);
        else await states[state]!(world);
        const until = await untilOf(world);
        const { assets, supply } = await metaPool.getBook();
        const [staked, instant] = [
          await metaPool.get_account_staked_balance(alice),
          await metaPool.previewInstant(SHARES),
        ];
        const args: Record<string, readonly unknown[]> = {
          stakeFor: [eve, 0n, ethers.MaxUint256],
          stake: [OWN],
          unstake: [OWN],
          unstakeShares: [SHARES, 0n],
          unstakeInstant: [SHARES, 0n, alice],
          withdraw: [OWN],
          withdrawTo: [eve, OWN],
          withdrawFor: [alice],
          fundExits: [1n],
          transfer: [eve, SHARES],
          transferFrom: [alice, eve, SHARES],
          approve: [eve, SHARES],
        };
        const call = send(metaPool, method === "transferFrom" ? bob : alice, method, args[method] ?? []);

        if (error === undefined) {
          await expect(call).to.not.revert(ethers);
          return;
        }
        const said: Record<string, readonly unknown[]> = {
          StakingIsPaused: [until],
          PoolInsolvent: [assets, supply],
          InsufficientStake: [alice.address, OWN, staked],
          InstantExitUnavailable: [instant.assets, 0n],
        };
        await expect(call)
          .to.be.revertedWithCustomError(metaPool, error)
          .withArgs(...said[error]!);
      });
    }
  }

  for (const state of STAKING_POOL_STATES) {
    for (const [method, { refused, why }] of Object.entries(STAKING_POOL)) {
      const error = refused[state];
      it(`StakingPool.${method} with ${state}: ${error ?? "works"}: ${why}`, async () => {
        const world = await networkHelpers.loadFixture(deployBusy);
        const { pool, alice, owner, eve } = world;
        if (state === "paused") await pool.connect(owner).pauseStaking();
        else await states[state]!(world);
        const args: Record<string, readonly unknown[]> = {
          stakeFor: [eve, 0n, ethers.MaxUint256],
          stake: [OWN],
          unstake: [OWN],
          unstakeShares: [SHARES, 0n],
          withdraw: [OWN],
          withdrawTo: [eve, OWN],
          withdrawFor: [alice],
          fundExits: [1n],
          requestBondWithdrawal: [SHARES],
        };
        const { supply } = await pool.getBook();
        const call = send(pool, method.includes("Bond") ? owner : alice, method, args[method] ?? []);

        if (error === undefined) {
          await expect(call).to.not.revert(ethers);
          return;
        }
        const said: Record<string, readonly unknown[]> = {
          StakingPaused: [],
          PoolInsolvent: [0n, supply],
          InsufficientStake: [alice.address, OWN, 0n],
          InsufficientBond: [SHARES, 0n],
        };
        await expect(call)
          .to.be.revertedWithCustomError(pool, error)
          .withArgs(...said[error]!);
      });
    }
  }
});

async function untilOf({ metaPool }: World): Promise<bigint> {
  const logs = await metaPool.queryFilter(metaPool.filters.StakingPaused());
  return logs.at(-1)?.args[0] ?? 0n;
}

/** Any function by its name, with an ether for those that take some. */
async function send(
  contract: World["metaPool"] | World["pool"],
  from: World["alice"],
  method: string,
  args: readonly unknown[],
) {
  const abi = new ethers.Interface(contract.interface.fragments);
  const { payable } = abi.getFunction(method)!;
  const given = await Promise.all(
    args.map(async (arg) => (typeof arg === "object" && arg !== null ? (arg as World["alice"]).getAddress() : arg)),
  );
  return from.sendTransaction({
    to: contract,
    data: abi.encodeFunctionData(method, given),
    value: payable ? ether(1) : 0n,
    ...PAGE,
  });
}
