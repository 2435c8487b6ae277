import { expect } from "chai";

import * as model from "../../src/model/book.ts";
import { accountOpen, fundedThrough } from "../../src/model/exits.ts";
import * as metaPool from "../../src/model/metaPool.ts";
import { at, EPOCH, ether, ethers, loadPool, NO_CAP, now, SEED, fieldsOf } from "../fixtures/metaPool.ts";

const OPERATIONS = 300;
const SEEDS = process.env.TRELLIS_DEEP === "1" ? 20 : 2;

/** Numbers that look random and are the same for the same seed. */
function randomNumbers(seed: number) {
  let state = BigInt(ethers.id(`metapool ${seed}`));
  return (below: bigint): bigint => {
    state = BigInt(ethers.keccak256(ethers.toBeHex(state, 32)));
    return state % below;
  };
}

describe("MetaPool", () => {
  describe("against the model", () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      it(`is equal to the wei after each of ${OPERATIONS} operations, seed ${seed}`, async () => {
        const { pool, allocator, treasury, alice, bob, carol } = await loadPool();
        const random = randomNumbers(seed);
        const users = [alice, bob, carol];
        const own = pool.connect(allocator);
        const book = model.newBook(
          { feeBps: 500n, bufferTargetBps: 50n, assetCap: undefined, treasury: treasury.address, epochLength: EPOCH },
          SEED,
        );
        expect((await pool.parameters()).assetCap).to.equal(NO_CAP);
        const factors: bigint[] = [];
        const done: Record<string, number> = {};
        const size = () => random(10n ** (1n + random(20n))) + 1n;

        for (let step = 0; step < OPERATIONS; step++) {
          const time = (await now()) + 1n + random(EPOCH / 3n);
          await at(time);
          const user = users[Number(random(3n))]!;
          const from = pool.connect(user);
          const who = user.address;
          const delegated = book.delegated;
          const idle = model.bufferOf(book) - book.exits.owed;
          const operations: [string, () => Promise<unknown>, () => unknown][] = [];
          const add = (name: string, chain: () => Promise<unknown>, twin: () => unknown) =>
            operations.push([name, chain, twin]);
          const [a, part] = [size(), random(1001n)];
          const staked = (metaPool.stakedBalance(book, time, who) * part) / 1000n;
          const shares = (model.accountOf(book, who).shares * part) / 1000n;
          const free = (metaPool.withdrawable(book, who) * part) / 1000n;
          const few = (shares * part) / 50_000n;

          add(
            "deposit",
            () => from.deposit({ value: a }),
            () => metaPool.deposit(book, time, who, a),
          );
          const stakes = () => from.deposit_and_stake({ value: a });
          add("deposit_and_stake", stakes, () => metaPool.depositAndStake(book, time, who, a));
          add("deposit_and_stake", stakes, () => metaPool.depositAndStake(book, time, who, a));
          add(
            "stake",
            () => from.stake(free),
            () => metaPool.stake(book, time, who, free),
          );
          add(
            "unstake",
            () => from.unstake(staked),
            () => metaPool.unstake(book, time, who, staked),
          );
          add(
            "unstakeShares",
            () => from.unstakeShares(shares, 0n),
            () => metaPool.unstakeShares(book, time, who, shares),
          );
          add(
            "unstake_all",
            () => from.unstake_all(),
            () => metaPool.unstakeAll(book, time, who),
          );
          const instant = () => from.unstakeInstant(few, 0n, user);
          add("unstakeInstant", instant, () => metaPool.unstakeInstant(book, time, who, few));
          add(
            "withdraw",
            () => from.withdraw(free),
            () => metaPool.withdraw(book, who, free),
          );
          add(
            "withdraw_all",
            () => from.withdraw_all(),
            () => metaPool.withdrawAll(book, who),
          );
          add(
            "transfer",
            () => from.transfer(alice, shares),
            () => metaPool.transfer(book, who, alice.address, shares),
          );
          add(
            "fundExits",
            () => pool.fundExits(2),
            () => metaPool.fundExits(book, 2),
          );
          if (idle > 0n) {
            const assets = (idle * part) / 1000n;
            add(
              "fund",
              () => own.fund(assets),
              () => model.sendToAllocator(book, assets),
            );
          }
          const gain = 1n + (delegated * random(20n)) / 1000n;
          add(
            "gain",
            () => own.report(gain, 0n),
            () => model.report(book, time, { gain }),
          );
          const loss = (delegated * random(30n)) / 1000n;
          add(
            "loss",
            () => own.report(0n, loss),
            () => model.report(book, time, { loss }),
          );
          const cash = (delegated * part) / 1000n;
          add(
            "cash",
            () => own.report(0n, 0n, { value: cash }),
            () => model.report(book, time, { cash }),
          );
          add(
            "writeDown",
            () => own.reportWriteDown(loss),
            () => factors.push(model.reportWriteDown(book, time, loss)),
          );
          if (factors.length > 0) {
            const [factor, last] = [factors[factors.length - 1]!, factors.length === 1];
            const recovered = random(3n) === 0n ? 0n : (delegated * random(40n)) / 1000n;
            add(
              "endWriteDown",
              () => own.endWriteDown(recovered, factor, last),
              () => {
                factors.pop();
                model.restore(book, time, recovered, factor);
                if (last || factor !== 0n) model.endWriteDown(book, factor, last);
              },
            );
          }
          for (let twice = 0; twice < 3; twice++) {
            if (book.openRound === 0n)
              add(
                "beginRound",
                () => own.beginRound(),
                () => model.beginRound(book),
              );
            else {
              const net = book.roundGain;
              const accrual = random(10n * EPOCH);
              const ends = () => own.endRound(book.openRound, net, accrual);
              add("endRound", ends, () => model.endRound(book, time, net, accrual));
            }
          }

          const [name, chain, twin] = operations[Number(random(BigInt(operations.length)))]!;
          let failure: Error | undefined;
          try {
            await chain();
          } catch (error) {
            failure = error as Error;
          }
          const label = `step ${step}: ${name}`;
          if (failure === undefined) {
            twin();
            done[name] = (done[name] ?? 0) + 1;
          } else expect(twin, `${label} reverted: ${failure.message}`).to.throw();

          const view = await pool.getBook({ blockTag: "latest" });
          const seen = await now();
          expect(fieldsOf(view), label).to.deep.equal({
            buffer: model.bufferOf(book),
            delegated: book.delegated,
            owed: book.exits.owed,
            reserved: book.exits.reserved,
            free: model.freeOf(book),
            locked: model.lockedAt(book, seen),
            roundGain: book.roundGain,
            assets: model.assetsAt(book, seen),
            supply: model.supplyOf(book),
            dilution: book.dilution,
            highWater: book.highWater,
            bufferTarget: model.bufferTargetAt(book, seen),
            closed: book.closed,
          });
          expect(await ethers.provider.getBalance(pool), label).to.equal(book.balance);
          expect(await pool.fundedThrough(), label).to.equal(fundedThrough(book.exits));
          expect(await pool.previewStake(ether(1)), label).to.equal(metaPool.previewStake(book, seen, ether(1)));
          for (const { address } of users) {
            expect(await pool.balanceOf(address), label).to.equal(model.accountOf(book, address).shares);
            expect(await pool.withdrawable(address), label).to.equal(metaPool.withdrawable(book, address));
            const open = accountOpen(book.exits, address);
            const unstaked = metaPool.withdrawable(book, address) + open;
            expect(await pool.get_account_unstaked_balance(address), label).to.equal(unstaked);
          }
        }
        expect(Object.keys(done).length, JSON.stringify(done)).to.be.at.least(16);
      });
    }
  });
});
