import { expect } from "chai";
import type { TransactionRequest, TransactionResponse } from "ethers";

import { Failure } from "../../src/cli/failure.ts";
import { certifyJob } from "../../src/keeper/certify.ts";
import type { KeeperContracts } from "../../src/keeper/contracts.ts";
import { fundExitsJob } from "../../src/keeper/fund.ts";
import { leave } from "../../src/keeper/leave.ts";
import { rebalanceJob } from "../../src/keeper/rebalance.ts";
import { runOnce } from "../../src/keeper/runOnce.ts";
import { settleJob } from "../../src/keeper/settle.ts";
import { settleOneJob } from "../../src/keeper/slashes.ts";
import { watch } from "../../src/keeper/watch.ts";
import type { Trellis } from "../fixtures/deployment.ts";
import {
  contractsOf,
  distanceOf,
  ether,
  ethers,
  loadBalanced,
  loadKeeper,
  networkHelpers,
  refusalOf,
  stateOf,
} from "../fixtures/keeper.ts";
import { answer, failing } from "../fixtures/nodes.ts";
import { Crash, dyingAfter, Wrapped } from "../fixtures/signers.ts";
import { nextEpoch, waitUntil } from "../fixtures/time.ts";

/** Small pages, so that a run has many steps to be interrupted between. */
const SMALL = { pageSize: 4, certifyPageSize: 5, legsPerTx: 4 };
/** Asks again without a pause. */
const IMPATIENT = { patience: { attempts: 4, backOff: 1 } };

/** Contracts read through a node whose answers fail when `fails` says so. */
function through(contracts: KeeperContracts, fails: (method: string) => Error | null): KeeperContracts {
  const provider = failing(contracts.allocator.runner!.provider!, fails);
  return {
    ...contracts,
    metaPool: contracts.metaPool.connect(provider),
    allocator: contracts.allocator.connect(provider),
    registry: contracts.registry.connect(provider),
    lens: contracts.lens.connect(provider),
  };
}

function timeout(): Error {
  return Object.assign(new Error("the request timed out"), { code: "TIMEOUT" });
}

describe("keeper", () => {
  describe("survival", () => {
    it("reaches the same state after a crash between any two transactions", async function () {
      this.timeout(300_000);
      const whole = await loadKeeper();
      const { transactions } = await runOnce(contractsOf(whole, whole.keeper), SMALL);
      const expected = await stateOf(whole);
      expect(transactions).to.be.greaterThan(8);

      for (let count = 0; count < transactions; count += 1) {
        const fixture = await loadKeeper();
        const dying = contractsOf(fixture, dyingAfter(fixture.keeper, count));
        expect(await refusalOf(runOnce(dying, SMALL))).to.equal("The process is gone.");

        const report = await runOnce(contractsOf(fixture, fixture.rival), SMALL);

        expect(report.transactions, `after ${count}`).to.equal(transactions - count);
        expect(await stateOf(fixture), `after ${count}`).to.eql(expected);
      }
    });

    it("lets two keepers work at the same time", async () => {
      const alone = await loadKeeper();
      await runOnce(contractsOf(alone, alone.keeper), SMALL);
      const expected = await stateOf(alone);
      const fixture = await loadKeeper();

      const reports = await Promise.all([
        runOnce(contractsOf(fixture, fixture.keeper), SMALL),
        runOnce(contractsOf(fixture, fixture.rival), SMALL),
      ]);

      await runOnce(contractsOf(fixture, fixture.keeper), SMALL);
      expect(reports.every(({ settle }) => settle.outcome === "done")).to.equal(true);
      expect(await stateOf(fixture)).to.eql(expected);
    });

    it("lets another keeper do each step just before it does", async () => {
      const fixture = await loadKeeper();
      const rival = contractsOf(fixture, fixture.rival);
      // Before every transaction of the one the other does all that there is.
      const slow = new Wrapped(fixture.keeper, async () => {
        await runOnce(rival);
      });

      const report = await runOnce(contractsOf(fixture, slow), SMALL);

      expect(report.complete).to.equal(true);
      expect(await distanceOf(fixture)).to.equal(0n);
    });

    it("is not hindered by junk sheets and pointless legs", async () => {
      const fixture = await loadKeeper();
      const { allocator, rival, keeper } = fixture;
      await settleJob(contractsOf(fixture, keeper));
      const junk = allocator.connect(rival);
      await junk.certifyLevels([], 400);
      await junk.certifyLevels([{ group: 0, level: 1n }], 3);
      await junk.certifyLevels([{ group: 0, level: 10n ** 30n }], 400);
      await junk.rebalance([
        { operator: 1, amount: ether(1), up: false },
        { operator: 99, amount: ether(1), up: true },
        { operator: 2, amount: ether(1), up: true },
      ]);

      const report = await runOnce(contractsOf(fixture, keeper));

      expect(report.complete).to.equal(true);
      expect(await distanceOf(fixture)).to.equal(0n);
    });

    it("asks a node again that does not answer", async () => {
      const fixture = await loadKeeper();
      let calls = 0;
      const contracts = through(contractsOf(fixture, fixture.keeper), () => {
        calls += 1;
        return calls % 7 === 0 ? timeout() : null;
      });

      const report = await runOnce(contracts, { ...SMALL, patience: { attempts: 10, backOff: 1 } });

      expect(report.complete).to.equal(true);
      expect(await distanceOf(fixture)).to.equal(0n);
    });

    it("gives up on a node that stays silent, after a bounded number of questions", async () => {
      const fixture = await loadKeeper();
      let calls = 0;
      const contracts = through(contractsOf(fixture, fixture.keeper), () => {
        calls += 1;
        return timeout();
      });

      expect(await refusalOf(runOnce(contracts, IMPATIENT))).to.include("timed out");

      expect(calls).to.be.lessThan(20);
    });

    it("does not ask again what a mistake has broken", async () => {
      const fixture = await loadKeeper();
      const contracts = through(contractsOf(fixture, fixture.keeper), () => new TypeError("a mistake"));

      expect(await refusalOf(runOnce(contracts, IMPATIENT))).to.equal("a mistake");
    });

    it("goes on after a reorganisation that took its work back", async () => {
      const fixture = await loadKeeper();
      const contracts = contractsOf(fixture, fixture.keeper);
      await settleJob(contracts);
      const before = await networkHelpers.takeSnapshot();
      await runOnce(contracts);
      const expected = await stateOf(fixture);

      await before.restore();
      await runOnce(contracts);

      expect(await stateOf(fixture)).to.eql(expected);
    });

    it("waits while gas costs more than it may", async () => {
      const fixture = await loadKeeper();
      const contracts = contractsOf(fixture, fixture.keeper);
      await networkHelpers.setNextBlockBaseFeePerGas(100n * 10n ** 9n);
      await networkHelpers.mine();
      const options = { maxFeePerGas: 10n * 10n ** 9n };

      const report = await runOnce(contracts, options);

      expect(report).to.include({ transactions: 0, complete: false });
      expect(report.settle).to.include({ outcome: "skipped", reason: "gas costs more than allowed" });

      await networkHelpers.setNextBlockBaseFeePerGas(10n ** 9n);
      await networkHelpers.mine();
      expect((await runOnce(contracts, options)).complete).to.equal(true);
    });

    it("never offers more for gas than it may", async () => {
      const fixture = await loadKeeper();
      const maxFeePerGas = 50n * 10n ** 9n;
      const offered: unknown[] = [];
      const keeper = new (class extends Wrapped {
        override sendTransaction(request: TransactionRequest): Promise<TransactionResponse> {
          offered.push(request.maxFeePerGas);
          return super.sendTransaction(request);
        }
      })(fixture.keeper, async () => undefined);
      await networkHelpers.setNextBlockBaseFeePerGas(40n * 10n ** 9n);
      await networkHelpers.mine();

      await runOnce(contractsOf(fixture, keeper), { maxFeePerGas });

      expect(offered.length).to.be.greaterThan(0);
      expect(offered.every((fee) => (fee as bigint) <= maxFeePerGas)).to.equal(true);
    });

    it("replaces a transaction of its own that is stuck", async () => {
      const fixture = await loadKeeper();
      const { keeper } = fixture;
      await ethers.provider.send("evm_setAutomine", [false]);
      const nonce = await keeper.getNonce();
      // Below 7 wei a base fee does not fall, however many empty blocks there are.
      const stuck = await keeper.sendTransaction({ to: keeper.address, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n });
      await ethers.provider.send("evm_setIntervalMining", [100]);

      const report = await runOnce(contractsOf(fixture, keeper), { transactionTimeout: 1_500 }).finally(async () => {
        await ethers.provider.send("evm_setIntervalMining", [0]);
        await ethers.provider.send("evm_setAutomine", [true]);
      });

      expect(report.complete).to.equal(true);
      expect(await ethers.provider.getTransactionReceipt(stuck.hash)).to.equal(null);
      expect(await keeper.getNonce()).to.equal(nonce + report.transactions);
    });

    it("stops before it spends what it does not have", async () => {
      const fixture = await loadKeeper();
      await networkHelpers.setBalance(fixture.keeper.address, 10n ** 12n);

      const report = await runOnce(contractsOf(fixture, fixture.keeper));

      expect(report).to.include({ transactions: 0, complete: false });
      expect(report.settle.reason).to.equal("the account's balance does not cover the gas");
    });

    it("does each job alone, in any order, without harm", async () => {
      const fixture = await loadKeeper();
      const contracts = contractsOf(fixture, fixture.keeper);

      for (const job of [fundExitsJob, rebalanceJob, certifyJob, settleOneJob]) {
        expect((await job(contracts)).outcome).to.equal("nothing");
      }
      await settleJob(contracts);
      await rebalanceJob(contracts);
      await certifyJob(contracts);
      await rebalanceJob(contracts);

      expect(await distanceOf(fixture)).to.equal(0n);
    });
  });

  describe("settleOneJob", () => {
    it("books a slash before the next round", async () => {
      const fixture = await loadBalanced();
      const { network, foundation, registry, metaPool, keeper } = fixture;
      const contracts = contractsOf(fixture, keeper);
      await runOnce(contracts);
      const { pool } = await registry.operator(2);
      await network.connect(foundation).slash(pool, 2_000n);
      const rate = await metaPool.getRate();

      const report = await settleOneJob(contracts);

      expect(report).to.include({ outcome: "done", operators: 1 });
      expect(report.loss).to.be.greaterThan(0n);
      expect(await metaPool.getRate()).to.be.lessThan(rate);
      expect((await settleOneJob(contracts)).outcome).to.equal("nothing");
    });

    it("only says so in a dry run", async () => {
      const fixture = await loadBalanced();
      const { network, foundation, registry, keeper } = fixture;
      await network.connect(foundation).slash((await registry.operator(2)).pool, 2_000n);
      await network.connect(foundation).slash((await registry.operator(5)).pool, 2_000n);
      const lines: string[] = [];

      const report = await settleOneJob(contractsOf(fixture, keeper), {
        dryRun: true,
        log: ({ message }) => lines.push(message),
      });

      expect(report.transactions).to.equal(0);
      expect(lines).to.eql(["would book a loss", "would book a loss"]);
    });
  });

  describe("watch", () => {
    it("works cycle after cycle until it is told to stop", async () => {
      const fixture = await loadKeeper();
      const stop = new AbortController();
      const transactions: number[] = [];

      await watch(contractsOf(fixture, fixture.keeper), {
        pollSeconds: 0.01,
        signal: stop.signal,
        onCycle: (report) => {
          transactions.push(report.transactions);
          if (transactions.length === 3) stop.abort();
        },
      });

      expect(transactions).to.eql([3, 0, 0]);
    });

    it("outlives a node that has lost the block it is asked about", async () => {
      const fixture = await loadKeeper();
      const stop = new AbortController();
      let calls = 0;
      const contracts = through(contractsOf(fixture, fixture.keeper), () => {
        calls += 1;
        return calls < 20 ? new Error("header not found") : null;
      });
      const complete: boolean[] = [];

      await watch(contracts, {
        ...IMPATIENT,
        pollSeconds: 0.01,
        signal: stop.signal,
        onCycle: (report) => {
          complete.push(report.complete);
          stop.abort();
        },
      });

      expect(complete).to.eql([true]);
      expect(await distanceOf(fixture)).to.equal(0n);
    });

    it("outlives whatever a node says, and what nobody has heard of", async () => {
      for (const error of [answer(-32_602, "block is out of range"), new Error("HHE999: whatever this is")]) {
        const fixture = await loadKeeper();
        const stop = new AbortController();
        let calls = 0;
        const contracts = through(contractsOf(fixture, fixture.keeper), () => {
          calls += 1;
          return calls < 8 ? error : null;
        });
        const complete: boolean[] = [];

        await watch(contracts, {
          ...IMPATIENT,
          pollSeconds: 0.01,
          signal: stop.signal,
          onCycle: (report) => {
            complete.push(report.complete);
            if (report.complete) stop.abort();
          },
        });

        expect(complete.at(-1)).to.equal(true);
        expect(await distanceOf(fixture)).to.equal(0n);
      }
    });

    it("ends at what no waiting mends", async () => {
      const fixture = await loadKeeper();
      const contracts = contractsOf(fixture, fixture.keeper);
      expect(await refusalOf(watch(contracts, { chainId: 1n }))).to.match(/^The node is on chain 31337, /);
      for (const error of [new TypeError("a mistake"), new Failure("A sentence.")]) {
        expect(
          await refusalOf(
            watch(
              through(contracts, () => error),
              IMPATIENT,
            ),
          ),
        ).to.equal(error.message);
      }
    });
  });

  describe("leave", () => {
    it("gets a staker out with no keeper alive, by the staker alone", async () => {
      const fixture = await loadBalanced();
      const { metaPool, staker } = fixture;
      const contracts = { ...contractsOf(fixture, staker), signer: staker };
      const worth = await metaPool.get_account_staked_balance(staker);
      await metaPool.connect(staker).unstake_all();

      let departure = await leave(contracts);
      let paid = departure.paid;
      for (let visit = 0; departure.state === "waiting" && visit < 12; visit += 1) {
        expect(departure.comeBackAt).to.be.greaterThan(await timeNow(fixture));
        await waitUntil(fixture, departure.comeBackAt);
        departure = await leave(contracts);
        paid += departure.paid;
      }

      expect(departure).to.include({ state: "out", open: 0n });
      expect(paid).to.equal(worth);
      expect(await metaPool.get_account_total_balance(staker)).to.equal(0n);
    });

    it("can be interrupted anywhere and taken up again", async () => {
      const fixture = await loadBalanced();
      const { metaPool, staker } = fixture;
      const worth = await metaPool.get_account_staked_balance(staker);
      await metaPool.connect(staker).unstake_all();
      const balance = await ethers.provider.getBalance(staker);

      let state = "waiting";
      for (let visit = 0; state !== "out" && visit < 40; visit += 1) {
        const signer = visit % 2 === 0 ? dyingAfter(staker, 1) : staker;
        const departure = await leave({ ...contractsOf(fixture, staker), signer }).catch((error: unknown) => {
          if (!(error instanceof Crash)) throw error;
          return null;
        });
        state = departure?.state ?? state;
        if (visit % 2 === 1) await nextEpoch(fixture);
      }

      expect(state).to.equal("out");
      expect(await ethers.provider.getBalance(staker)).to.be.greaterThan(balance + worth - ether(1));
    });

    it("asks a node again that does not answer", async () => {
      const fixture = await loadBalanced();
      const { metaPool, staker } = fixture;
      await metaPool.connect(staker).unstake(ether(500));
      let calls = 0;
      const contracts = through(contractsOf(fixture, staker), () => {
        calls += 1;
        return calls % 7 === 0 ? answer(429, "exceeded its compute units per second capacity") : null;
      });

      const departure = await leave({ ...contracts, signer: staker }, { patience: { attempts: 10, backOff: 1 } });

      expect(departure.state).to.equal("waiting");
    });

    it("says that a stake is left when nothing was asked for", async () => {
      const fixture = await loadBalanced();

      const departure = await leave({ ...contractsOf(fixture, fixture.staker), signer: fixture.staker });

      expect(departure).to.include({ state: "staked", paid: 0n, open: 0n });
    });
  });
});

async function timeNow({ connection }: Trellis): Promise<bigint> {
  return BigInt((await connection.ethers.provider.getBlock("latest"))!.timestamp);
}
