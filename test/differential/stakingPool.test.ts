import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import * as exits from "../../src/model/exits.ts";
import * as network from "../../src/model/network.ts";
import { syncedCopy } from "../../src/model/operators.ts";
import * as staking from "../../src/model/stakingPool.ts";
import type { DevNetwork } from "../../types/contracts/networks/DevNetwork.ts";
import type { StakingPool } from "../../types/contracts/StakingPool.ts";
import {
  clonePool,
  COMMISSION,
  connection,
  EPOCH,
  ether,
  loadPool,
  networkHelpers,
  now,
  SEED as POOL_SEED,
  UNBONDING,
} from "../fixtures/operator.ts";
import { BEGINNING, chainOf } from "./chain.ts";
import type { Random } from "./random.ts";
import { type Operation, operation, type Suite, type World as AnyWorld } from "./runner.ts";
import { playAll } from "./sequences.ts";
import { deployReader, type Reader, type State, type View, type Views } from "./views.ts";

const NAME = "pool";
const PREVIEWED = [0n, 1n, 10n ** 9n + 7n];
const BPS = 10_000n;

/** One operator's pool at the network, as it was made. */
interface World extends AnyWorld {
  readonly reader: Reader;
  readonly pool: StakingPool;
  readonly address: string;
  readonly chain: DevNetwork;
  readonly chainAddress: string;
  readonly foundation: HardhatEthersSigner;
  readonly users: readonly HardhatEthersSigner[];
  readonly state: staking.StakingPool;
  readonly network: network.Network;
  readonly size: bigint;
  forced: bigint;
}

const addressOf = (w: World, who: number) => w.users[who]!.address;
const poolOf = (w: World, who: number) => w.pool.connect(w.by(w.users[who]!));
const ownerOf = (w: World) => w.pool.connect(w.by({ address: w.state.owner }));
const seenBy = (w: World) => syncedCopy(w.state, w.network, w.time);

function someoneWith(w: World, random: Random, has: (address: string) => boolean): number {
  const indices = w.users.flatMap(({ address }, index) => (has(address) ? [index] : []));
  return indices.length === 0 || random.once(6) ? random.below(w.users.length) : random.pick(indices);
}

const someHolder = (w: World, random: Random) =>
  someoneWith(w, random, (address) => staking.sharesOf(w.state, address) > 0n);

function somePayee(w: World, random: Random): number {
  const seen = seenBy(w);
  return someoneWith(w, random, (address) => staking.withdrawable(seen, address) > 0n);
}

const operations: Record<string, Operation<World>> = {
  deposit: operation(
    2,
    (w: World, random) => ({ who: random.below(3), amount: random.amount(w.size) }),
    (w, { who, amount }) => ({
      model: () => {
        staking.deposit(w.state, w.network, w.time, addressOf(w, who), amount);
      },
      send: () => poolOf(w, who).deposit({ value: amount }),
    }),
  ),
  depositAndStake: operation(
    8,
    (w: World, random) => ({ who: random.below(3), amount: random.amount(w.size) }),
    (w, { who, amount }) => ({
      model: () => staking.depositAndStake(w.state, w.network, w.time, addressOf(w, who), amount),
      send: () => poolOf(w, who).deposit_and_stake({ value: amount }),
    }),
  ),
  stakeFor: operation(
    3,
    (w: World, random) => {
      const amount = random.amount(w.size);
      const fair = staking.previewStake(seenBy(w), amount);
      const minShares = random.once(3) ? fair + BigInt(random.below(2)) : random.amount(fair);
      const deadline = BigInt(random.below(8)) - 1n; // after the call
      return { who: random.below(3), receiver: random.below(3), amount, minShares, deadline };
    },
    (w, { who, receiver, amount, minShares, deadline }) => {
      const [to, until] = [addressOf(w, receiver), w.time + deadline];
      return {
        model: () => staking.depositAndStake(w.state, w.network, w.time, to, amount, { minShares, deadline: until }),
        send: () => poolOf(w, who).stakeFor(to, minShares, until, { value: amount }),
      };
    },
  ),
  stake: operation(
    3,
    (w: World, random) => {
      const who = somePayee(w, random);
      return { who, amount: random.amount(staking.withdrawable(seenBy(w), addressOf(w, who))) };
    },
    (w, { who, amount }) => ({
      model: () => staking.stake(w.state, w.network, w.time, addressOf(w, who), amount),
      send: () => poolOf(w, who).stake(amount),
    }),
  ),
  stakeAll: operation(
    2,
    (w: World, random) => ({ who: somePayee(w, random) }),
    (w, { who }) => ({
      model: () => staking.stakeAll(w.state, w.network, w.time, addressOf(w, who)),
      send: () => poolOf(w, who).stake_all(),
    }),
  ),
  unstake: operation(
    8,
    (w: World, random) => {
      const who = someHolder(w, random);
      const most = staking.stakedBalance(seenBy(w), addressOf(w, who));
      return { who, amount: random.amount(random.once(3) ? most : most / 4n) };
    },
    (w, { who, amount }) => ({
      model: () => {
        staking.unstake(w.state, w.network, w.time, addressOf(w, who), amount);
      },
      send: () => poolOf(w, who).unstake(amount),
    }),
  ),
  unstakeAll: operation(
    2,
    (w: World, random) => ({ who: someHolder(w, random) }),
    (w, { who }) => ({
      model: () => staking.unstakeAll(w.state, w.network, w.time, addressOf(w, who)),
      send: () => poolOf(w, who).unstake_all(),
    }),
  ),
  unstakeShares: operation(
    4,
    (w: World, random) => {
      const who = someHolder(w, random);
      const shares = random.amount(staking.sharesOf(w.state, addressOf(w, who)) / 3n);
      return { who, shares, minAssets: random.once(3) ? random.amount(shares) : 0n };
    },
    (w, { who, shares, minAssets }) => ({
      model: () => staking.unstakeShares(w.state, w.network, w.time, addressOf(w, who), shares, minAssets),
      send: () => poolOf(w, who).unstakeShares(shares, minAssets),
    }),
  ),
  withdraw: operation(
    3,
    (w: World, random) => {
      const who = somePayee(w, random);
      return { who, amount: random.amount(staking.withdrawable(seenBy(w), addressOf(w, who))) };
    },
    (w, { who, amount }) => ({
      model: () => {
        staking.withdraw(w.state, w.network, w.time, addressOf(w, who), amount);
      },
      send: () => poolOf(w, who).withdraw(amount),
    }),
  ),
  withdrawTo: operation(
    3,
    (w: World, random) => {
      const who = somePayee(w, random);
      const amount = random.amount(staking.withdrawable(seenBy(w), addressOf(w, who)));
      return { who, amount, receiver: random.below(3) };
    },
    (w, { who, amount, receiver }) => ({
      model: () => {
        staking.withdraw(w.state, w.network, w.time, addressOf(w, who), amount);
      },
      send: () => poolOf(w, who).withdrawTo(addressOf(w, receiver), amount),
    }),
  ),
  withdrawAll: operation(
    3,
    (w: World, random) => ({ who: somePayee(w, random) }),
    (w, { who }) => ({
      model: () => staking.withdrawAll(w.state, w.network, w.time, addressOf(w, who)),
      send: () => poolOf(w, who).withdraw_all(),
    }),
  ),
  withdrawFor: operation(
    2,
    (w: World, random) => ({ who: random.below(3), account: somePayee(w, random) }),
    (w, { who, account }) => ({
      model: () => staking.withdrawAll(w.state, w.network, w.time, addressOf(w, account)),
      send: () => poolOf(w, who).withdrawFor(addressOf(w, account)),
    }),
  ),
  fundExits: operation(
    2,
    (_: World, random) => ({ who: random.below(3), batches: random.below(40) }),
    (w, { who, batches }) => ({
      model: () => staking.fundExits(w.state, w.network, w.time, batches),
      send: () => poolOf(w, who).fundExits(batches),
    }),
  ),
  ping: operation(
    4,
    (_: World, random) => ({ who: random.below(3) }),
    (w, { who }) => ({
      model: () => {
        staking.ping(w.state, w.network, w.time);
      },
      send: () => poolOf(w, who).ping(),
    }),
  ),
  addBond: operation(
    3,
    (w: World, random) => ({ amount: random.amount(w.size / 4n) }),
    (w, { amount }) => ({
      model: () => staking.addBond(w.state, w.network, w.time, amount),
      send: () => ownerOf(w).addBond({ value: amount }),
    }),
  ),
  requestBondWithdrawal: operation(
    2,
    (w: World, random) => {
      const most = staking.withdrawableBond(seenBy(w));
      return { shares: random.once(2) ? most + BigInt(random.below(2)) : random.amount(w.state.bondShares) };
    },
    (w, { shares }) => ({
      model: () => {
        staking.requestBondWithdrawal(w.state, w.network, w.time, shares);
      },
      send: () => ownerOf(w).requestBondWithdrawal(shares),
    }),
  ),
  finishBondWithdrawal: operation(
    3,
    () => ({}),
    (w: World) => ({
      model: () => staking.finishBondWithdrawal(w.state, w.network, w.time),
      send: () => ownerOf(w).finishBondWithdrawal(),
    }),
  ),
  announceCommission: operation(
    2,
    (w: World, random) => ({ commission: w.state.commissionBps + BigInt(random.below(250)) }),
    (w, { commission }) => ({
      model: () => {
        staking.announceCommission(w.state, w.network, w.time, commission);
      },
      send: () => ownerOf(w).announceCommission(commission),
    }),
  ),
  applyCommission: operation(
    4,
    (_: World, random) => ({ who: random.below(3) }),
    (w, { who }) => ({
      model: () => {
        staking.applyCommission(w.state, w.network, w.time);
      },
      send: () => poolOf(w, who).applyCommission(),
    }),
  ),
  cancelCommission: operation(
    1,
    () => ({}),
    (w: World) => ({
      model: () => {
        staking.cancelCommission(w.state);
      },
      send: () => ownerOf(w).cancelCommission(),
    }),
  ),
  lowerCommission: operation(
    1,
    (w: World, random) => ({ commission: random.once(3) ? w.state.commissionBps : (w.state.commissionBps * 9n) / 10n }),
    (w, { commission }) => ({
      model: () => {
        staking.lowerCommission(w.state, w.network, w.time, commission);
      },
      send: () => ownerOf(w).lowerCommission(commission),
    }),
  ),
  pauseStaking: operation(
    1,
    () => ({}),
    (w: World) => ({
      model: () => {
        w.state.isPaused = true;
      },
      send: () => ownerOf(w).pauseStaking(),
    }),
  ),
  resumeStaking: operation(
    3,
    () => ({}),
    (w: World) => ({
      model: () => {
        w.state.isPaused = false;
      },
      send: () => ownerOf(w).resumeStaking(),
    }),
  ),
  transferOwnership: operation(
    1,
    (w: World, random) => ({
      who: someoneWith(w, random, (address) => address === w.state.owner),
      to: random.below(3),
    }),
    (w, { who, to }) => ({
      model: () => {
        staking.transferOwnership(w.state, addressOf(w, who), addressOf(w, to));
      },
      send: () => poolOf(w, who).transferOwnership(addressOf(w, to)),
    }),
  ),
  acceptOwnership: operation(
    2,
    (w: World, random) => ({ who: someoneWith(w, random, (address) => address === w.state.pendingOwner) }),
    (w, { who }) => ({
      model: () => {
        staking.acceptOwnership(w.state, w.network, w.time, addressOf(w, who));
      },
      send: () => poolOf(w, who).acceptOwnership(),
    }),
  ),
  reward: operation(
    5,
    (w: World, random) => ({ amount: random.amount(w.size / 50n) }),
    (w, { amount }) => ({
      model: () => {
        network.reward(w.network, NAME, amount);
      },
      send: () => w.chain.connect(w.by(w.foundation)).reward([w.address], [amount], { value: amount }),
    }),
  ),
  /** All of a pool's stake twice would leave it no bonded wei: DevNetwork says who must not do that. */
  slash: operation(
    5,
    (_: World, random) => ({ bps: BigInt(1 + random.below(random.once(5) ? 9_999 : 800)) }),
    (w, { bps }) => ({
      model: () => {
        network.slash(w.network, NAME, bps);
      },
      send: () => w.chain.connect(w.by(w.foundation)).slash(w.address, bps),
    }),
  ),
  /** Nearly everything, while exits wait. */
  ruin: operation(
    3,
    (w: World) => (w.state.exits.owed > 0n ? {} : undefined),
    (w) => ({
      model: () => {
        network.slash(w.network, NAME, 9_999n);
      },
      send: () => w.chain.connect(w.by(w.foundation)).slash(w.address, 9_999n),
    }),
  ),
  forceEther: operation(
    1,
    (w: World, random) => ({ amount: random.amount(w.size) }),
    (w, { amount }) => ({
      model: () => {
        w.forced += amount;
      },
      send: async () => {
        await w.force(w.address, amount);
        return undefined;
      },
    }),
  ),
};

function viewsOf(w: World): Views {
  const of = (method: string, ...inputs: unknown[]): View =>
    w.reader.view(w.address, w.pool.interface, method, ...inputs);
  const at = (method: string): View => w.reader.view(w.chainAddress, w.chain.interface, method, w.address);
  return {
    book: of("getBook"),
    bond: of("bond"),
    bondWithdrawal: of("bondWithdrawal"),
    fundedThrough: of("fundedThrough"),
    total: of("get_total_staked_balance"),
    owner: of("get_owner_id"),
    fee: of("get_reward_fee_fraction"),
    notice: of("commissionNotice"),
    isPaused: of("is_staking_paused"),
    count: of("get_number_of_accounts"),
    bonded: at("stakeOf"),
    unbonding: at("unbondingOf"),
    balance: w.reader.balance(w.address),
    previews: PREVIEWED.flatMap((amount) =>
      ["previewStake", "previewUnstake", "convertToShares", "convertToAssets"].map((method) => of(method, amount)),
    ),
    accounts: w.users.map(({ address }) => ({
      shares: of("sharesOf", address),
      account: of("get_account", address),
      total: of("get_account_total_balance", address),
      withdrawable: of("withdrawable", address),
      exits: of("exitsOf", address),
    })),
  };
}

function expectedOf(w: World): State {
  const { state } = w;
  const seen = seenBy(w);
  const freeOf = (pool: staking.StakingPool) => [...pool.accounts.values()].reduce((sum, { free }) => sum + free, 0n);
  const { raise, bondWithdrawal } = state;
  return {
    book: {
      equity: seen.equity,
      supply: staking.supplyOf(seen),
      bondShares: seen.bondShares,
      cash: seen.cash,
      owed: seen.exits.owed,
      funded: seen.exits.funded,
      free: freeOf(seen),
      fillingBatch: seen.exits.filling,
    },
    bond: staking.bondOf(seen),
    bondWithdrawal: { shares: bondWithdrawal?.shares ?? 0n, readyAt: bondWithdrawal?.readyAt ?? 0n },
    fundedThrough: exits.fundedThrough(seen.exits),
    total: seen.equity,
    owner: state.owner,
    fee: { numerator: state.commissionBps, denominator: BPS },
    notice: {
      commissionBps: raise?.commissionBps ?? 0n,
      earliest: raise?.end ?? 0n,
      latest: raise === undefined ? 0n : raise.announcedAt + 90n * 86_400n,
    },
    isPaused: state.isPaused,
    count: BigInt(staking.accountsOf(state).length),
    bonded: network.stakeAt(w.network, NAME).bonded,
    unbonding: network.unbondingOf(w.network, NAME),
    balance: state.cash + state.exits.reserved + freeOf(state) + w.forced,
    previews: PREVIEWED.flatMap((amount) => [
      staking.previewStake(seen, amount),
      staking.previewUnstake(seen, amount),
      staking.previewStake(seen, amount),
      (amount * seen.equity) / staking.supplyOf(seen),
    ]),
    accounts: w.users.map(({ address }) => {
      const [staked, unstaked] = [staking.stakedBalance(seen, address), staking.unstakedBalance(seen, address)];
      return {
        shares: staking.sharesOf(seen, address),
        account: {
          account_id: address,
          unstaked_balance: unstaked,
          staked_balance: staked,
          can_withdraw: exits.accountOpen(seen.exits, address) === 0n,
        },
        total: staked + unstaked,
        withdrawable: staking.withdrawable(seen, address),
        exits: exits.exitsOf(seen.exits, address).map((exit) => ({
          batch: exit.batch,
          open: exits.openOf(seen.exits, exit),
          matured: exits.maturedOf(seen.exits, exit),
        })),
      };
    }),
  };
}

const suite: Suite<World> = {
  operations,
  events: ["voided", "bond lost"],
  pause: (_, random) => BigInt(random.below(random.once(4) ? 2 * 86_400 : 3600) + 1),
  seed: 1000,
  length: 250,
  count: { plain: 500, deep: 20_000 },
  load: async (seed) => {
    const fixture = await loadPool();
    const { network: chain, deployer, owner, alice, bob } = fixture;
    const isTiny = seed % 2 === 1; // amounts of a few wei, where every rounding shows
    const poolSeed = isTiny ? 10n : POOL_SEED;
    const bondRatio = BigInt(seed % 4); // none in every fourth
    const pool = await clonePool(fixture, poolSeed, COMMISSION, EPOCH, bondRatio);
    const reader = await deployReader(connection);
    await networkHelpers.time.increaseTo(BEGINNING);
    const model = network.newNetwork(UNBONDING);
    let bonded = false;
    const world: World = {
      ...chainOf(connection),
      start: await now(),
      time: await now(),
      interfaces: [pool.interface],
      reader,
      pool,
      address: await pool.getAddress(),
      chain,
      chainAddress: await chain.getAddress(),
      foundation: deployer,
      users: [alice, bob, owner],
      state: staking.newStakingPool(
        model,
        { name: NAME, owner: owner.address, commissionBps: COMMISSION, epochLength: EPOCH, bondRatio },
        poolSeed,
      ),
      network: model,
      size: isTiny ? 1000n : ether(10),
      forced: 0n,
      actual: () => reader.read(viewsOf(world)),
      expected: () => expectedOf(world),
      events: () => {
        bonded ||= world.state.bondShares > 0n;
        return [
          ...(world.state.exits.voided > 0n ? ["voided"] : []),
          ...(bonded && world.state.bondShares === 0n ? ["bond lost"] : []),
        ];
      },
    };
    return world;
  },
};

describe("differential: StakingPool", function () {
  this.timeout(0);

  it("and DevNetwork do what the model does, wei by wei", () => playAll(suite));
});
