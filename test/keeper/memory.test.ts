import { expect } from "chai";
import { concat, type TransactionRequest, type TransactionResponse } from "ethers";

import { certifyJob } from "../../src/keeper/certify.ts";
import type { KeeperContracts } from "../../src/keeper/contracts.ts";
import { newMemory } from "../../src/keeper/memory.ts";
import { rebalanceJob } from "../../src/keeper/rebalance.ts";
import type { KeeperReport, SlashReport } from "../../src/keeper/report.ts";
import { runOnce } from "../../src/keeper/runOnce.ts";
import { settleJob } from "../../src/keeper/settle.ts";
import { settleOneJob } from "../../src/keeper/slashes.ts";
import { watch } from "../../src/keeper/watch.ts";
import {
  delegate,
  deployWorld,
  ether,
  LOOSE,
  Mode,
  networkHelpers,
  nextEpoch,
  Skip,
  type World,
} from "../fixtures/allocator.ts";
import { contractsOf } from "../fixtures/keeper.ts";
import { Wrapped } from "../fixtures/signers.ts";

const POLLS = 4;
/** A contract that emits its calldata: three topics, then the rest. */
const ECHO = "0x365f5f376040516020515f51606036036060a300";

/** Sends as the keeper to pools that are one thing for transactions and another for simulations. */
class Deceived extends Wrapped {
  readonly #after: () => Promise<unknown>;

  constructor({ keeper }: World, before: () => Promise<unknown>, after: () => Promise<unknown>) {
    super(keeper, async () => {
      await before();
    });
    this.#after = after;
  }

  override async sendTransaction(request: TransactionRequest): Promise<TransactionResponse> {
    const response = await super.sendTransaction(request);
    await response.wait();
    await this.#after();
    return response;
  }
}

/** One pool under command and three real ones; 100 ether at their targets, 100 more in the buffer, and a round is due. */
function deployFour() {
  return deployWithBonds(0);
}

function deployBonded() {
  return deployWithBonds(50);
}

async function deployWithBonds(bondRatio: number) {
  const bond = ether(50);
  const world = await deployWorld({
    hostile: 1,
    honest: [{ bond }, { bond }, { bond }],
    stake: ether(100),
    parameters: { allocator: LOOSE, policy: { bondRatio } },
  });
  await delegate(world);
  await world.metaPool.connect(world.bob).deposit_and_stake({ value: ether(100) });
  await nextEpoch(world);
  return { ...world, pool: world.hostile[0]! };
}

/** As `deployFour`, with everything where it should be. */
async function deployPlaced() {
  const world = await deployFour();
  await runOnce(contractsOf(world, world.keeper));
  return world;
}

/** What one process reports of its first polls. */
async function poll(contracts: KeeperContracts) {
  const reports: { run: KeeperReport; slashes: SlashReport }[] = [];
  const stop = new AbortController();
  await watch(contracts, {
    pollSeconds: 0.01,
    signal: stop.signal,
    onCycle: (run, slashes) => {
      reports.push({ run, slashes });
      if (reports.length === POLLS) stop.abort();
    },
  });
  return reports;
}

describe("keeper", () => {
  describe("memory", () => {
    it("begins anew with every round", () => {
      const memory = newMemory();
      memory(7n).short.add(1);

      expect(memory(7n).short.has(1)).to.equal(true);
      expect(memory(8n).short.has(1)).to.equal(false);
    });
  });

  describe("watch", () => {
    it("pays once a round for a pool that takes a stake in simulations only", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { pool, allocator } = world;
      const deceived = new Deceived(
        world,
        () => pool.setMode(Mode.revertsOnStake),
        () => pool.setMode(Mode.honest),
      );
      const before = (await allocator.positionOf(1)).position;

      const reports = await poll(contractsOf(world, deceived));

      expect(reports.map(({ run }) => run.rebalance.transactions)).to.eql([1, 0, 0, 0]);
      expect(reports[0]!.run.rebalance.moved.up).to.be.greaterThan(ether(70));
      expect(reports[3]!.run.rebalance).to.include({
        outcome: "incomplete",
        reason: "the pools of operators 1 failed",
      });
      expect((await allocator.positionOf(1)).position).to.equal(before);
    });

    it("pays once a round for a pool whose bond is there in simulations only", async () => {
      const world = await networkHelpers.loadFixture(deployBonded);
      const { pool } = world;
      const bond = await pool.bondShown();
      const deceived = new Deceived(
        world,
        () => pool.setBond(0n),
        () => pool.setBond(bond),
      );
      await settleJob(contractsOf(world, world.keeper));

      const reports = await poll(contractsOf(world, deceived));

      expect(reports.map(({ run }) => run.rebalance.transactions)).to.eql([1, 0, 0, 0]);
      expect(reports.every(({ run }) => run.complete)).to.equal(true);
    });

    it("asks a pool that moves a wei of each leg twice a round", async () => {
      const world = await networkHelpers.loadFixture(deployPlaced);
      const { pool, metaPool, alice, bob, keeper } = world;
      await pool.setStint(1n);
      await metaPool.connect(alice).unstake_all();
      await metaPool.connect(bob).unstake_all();
      await nextEpoch(world);

      const reports = await poll(contractsOf(world, keeper));

      expect(reports.slice(1).map(({ run }) => run.rebalance.transactions)).to.eql([0, 0, 0]);
      expect(await pool.exitCount()).to.equal(2n);
    });

    it("pays once a round for a loss that is there in simulations only", async () => {
      const world = await networkHelpers.loadFixture(deployPlaced);
      const { pool } = world;
      await pool.setMode(Mode.liesDown);
      const deceived = new Deceived(
        world,
        () => pool.setMode(Mode.burnsGas),
        () => pool.setMode(Mode.liesDown),
      );

      const reports = await poll(contractsOf(world, deceived));

      expect(reports.map(({ slashes }) => slashes.transactions)).to.eql([1, 0, 0, 0]);
      expect(reports.every(({ slashes }) => slashes.loss === 0n)).to.equal(true);
    });

    it("pays once a round for a loss of which next to nothing is there to be booked", async () => {
      const world = await networkHelpers.loadFixture(deployPlaced);
      const { pool } = world;
      await pool.setMode(Mode.liesDown);
      const deceived = new Deceived(
        world,
        async () => {
          await pool.setMode(Mode.honest);
          await pool.lose(2_000n);
        },
        () => pool.setMode(Mode.liesDown),
      );

      const reports = await poll(contractsOf(world, deceived));

      expect(reports.map(({ slashes }) => slashes.transactions)).to.eql([1, 0, 0, 0]);
      expect(reports[0]!.slashes).to.include({ operators: 1, loss: 2_000n });
    });

    it("books every slash of an operator, however many a round has", async () => {
      const world = await networkHelpers.loadFixture(deployPlaced);
      const { pool, keeper } = world;
      const memory = newMemory();

      for (let slash = 0; slash < 3; slash += 1) {
        await pool.lose(ether("0.1"));
        const { loss } = await settleOneJob(contractsOf(world, keeper), { memory });
        expect(loss).to.equal(ether("0.1"));
      }
    });
  });

  describe("settleOneJob", () => {
    it("tries an operator again in the next round", async () => {
      const world = await networkHelpers.loadFixture(deployPlaced);
      const { pool } = world;
      const memory = newMemory();
      await pool.setMode(Mode.liesDown);
      const deceived = new Deceived(
        world,
        () => pool.setMode(Mode.honest),
        () => pool.setMode(Mode.liesDown),
      );
      const contracts = contractsOf(world, deceived);
      const attempts = async () => {
        const first = await settleOneJob(contracts, { memory });
        const second = await settleOneJob(contracts, { memory });
        return [first.transactions, second.transactions];
      };

      expect(await attempts()).to.eql([1, 0]);
      await nextEpoch(world);
      await settleJob(contracts, { memory });
      expect(await attempts()).to.eql([1, 0]);
    });
  });

  describe("rebalanceJob", () => {
    it("does not believe what a pool says of other operators", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { pool, allocator, keeper } = world;
      const contracts = contractsOf(world, keeper);
      const echo = "0x00000000000000000000000000000000000ec400";
      await networkHelpers.setCode(echo, ECHO);
      const { topics, data } = allocator.interface.encodeEventLog("LegSkipped", [2n, true, 1n, 1n, Skip.poolFailed]);
      await pool.setReentry(echo, concat([...topics, data]));
      await settleJob(contracts);
      await certifyJob(contracts);

      const report = await rebalanceJob(contracts);

      expect(await pool.reentered()).to.be.greaterThan(0n);
      expect(report).to.include({ outcome: "done", reason: null });
    });

    it("ends when a round begins just before its legs arrive", async () => {
      const world = await networkHelpers.loadFixture(deployFour);
      const { allocator, eve, keeper } = world;
      await settleJob(contractsOf(world, keeper));
      const late = new Wrapped(keeper, async () => {
        await nextEpoch(world);
        await allocator.connect(eve).settle(1n, { gasLimit: 10_000_000n });
      });

      const report = await rebalanceJob(contractsOf(world, late));

      expect(report).to.include({ outcome: "nothing", reason: "no finished round to work from", transactions: 1 });
    });

    it("goes on with operators that two pools have left no gas for", async () => {
      const world = await networkHelpers.loadFixture(deployHungry);
      const { hostile, allocator } = world;
      const setModes = (mode: bigint) => Promise.all(hostile.map((pool) => pool.setMode(mode)));
      const deceived = new Deceived(
        world,
        () => setModes(Mode.returnsFloods),
        () => setModes(Mode.honest),
      );
      const contracts = contractsOf(world, world.keeper);
      await settleJob(contracts);
      await certifyJob(contracts);

      const report = await rebalanceJob(contractsOf(world, deceived));

      const { position } = await allocator.positionOf(9);
      expect(position).to.be.greaterThan(ether(1));
      expect(report.moved.up).to.equal(position);
    });
  });
});

/** Eight pools under command and a real one, which legs come to last, and a round is due. */
async function deployHungry() {
  const world = await deployWorld({
    hostile: 8,
    honest: [{ bond: ether(50), weight: 10 }],
    stake: ether(100),
    parameters: { allocator: LOOSE, policy: { bondRatio: 50 } },
  });
  await nextEpoch(world);
  return world;
}
