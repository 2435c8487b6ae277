import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";

import { all, asNotice, delegate, deployWorld, ether, impersonated, Mode } from "../fixtures/allocator.ts";
import { ethers, networkHelpers, nextEpoch, nextRound, NO_CAP, PAGE, settleAll } from "../fixtures/allocator.ts";
import type { Trellis } from "../fixtures/deployment.ts";
import { ACCESS, type Caller } from "./access.ts";
import { META_POOL, META_POOL_STATES, type MetaPoolState, STAKING_POOL, STAKING_POOL_STATES } from "./pause.ts";
import type { Row, StakingPoolState } from "./pause.ts";
import { implementationOf } from "./system.ts";

const DAY = 86_400n;
const VALUE = ether(1);
const SHARES = ether(1) / 100n;
const OWN = 1_000_000n;

type World = Awaited<ReturnType<typeof deployBusy>>;
type Pool = World["metaPool"] | World["pool"];

/**
 * Three pools under command and a real one. Alice has shares, a free balance, and a matured exit in each kind of pool; the
 * real pool's owner has asked for some bond and for more commission long enough ago, and named an heir.
 */
async function deployBusy() {
  const world = await deployWorld({
    hostile: 3,
    honest: [{ bond: ether(5), commissionBps: 1_000 }],
    stake: ether(89),
    parameters: { pool: { bufferTargetBps: 100 } },
  });
  const { metaPool, allocator, alice, bob } = world;
  const [{ pool, owner }] = world.honest as [(typeof world.honest)[number]];
  const heir = world.others[9]!;
  await metaPool.connect(bob).deposit_and_stake({ value: ether(10) });
  await metaPool.connect(alice).deposit({ value: ether(1) });
  await metaPool.connect(alice).approve(bob, ether(10));
  await metaPool.connect(alice).unstake(ether(2));
  await pool.connect(alice).deposit_and_stake({ value: ether(4) });
  await pool.connect(alice).deposit({ value: ether(1) });
  await pool.connect(alice).unstake(ether(1));
  await pool.connect(owner).requestBondWithdrawal(SHARES);
  await pool.connect(owner).announceCommission((await pool.get_reward_fee_fraction())[0] + 100n);
  await pool.connect(owner).transferOwnership(heir);
  await delegate(world);
  await metaPool.fundExits(10);
  for (let day = 0; day < 7; day += 1) {
    await nextRound(world);
    await allocator.rebalance(all("up", 4), PAGE);
  }
  const people: Partial<Record<Caller, HardhatEthersSigner>> = {
    stranger: alice,
    guardian: world.guardian,
    notice: await asNotice(world),
    allocator: await impersonated(await allocator.getAddress()),
    accessManager: await impersonated(await world.accessManager.getAddress()),
    network: await asNetwork(world),
    poolOwner: owner,
    heir,
  };
  return { ...world, pool, owner, people };
}

/** With ether for gas beside what is staked. */
async function asNetwork({ network }: Pick<Trellis, "network">): Promise<HardhatEthersSigner> {
  const address = await network.getAddress();
  const staked = await ethers.provider.getBalance(address);
  const signer = await impersonated(address);
  await networkHelpers.setBalance(address, staked + ether(10));
  return signer;
}

async function openRound(world: World): Promise<void> {
  await nextEpoch(world);
  await world.allocator.settle(1, PAGE);
}

async function kill(world: World): Promise<void> {
  for (const pool of world.hostile) await pool.setMode(Mode.reverts);
}

async function writeDown(world: World): Promise<void> {
  for (let day = 0; day < 3; day += 1) {
    await nextEpoch(world);
    await settleAll(world);
  }
}

async function killAll(world: World): Promise<void> {
  await kill(world);
  await networkHelpers.setCode(await world.pool.getAddress(), "0xfe");
  await writeDown(world);
}

/** Brings each state about: of MetaPool, and of the staking pool. */
const META: Record<MetaPoolState, (world: World) => Promise<unknown>> = {
  nothing: () => Promise.resolve(),
  paused: ({ metaPool, guardian }) => metaPool.connect(guardian).pauseStaking(21n * DAY),
  "round open": openRound,
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
};

const STAKING: Record<StakingPoolState, (world: World) => Promise<unknown>> = {
  nothing: () => Promise.resolve(),
  paused: ({ pool, owner }) => pool.connect(owner).pauseStaking(),
  insolvent: ({ network, foundation, pool }) => network.connect(foundation).slash(pool, 10_000),
  "round open": openRound,
  "others dead": async (world) => {
    await kill(world);
    await writeDown(world);
  },
};

/** In which state the chain says that it is. */
async function shownBy(world: World, name: "MetaPool" | "StakingPool"): Promise<string> {
  const { metaPool, pool, allocator } = world;
  const positions = await Promise.all([1, 2, 3, 4].map((id) => allocator.positionOf(id)));
  const dead = positions.filter(({ writtenDown }) => writtenDown).length;
  if (name === "MetaPool" && (await metaPool.getBook()).closed) return "closed";
  if (name === "StakingPool" && (await pool.getBook()).equity === 0n) return "insolvent";
  if (dead !== 0) return dead === 4 ? "all dead" : "others dead";
  if ((await allocator.openRound()).round !== 0n) return "round open";
  return (await (name === "MetaPool" ? metaPool : pool).is_staking_paused()) ? "paused" : "nothing";
}

/** Arguments with which a call goes through; none where none are named. */
async function argumentsOf(world: World, target: Pool): Promise<Record<string, readonly unknown[]>> {
  const { metaPool, pool, allocator, accessManager, treasury, alice, eve, bob } = world;
  const users = {
    stakeFor: [eve.address, 0n, ethers.MaxUint256],
    stake: [OWN],
    unstake: [OWN],
    unstakeShares: [SHARES, 0n],
    withdraw: [OWN],
    withdrawTo: [eve.address, OWN],
    withdrawFor: [alice.address],
    fundExits: [1n],
  };
  if (target === pool) {
    const [commission] = await pool.get_reward_fee_fraction();
    return {
      ...users,
      requestBondWithdrawal: [SHARES],
      announceCommission: [commission + 50n],
      lowerCommission: [commission - 1n],
      updateStakingKey: ["0x1234"],
      transferOwnership: [eve.address],
      initialize: [eve.address, "0x", 0n],
    };
  }
  const { delegated } = await metaPool.getBook();
  const parameters = [1n, 2n, NO_CAP, treasury.address];
  return {
    ...users,
    unstakeInstant: [SHARES, 0n, alice.address],
    transfer: [eve.address, SHARES],
    transferFrom: [alice.address, eve.address, SHARES],
    approve: [eve.address, SHARES],
    permit: await permitOf(world),
    report: [OWN, 0n],
    reportWriteDown: [delegated < OWN ? 0n : OWN],
    endWriteDown: [0n, 0n, 0n, 0n],
    endRound: [(await metaPool.fillingBatch()) - 1n, 0n, DAY],
    fund: [OWN],
    setParameters: [parameters],
    pauseStaking: [DAY],
    upgradeToAndCall: [await implementationOf(metaPool), "0x"],
    setAuthority: [await accessManager.getAddress()],
    connect: [await allocator.getAddress(), bob.address],
    initialize: [bob.address, "", "", parameters],
  };
}

/** Alice lets eve move some of her shares. */
async function permitOf({ metaPool, alice, eve }: World): Promise<readonly unknown[]> {
  const { chainId } = await ethers.provider.getNetwork();
  const domain = { name: await metaPool.name(), version: "1", chainId, verifyingContract: await metaPool.getAddress() };
  const fields = { owner: "address", spender: "address", value: "uint256", nonce: "uint256", deadline: "uint256" };
  const types = { Permit: Object.entries(fields).map(([name, type]) => ({ name, type })) };
  const nonce = await metaPool.nonces(alice);
  const values = { owner: alice.address, spender: eve.address, value: SHARES, nonce, deadline: ethers.MaxUint256 };
  const { v, r, s } = ethers.Signature.from(await alice.signTypedData(domain, types, values));
  return [alice.address, eve.address, SHARES, ethers.MaxUint256, v, r, s];
}

async function priceOf({ metaPool, pool }: World, target: Pool): Promise<{ assets: bigint; supply: bigint }> {
  if (target === metaPool) return metaPool.getBook();
  const { equity, supply } = await pool.getBook();
  return { assets: equity, supply };
}

/** The amounts that the tables name. */
async function quantitiesOf(world: World, target: Pool): Promise<Record<string, bigint>> {
  const { alice, metaPool, pool } = world;
  const held = target === metaPool ? await metaPool.balanceOf(alice) : await pool.sharesOf(alice);
  const withdrawable = await target.withdrawable(alice);
  const { assets, supply } = await priceOf(world, target);
  const minted = async (wei: bigint) => (assets === 0n ? 0n : target.previewStake(wei));
  return {
    value: VALUE,
    own: OWN,
    part: SHARES,
    all: held,
    minted: await minted(VALUE),
    mintedForOwn: await minted(OWN),
    mintedForAll: await minted(withdrawable),
    burned: assets === 0n ? 0n : await target.previewUnstake(OWN),
    worth: (SHARES * assets) / supply,
    allWorth: (held * assets) / supply,
    withdrawable,
    instant: target === metaPool ? (await metaPool.previewInstant(SHARES)).assets : 0n,
    bond: target === pool && (await pool.getBook()).bondShares !== 0n ? SHARES : 0n,
  };
}

/** Everybody's ether and claims, under the names of the tables. */
async function balancesOf(world: World, target: Pool, caller: HardhatEthersSigner): Promise<Record<string, bigint>> {
  const { alice, eve, metaPool, pool, network } = world;
  const balances: Record<string, bigint> = {};
  for (const [name, account] of Object.entries({ caller, other: eve, holder: alice })) {
    if (name === "holder" && caller.address === alice.address) continue;
    balances[`${name} ether`] = await ethers.provider.getBalance(account);
    balances[`${name} shares`] = await (target === metaPool ? metaPool.balanceOf(account) : pool.sharesOf(account));
    balances[`${name} unstaked`] = await target.get_account_unstaked_balance(account);
    if (target === metaPool) balances[`${name} allowance`] = await metaPool.allowance(alice, account);
  }
  balances["pool ether"] = await ethers.provider.getBalance(target);
  if (target === pool) {
    balances["caller bond"] = (await pool.getBook()).bondShares;
    // What is bonded is the pool's; what it collects comes from there.
    if (caller.address !== ethers.getAddress(await network.getAddress())) {
      balances["pool ether"] += await ethers.provider.getBalance(network);
    }
  }
  return balances;
}

/** What an error says, beside its name. */
async function saidBy(world: World, target: Pool, error: string): Promise<readonly unknown[]> {
  const { metaPool, pool, allocator, alice } = world;
  const staked = await target.get_account_staked_balance(alice);
  const { assets, supply } = await priceOf(world, target);
  switch (error) {
    case "StakingIsPaused":
      return [(await metaPool.queryFilter(metaPool.filters.StakingPaused())).at(-1)!.args.until];
    case "PauseNotAllowedYet":
      return [(await metaPool.queryFilter(metaPool.filters.StakingPaused())).at(-1)!.args.until + (60n - 21n) * DAY];
    case "PoolInsolvent":
      return [assets, supply];
    case "InsufficientStake":
      return [alice.address, OWN, staked];
    case "InstantExitUnavailable":
      return [(await metaPool.previewInstant(SHARES)).assets, 0n];
    case "InsufficientBuffer":
      return [OWN, 0n];
    case "InsufficientBond":
      return [SHARES, (await pool.getBook()).bondShares];
    case "AlreadyConnected":
      return [ethers.getAddress(await allocator.getAddress())];
    case "UnexpectedEther":
      return [alice.address, VALUE];
    default:
      return [];
  }
}

function signatureOf(name: "MetaPool" | "StakingPool", method: string): string {
  return Object.keys(ACCESS[name].calls).find((signature) => signature.startsWith(`${method}(`))!;
}

/** Who calls: the first who may, and alice what is everybody's or nobody's. */
function callerOf(
  { people, alice, bob }: World,
  name: "MetaPool" | "StakingPool",
  method: string,
): HardhatEthersSigner {
  if (method === "transferFrom") return bob;
  const { who } = ACCESS[name].calls[signatureOf(name, method)]!;
  const caller = who === "anyone" ? undefined : who[0];
  return caller === undefined ? alice : people[caller]!;
}

async function call(target: Pool, from: HardhatEthersSigner, method: string, args: readonly unknown[]) {
  if (method === "receive") return from.sendTransaction({ to: target, value: VALUE });
  const data = new ethers.Interface(target.interface.fragments).encodeFunctionData(method, args);
  const value = /^(deposit|stakeFor|addBond)/.test(method) ? VALUE : 0n;
  return from.sendTransaction({ to: target, data, value, ...PAGE });
}

/** What the call moved, and that it is what the row says. */
async function expectMoves(
  world: World,
  target: Pool,
  caller: HardhatEthersSigner,
  moves: Row<string>["moves"],
  send: () => ReturnType<typeof call>,
): Promise<void> {
  const quantities = await quantitiesOf(world, target);
  const before = await balancesOf(world, target, caller);
  const receipt = (await (await send()).wait())!;
  const after = await balancesOf(world, target, caller);

  expect(receipt.status).to.equal(1);
  after["caller ether"]! += receipt.fee;
  expect(Object.keys(before)).to.include.members(Object.keys(moves));
  for (const [name, balance] of Object.entries(before)) {
    const move = moves[name] ?? "+0";
    const amount = move === "+0" ? 0n : quantities[move.slice(1)]!;
    const expected = move.startsWith("-") ? -amount : amount;
    expect(after[name]! - balance, name).to.equal(expected);
  }
}

describe("Pause", () => {
  it("tables have every function", () => {
    for (const [name, table] of [
      ["MetaPool", META_POOL],
      ["StakingPool", STAKING_POOL],
    ] as const) {
      const methods = Object.keys(ACCESS[name].calls).map((signature) => signature.slice(0, signature.indexOf("(")));
      expect(Object.keys(table), name).to.have.members(methods);
    }
  });

  for (const [name, states, table, bringAbout] of [
    ["MetaPool", META_POOL_STATES, META_POOL, META],
    ["StakingPool", STAKING_POOL_STATES, STAKING_POOL, STAKING],
  ] as const) {
    for (const state of states) {
      describe(`${name} with ${state}`, () => {
        async function deploy() {
          const world = await networkHelpers.loadFixture(deployBusy);
          await (bringAbout as Record<string, (world: World) => Promise<unknown>>)[state]!(world);
          return world;
        }

        it("is what it says", async () => {
          const world = await networkHelpers.loadFixture(deploy);

          expect(await shownBy(world, name)).to.equal(state);
        });

        for (const [method, { refused, moves, why }] of Object.entries<Row<string>>(table)) {
          const error = refused[state];
          it(`${method} ${error === undefined ? "works" : `reverts with ${error}`}: ${why}`, async () => {
            const world = await networkHelpers.loadFixture(deploy);
            const target = name === "MetaPool" ? world.metaPool : world.pool;
            const caller = callerOf(world, name, method);
            if (method === "announceCommission") await world.pool.connect(world.owner).cancelCommission();
            const args = (await argumentsOf(world, target))[method] ?? [];
            const send = () => call(target, caller, method, args);

            if (error === undefined) await expectMoves(world, target, caller, moves, send);
            else {
              await expect(send())
                .to.be.revertedWithCustomError(target, error)
                .withArgs(...(await saidBy(world, target, error)));
            }
          });
        }
      });
    }
  }
});
