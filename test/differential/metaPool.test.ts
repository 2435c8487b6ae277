import { expect } from "chai";

import * as book from "../../src/model/book.ts";
import * as exits from "../../src/model/exits.ts";
import * as metaPool from "../../src/model/metaPool.ts";
import {
  connection,
  DAY,
  ether,
  loadPool,
  networkHelpers,
  NO_CAP,
  now,
  SEED as POOL_SEED,
} from "../fixtures/metaPool.ts";
import { both, choose, expectSame, play, Random, SEED } from "./sequences.ts";

const OPERATIONS = process.env.TRELLIS_DEEP === "1" ? 20_000 : 400;
const PER_SEQUENCE = 200;
const GAS_LIMIT = 16_000_000n; // nothing is estimated

const WEIGHTS = {
  deposit: 3,
  depositAndStake: 8,
  stakeFor: 2,
  stake: 3,
  stakeAll: 2,
  unstake: 8,
  unstakeAll: 2,
  unstakeShares: 4,
  unstakeInstant: 5,
  withdraw: 3,
  withdrawAll: 4,
  withdrawTo: 2,
  withdrawFor: 2,
  transfer: 3,
  fundExits: 5,
  beginRound: 6,
  endRound: 7,
  fund: 6,
  cash: 5,
  gain: 5,
  loss: 4,
  ruin: 1,
  writeDown: 2,
  recover: 3,
  pause: 1,
  resume: 1,
  parameters: 1,
} as const;

describe("differential: MetaPool", function () {
  this.timeout(process.env.TRELLIS_DEEP === "1" ? 7_200_000 : 300_000);

  for (let sequence = 0; sequence < OPERATIONS / PER_SEQUENCE; sequence++) {
    const seed = SEED * 1000 + sequence;
    it(`does what the model does, wei by wei (seed ${seed.toString()})`, async () => {
      const { pool, allocator, governance, guardian, treasury, alice, bob, carol } = await loadPool();
      const random = new Random(seed);
      const users = [alice, bob, carol];
      const everyone = [...users.map(({ address }) => address), treasury.address];
      const isTiny = sequence % 3 === 2; // amounts of a few wei, where every rounding shows
      const state = book.newBook(
        { feeBps: 500n, bufferTargetBps: 50n, assetCap: undefined, treasury: treasury.address, epochLength: DAY },
        POOL_SEED,
      );
      let time = await now();
      const factors: bigint[] = [];
      const own = pool.connect(allocator);
      const options = { gasLimit: GAS_LIMIT };

      const views = async () => {
        const [view, fundedThrough, filling, count, rate, total, preview, burned, instant, shares, balance] =
          await Promise.all([
            pool.getBook(),
            pool.fundedThrough(),
            pool.fillingBatch(),
            pool.get_number_of_accounts(),
            pool.getRate(),
            pool.get_total_staked_balance(),
            pool.previewStake(ether(3)),
            pool.previewUnstake(10n ** 9n + 7n),
            pool.previewInstant(ether(1)),
            pool.convertToShares(ether(2)),
            connection.ethers.provider.getBalance(pool),
          ]);
        const accounts = await Promise.all(
          everyone.map(async (address) => {
            const [held, account, withdrawable, list] = await Promise.all([
              pool.balanceOf(address),
              pool.get_account(address),
              pool.withdrawable(address),
              pool.exitsOf(address),
            ]);
            return {
              shares: held,
              staked: account.staked_balance,
              unstaked: account.unstaked_balance,
              isAvailable: account.can_withdraw,
              withdrawable,
              exits: list.map(({ batch, open, matured }) => ({ batch, open, matured })),
            };
          }),
        );
        const batch = await pool.batchOf(filling - 1n);
        return {
          book: Object.fromEntries(Object.entries((view as unknown as { toObject: () => object }).toObject())),
          fundedThrough,
          filling,
          count,
          rate,
          total,
          preview,
          burned,
          instant: [instant.assets, instant.fee],
          shares,
          balance,
          accounts,
          batch: [batch.units, batch.paid, batch.open],
        };
      };

      const modelled = () => {
        const last = exits.batchOf(state.exits, state.exits.filling - 1n);
        const quote = metaPool.quoteInstant(state, time, ether(1));
        return {
          book: {
            buffer: book.bufferOf(state),
            delegated: state.delegated,
            owed: state.exits.owed,
            reserved: state.exits.reserved,
            free: book.freeOf(state),
            locked: book.lockedAt(state, time),
            roundGain: state.roundGain,
            assets: book.assetsAt(state, time),
            supply: book.supplyOf(state),
            dilution: state.dilution,
            highWater: state.highWater,
            bufferTarget: book.bufferTargetAt(state, time),
            closed: state.closed,
          },
          fundedThrough: exits.fundedThrough(state.exits),
          filling: state.exits.filling,
          count: metaPool.numberOfAccounts(state),
          rate: metaPool.getRate(state, time),
          total: book.assetsAt(state, time),
          preview: metaPool.previewStake(state, time, ether(3)),
          burned: metaPool.previewUnstake(state, time, 10n ** 9n + 7n),
          instant: [quote.assets, quote.fee],
          shares: metaPool.convertToShares(state, time, ether(2)),
          balance: state.balance,
          accounts: everyone.map((address) => ({
            shares: book.accountOf(state, address).shares,
            staked: metaPool.stakedBalance(state, time, address),
            unstaked: metaPool.unstakedBalance(state, address),
            isAvailable: metaPool.isUnstakedBalanceAvailable(state, address),
            withdrawable: metaPool.withdrawable(state, address),
            exits: exits.exitsOf(state.exits, address).map((exit) => ({
              batch: exit.batch,
              open: exits.openOf(state.exits, exit),
              matured: exits.maturedOf(state.exits, exit),
            })),
          })),
          batch: [last.units, last.paid, exits.batchOpen(state.exits, last)],
        };
      };

      const step = async () => {
        const name = choose(random, WEIGHTS);
        const caller = random.pick(users);
        const who = caller.address;
        const other = random.pick(users).address;
        time += BigInt(random.below(random.below(4) === 0 ? 3 * 86_400 : 600) + 1);
        await networkHelpers.time.setNextBlockTimestamp(time);
        const user = pool.connect(caller);
        const { shares: held } = book.accountOf(state, who);
        const inBuffer = book.bufferOf(state);
        const size = isTiny ? 40n : ether(50);
        const done = (amount?: bigint) =>
          `${name} ${users.indexOf(caller).toString()} ${amount?.toString() ?? ""} at ${time.toString()}`;
        const run = (model: () => void, send: Parameters<typeof both>[1], amount?: bigint) =>
          both(model, send, [pool.interface]).then((result) => `${done(amount)}: ${result}`);

        const skip = async () => {
          await networkHelpers.mine();
          return `${name} skipped`;
        };

        let amount = random.amount(size);
        switch (name) {
          case "deposit":
            return run(
              () => {
                metaPool.deposit(state, time, who, amount);
              },
              () => user.deposit({ value: amount, ...options }),
              amount,
            );
          case "depositAndStake":
            return run(
              () => {
                metaPool.depositAndStake(state, time, who, amount);
              },
              () => user.deposit_and_stake({ value: amount, ...options }),
              amount,
            );
          case "stakeFor": {
            const minShares = random.amount(size / 2n);
            const deadline = time - 2n + BigInt(random.below(20));
            return run(
              () => {
                metaPool.stakeFor(state, time, amount, { receiver: other, minShares, deadline });
              },
              () => user.stakeFor(other, minShares, deadline, { value: amount, ...options }),
              amount,
            );
          }
          case "stake":
            amount = random.amount(metaPool.withdrawable(state, who));
            return run(
              () => {
                metaPool.stake(state, time, who, amount);
              },
              () => user.stake(amount, options),
              amount,
            );
          case "stakeAll":
            return run(
              () => {
                metaPool.stakeAll(state, time, who);
              },
              () => user.stake_all(options),
            );
          case "unstake":
            amount = random.amount(metaPool.stakedBalance(state, time, who) / (random.below(3) === 0 ? 1n : 5n));
            return run(
              () => {
                metaPool.unstake(state, time, who, amount);
              },
              () => user.unstake(amount, options),
              amount,
            );
          case "unstakeAll":
            return run(
              () => {
                metaPool.unstakeAll(state, time, who);
              },
              () => user.unstake_all(options),
            );
          case "unstakeShares": {
            const shares = random.amount(held / 3n);
            const minAssets = random.amount(metaPool.convertToAssets(state, time, shares));
            return run(
              () => {
                metaPool.unstakeShares(state, time, who, shares, minAssets);
              },
              () => user.unstakeShares(shares, minAssets, options),
              shares,
            );
          }
          case "unstakeInstant": {
            const shares = random.amount(random.below(3) === 0 ? held : held / 500n);
            const minAssets = random.below(3) === 0 ? random.amount(shares) : 0n;
            return run(
              () => {
                metaPool.unstakeInstant(state, time, who, shares, minAssets);
              },
              () => user.unstakeInstant(shares, minAssets, other, options),
              shares,
            );
          }
          case "withdraw":
            amount = random.amount(metaPool.withdrawable(state, who));
            return run(
              () => {
                metaPool.withdraw(state, who, amount);
              },
              () => user.withdraw(amount, options),
              amount,
            );
          case "withdrawTo":
            amount = random.amount(metaPool.withdrawable(state, who));
            return run(
              () => {
                metaPool.withdraw(state, who, amount);
              },
              () => user.withdrawTo(other, amount, options),
              amount,
            );
          case "withdrawAll":
            return run(
              () => {
                metaPool.withdrawAll(state, who);
              },
              () => user.withdraw_all(options),
            );
          case "withdrawFor":
            return run(
              () => {
                metaPool.withdrawAll(state, other);
              },
              () => user.withdrawFor(other, options),
            );
          case "transfer":
            amount = random.amount(held);
            return run(
              () => {
                metaPool.transfer(state, who, other, amount);
              },
              () => user.transfer(other, amount, options),
              amount,
            );
          case "fundExits": {
            const batches = random.below(4);
            return run(
              () => {
                metaPool.fundExits(state, batches);
              },
              () => user.fundExits(batches, options),
            );
          }
          case "beginRound":
            if (state.openRound !== 0n) return skip();
            return run(
              () => {
                book.beginRound(state);
              },
              () => own.beginRound(),
            );
          case "endRound": {
            if (state.openRound === 0n) return skip();
            const round = state.openRound;
            const netGain = random.amount(state.roundGain * 2n);
            const accrual = BigInt(random.below(9 * 86_400));
            return run(
              () => {
                book.endRound(state, time, netGain, accrual);
              },
              () => own.endRound(round, netGain, accrual),
              netGain,
            );
          }
          case "fund":
            amount = random.amount(inBuffer);
            return run(
              () => {
                book.sendToAllocator(state, amount);
              },
              () => own.fund(amount, options),
              amount,
            );
          case "cash":
            amount = random.amount(state.delegated);
            if (amount > state.delegated) return skip();
            return run(
              () => {
                book.report(state, time, { cash: amount });
              },
              () => own.report(0n, 0n, { value: amount }),
              amount,
            );
          case "gain": {
            amount = random.amount(state.delegated / 50n);
            const cash = random.amount(state.delegated / 10n);
            if (cash > state.delegated) return skip();
            return run(
              () => {
                book.report(state, time, { gain: amount, cash });
              },
              () => own.report(amount, 0n, { value: cash }),
              amount,
            );
          }
          case "loss":
          case "ruin": {
            const most = name === "ruin" ? state.delegated : state.delegated / 5n;
            amount = random.amount(most);
            const gain = random.below(2) === 0 ? 0n : random.amount(state.delegated / 100n);
            if (amount > state.delegated) return skip();
            return run(
              () => {
                book.report(state, time, { gain, loss: amount });
              },
              () => own.report(gain, amount, options),
              amount,
            );
          }
          case "writeDown":
            amount = random.amount(state.delegated / 3n);
            if (amount > state.delegated) return skip();
            return run(
              () => {
                const factor = book.reportWriteDown(state, time, amount);
                if (factor > 0n) factors.push(factor);
              },
              () => own.reportWriteDown(amount, options),
              amount,
            );
          case "recover": {
            const factor = factors.splice(random.below(factors.length), 1)[0] ?? 0n;
            const gain = random.amount(ether(20));
            return run(
              () => {
                book.endWriteDown(state, time, { gain, factor, last: factors.length === 0 });
              },
              () => own.endWriteDown(gain, factor, factors.length === 0, options),
              gain,
            );
          }
          case "pause": {
            const duration = BigInt(random.below(2 * 86_400));
            return run(
              () => {
                metaPool.pauseStaking(state, time, duration);
              },
              () => pool.connect(guardian).pauseStaking(duration, options),
            );
          }
          case "resume":
            return run(
              () => {
                metaPool.resumeStaking(state);
              },
              () => pool.connect(governance).resumeStaking(),
            );
          case "parameters": {
            const [feeBps, bufferTargetBps] = [BigInt(random.below(2001)), BigInt(random.below(1001))];
            const cap = random.below(2) === 0 ? undefined : book.assetsAt(state, time) + random.amount(ether(100));
            return run(
              () => {
                Object.assign(state.parameters, { feeBps, bufferTargetBps, assetCap: cap });
              },
              () =>
                pool
                  .connect(governance)
                  .setParameters({ feeBps, bufferTargetBps, assetCap: cap ?? NO_CAP, treasury: treasury.address }),
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
