import { expect } from "chai";

import * as exits from "../../src/model/exits.ts";
import * as network from "../../src/model/network.ts";
import { syncedCopy } from "../../src/model/operators.ts";
import * as staking from "../../src/model/stakingPool.ts";
import {
  clonePool,
  COMMISSION,
  EPOCH,
  ether,
  ethers,
  loadPool,
  networkHelpers,
  now,
  SEED as POOL_SEED,
  UNBONDING,
} from "../fixtures/operator.ts";
import { both, choose, expectSame, play, Random, SEED } from "./sequences.ts";

const OPERATIONS = process.env.TRELLIS_DEEP === "1" ? 20_000 : 400;
const PER_SEQUENCE = 200;
const GAS_LIMIT = 16_000_000n; // nothing is estimated
const NAME = "pool";

const WEIGHTS = {
  deposit: 2,
  depositAndStake: 8,
  stakeFor: 2,
  stake: 3,
  stakeAll: 2,
  unstake: 10,
  unstakeAll: 2,
  withdraw: 3,
  withdrawAll: 3,
  withdrawFor: 2,
  fundExits: 2,
  ping: 4,
  addBond: 3,
  requestBondWithdrawal: 2,
  finishBondWithdrawal: 2,
  reward: 5,
  slash: 4,
  ruin: 1,
} as const;

describe("differential: StakingPool", function () {
  this.timeout(process.env.TRELLIS_DEEP === "1" ? 7_200_000 : 300_000);

  for (let sequence = 0; sequence < OPERATIONS / PER_SEQUENCE; sequence++) {
    const seed = SEED * 1000 + sequence;
    it(`and DevNetwork do what the model does, wei by wei (seed ${seed.toString()})`, async () => {
      const fixture = await loadPool();
      const { network: chain, deployer, owner, alice, bob } = fixture;
      const isTiny = sequence % 2 === 1; // amounts of a few wei, where every rounding shows
      const poolSeed = isTiny ? 10n : POOL_SEED;
      const pool = isTiny ? await clonePool(fixture, poolSeed, COMMISSION) : fixture.pool;
      const random = new Random(seed);
      const modelNetwork = network.newNetwork(UNBONDING);
      const state = staking.newStakingPool(
        modelNetwork,
        { name: NAME, owner: owner.address, commissionBps: COMMISSION, epochLength: EPOCH },
        poolSeed,
      );
      const users = [alice, bob, owner];
      const size = isTiny ? 1000n : ether(10);
      const options = { gasLimit: GAS_LIMIT };
      let time = await now();

      const views = async () => {
        const [view, bond, fundedThrough, bonded, unbonding, rate, total, burned] = await Promise.all([
          pool.getBook(),
          pool.bond(),
          pool.fundedThrough(),
          chain.stakeOf(pool),
          chain.unbondingOf(pool),
          pool.previewStake(10n ** 9n + 7n),
          pool.get_total_staked_balance(),
          pool.convertToAssets(10n ** 9n + 7n),
        ]);
        const accounts = await Promise.all(
          users.map(async ({ address }) => {
            const [shares, account, withdrawable, list] = await Promise.all([
              pool.sharesOf(address),
              pool.get_account(address),
              pool.withdrawable(address),
              pool.exitsOf(address),
            ]);
            return {
              shares,
              staked: account.staked_balance,
              unstaked: account.unstaked_balance,
              isAvailable: account.can_withdraw,
              withdrawable,
              exits: list.map(({ batch, open, matured }) => ({ batch, open, matured })),
            };
          }),
        );
        return {
          equity: view.equity,
          supply: view.supply,
          bondShares: view.bondShares,
          cash: view.cash,
          owed: view.owed,
          reserved: view.reserved,
          free: view.free,
          filling: view.fillingBatch,
          bond,
          fundedThrough,
          bonded,
          unbonding,
          rate,
          total,
          burned,
          accounts,
          balance: await ethers.provider.getBalance(pool),
        };
      };

      const modelled = () => {
        const synced = syncedCopy(state, modelNetwork, time);
        const free = (book: staking.StakingPool) =>
          [...book.accounts.values()].reduce((total, account) => total + account.free, 0n);
        return {
          equity: synced.equity,
          supply: staking.supplyOf(synced),
          bondShares: synced.bondShares,
          cash: synced.cash,
          owed: synced.exits.owed,
          reserved: synced.exits.reserved,
          free: free(synced),
          filling: synced.exits.filling,
          bond: staking.bondOf(synced),
          fundedThrough: exits.fundedThrough(synced.exits),
          bonded: network.stakeAt(modelNetwork, NAME).bonded,
          unbonding: network.unbondingOf(modelNetwork, NAME),
          rate: staking.previewStake(synced, 10n ** 9n + 7n),
          total: synced.equity,
          burned: ((10n ** 9n + 7n) * synced.equity) / staking.supplyOf(synced),
          accounts: users.map(({ address }) => ({
            shares: staking.sharesOf(synced, address),
            staked: staking.stakedBalance(synced, address),
            unstaked: staking.unstakedBalance(synced, address),
            isAvailable: exits.accountOpen(synced.exits, address) === 0n,
            withdrawable: staking.withdrawable(synced, address),
            exits: exits.exitsOf(synced.exits, address).map((exit) => ({
              batch: exit.batch,
              open: exits.openOf(synced.exits, exit),
              matured: exits.maturedOf(synced.exits, exit),
            })),
          })),
          balance: state.cash + state.exits.reserved + free(state),
        };
      };

      const step = async () => {
        const name = choose(random, WEIGHTS);
        const caller = random.pick(users);
        const who = caller.address;
        const other = random.pick(users).address;
        time += BigInt(random.below(random.below(4) === 0 ? 2 * 86_400 : 3600) + 1);
        await networkHelpers.time.setNextBlockTimestamp(time);
        const user = pool.connect(caller);
        const own = pool.connect(owner);
        const synced = syncedCopy(state, modelNetwork, time);
        const run = (model: () => void, send: Parameters<typeof both>[1], amount?: bigint) =>
          both(model, send, [pool.interface]).then(
            (result) =>
              `${name} ${users.indexOf(caller).toString()} ${amount?.toString() ?? ""} at ${time.toString()} ${result}`,
          );
        const skip = async () => {
          await networkHelpers.mine();
          return `${name} skipped`;
        };

        let amount = random.amount(size);
        switch (name) {
          case "deposit":
            return run(
              () => {
                staking.deposit(state, modelNetwork, time, who, amount);
              },
              () => user.deposit({ value: amount, ...options }),
              amount,
            );
          case "depositAndStake":
            return run(
              () => {
                staking.depositAndStake(state, modelNetwork, time, who, amount);
              },
              () => user.deposit_and_stake({ value: amount, ...options }),
              amount,
            );
          case "stakeFor":
            return run(
              () => {
                staking.depositAndStake(state, modelNetwork, time, other, amount);
              },
              () => user.stakeFor(other, 0n, time, { value: amount, ...options }),
              amount,
            );
          case "stake":
            amount = random.amount(staking.withdrawable(synced, who));
            return run(
              () => {
                staking.stake(state, modelNetwork, time, who, amount);
              },
              () => user.stake(amount, options),
              amount,
            );
          case "stakeAll":
            return run(
              () => {
                staking.stakeAll(state, modelNetwork, time, who);
              },
              () => user.stake_all(options),
            );
          case "unstake":
            amount = random.amount(staking.stakedBalance(synced, who) / (random.below(3) === 0 ? 1n : 4n));
            return run(
              () => {
                staking.unstake(state, modelNetwork, time, who, amount);
              },
              () => user.unstake(amount, options),
              amount,
            );
          case "unstakeAll":
            return run(
              () => {
                staking.unstakeAll(state, modelNetwork, time, who);
              },
              () => user.unstake_all(options),
            );
          case "withdraw":
            amount = random.amount(staking.withdrawable(synced, who));
            return run(
              () => {
                staking.withdraw(state, modelNetwork, time, who, amount);
              },
              () => user.withdraw(amount, options),
              amount,
            );
          case "withdrawAll":
            return run(
              () => {
                staking.withdrawAll(state, modelNetwork, time, who);
              },
              () => user.withdraw_all(options),
            );
          case "withdrawFor":
            return run(
              () => {
                staking.withdrawAll(state, modelNetwork, time, other);
              },
              () => user.withdrawFor(other, options),
            );
          case "fundExits": {
            const batches = random.below(40);
            return run(
              () => {
                staking.fundExits(state, modelNetwork, time, batches);
              },
              () => user.fundExits(batches, options),
            );
          }
          case "ping":
            return run(
              () => {
                staking.ping(state, modelNetwork, time);
              },
              () => user.ping(options),
            );
          case "addBond":
            amount /= 4n;
            return run(
              () => {
                staking.addBond(state, modelNetwork, time, amount);
              },
              () => own.addBond({ value: amount, ...options }),
              amount,
            );
          case "requestBondWithdrawal":
            amount = random.amount(synced.bondShares);
            return run(
              () => {
                staking.requestBondWithdrawal(state, modelNetwork, time, amount);
              },
              () => own.requestBondWithdrawal(amount, options),
              amount,
            );
          case "finishBondWithdrawal":
            return run(
              () => {
                staking.finishBondWithdrawal(state, modelNetwork, time);
              },
              () => own.finishBondWithdrawal(options),
            );
          case "reward":
            amount /= 50n;
            return run(
              () => {
                network.reward(modelNetwork, NAME, amount);
              },
              () => chain.connect(deployer).reward([pool], [amount], { value: amount }),
              amount,
            );
          case "slash":
          case "ruin": {
            const bps = BigInt(1 + random.below(name === "ruin" ? 10_000 : 800));
            // All of a pool's stake twice would leave it no bonded wei: DevNetwork says who must not do that.
            if (bps === 10_000n) return skip();
            return run(
              () => {
                network.slash(modelNetwork, NAME, bps);
              },
              () => chain.connect(deployer).slash(pool, bps, options),
              bps,
            );
          }
        }
      };

      const counts = await play(seed, PER_SEQUENCE, async () => {
        const done = await step();
        expectSame(await views(), modelled(), done);
        return done;
      });
      expect(counts.size).to.be.greaterThan(15);
    });
  }
});
