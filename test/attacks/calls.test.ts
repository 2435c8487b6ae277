/** Calls that fail, cheat or cost: A14 to A21 of docs/attacks.md; reentrancy, callbacks and hostile have A12, A13 and A15. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";

import {
  all,
  asNotice,
  certifyFair,
  connection,
  delegate,
  deployWorld,
  down,
  EPOCH,
  ether,
  ethers,
  LOOSE,
  move,
  networkHelpers,
  nextRound,
  NO_CAP,
  PAGE,
  settleAll,
  sum,
  up,
  type World,
} from "../fixtures/allocator.ts";
import { openLedger } from "../helpers/worth.ts";

/** As in AllocatorBook. */
const STIPEND = 1_250_000n;
/** The longest unbonding time that the registry lists, less the epoch in which a pool gathers its exits. */
const LONGEST_UNBONDING = 23;
/** Of each small exit. */
const PILED = 2_000_000_000n;
const MAX_UINT256 = 2n ** 256n - 1n;
/** Pools of deployDear. */
const DEAR = 4;

async function deployHonest() {
  const bond = ether(10);
  const world = await deployWorld({
    honest: [{ bond }, { bond }, { bond }, { bond }],
    parameters: { allocator: LOOSE },
  });
  await delegate(world);
  return world;
}

async function deploySlow() {
  const bond = ether(10);
  const world = await deployWorld({
    honest: [{ bond }, { bond }, { bond }],
    parameters: { allocator: LOOSE, devNetwork: { unbondingEpochs: LONGEST_UNBONDING } },
  });
  await delegate(world);
  return world;
}

/** Pools that need most of their stipend, each in five groups of its own, with half of the stake there already. */
async function deployDear() {
  const world = await deployWorld({
    hostile: DEAR,
    groups: Array.from({ length: 5 * DEAR }, (_, index) => ({ dimension: (index % 5) + 1, poolShareBps: 9_000 })),
    groupsOf: Array.from({ length: DEAR }, (_, pool) => [1, 2, 3, 4, 5].map((dimension) => 5 * pool + dimension)),
    parameters: { allocator: LOOSE, policy: { bondRatio: 3 } },
  });
  await delegate(world);
  await world.metaPool.connect(world.alice).deposit_and_stake({ value: ether(100) });
  await nextRound(world);
  await certifyFair(world);
  for (const pool of world.hostile) await pool.setCost((STIPEND * 85n) / 100n);
  return world;
}

const heldIn = ({ allocator }: World) =>
  Promise.all(Array.from({ length: DEAR }, (_, index) => allocator.positionOf(index + 1)));

/** Holds the book against itself and against what the pools have; returns how many operators differ from `before`. */
async function checkBook(world: World, before: Awaited<ReturnType<typeof heldIn>>): Promise<number> {
  const { allocator, metaPool, hostile } = world;
  const held = await heldIn(world);
  const isRoundOpen = (await allocator.openRound()).round !== 0n;
  for (const [index, { position, unbonding, faulted, faults }] of held.entries()) {
    expect([faulted, faults]).to.deep.equal([false, 0n]);
    expect([position, unbonding]).to.deep.equal([await hostile[index]!.staked(), await hostile[index]!.unstaked()]);
    for (const dimension of isRoundOpen ? [] : [1, 2, 3, 4, 5]) {
      expect((await allocator.groupSnapshot(5 * index + dimension)).position).to.equal(position);
    }
  }
  const committed = sum(held.map(({ position }) => position));
  const unbonding = sum(held.map((each) => each.unbonding));
  expect([await allocator.committed(), await allocator.unbonding()]).to.deep.equal([committed, unbonding]);
  expect((await metaPool.getBook()).delegated).to.equal(committed + unbonding);
  expect(await ethers.provider.getBalance(allocator)).to.equal(0n);
  return held.filter((now, index) => now.join() !== before[index]!.join()).length;
}

function listingOf(pool: string) {
  const bounds = { weight: 1, minWeight: 0, maxWeight: 1, absoluteCap: NO_CAP, groups: 0 };
  return { pool, factory: ethers.ZeroAddress, ...bounds };
}

/** Calls that deal with the pools of deployDear one after another, and what comes before each. */
const DEAR_CALLS: [
  name: string,
  prepare: (world: World) => Promise<unknown>,
  send: (world: World, options: { gasLimit: bigint }) => ReturnType<World["allocator"]["settle"]>,
][] = [
  [
    "settle",
    () => networkHelpers.time.increase(EPOCH),
    ({ allocator, eve }, options) => allocator.connect(eve).settle(100, options),
  ],
  [
    "a call of upward legs",
    () => Promise.resolve(),
    ({ allocator, eve }, options) => allocator.connect(eve).rebalance(all("up", DEAR), options),
  ],
  [
    "a call of downward legs",
    async (world) => {
      await world.metaPool.connect(world.alice).unstake_all();
      await nextRound(world);
    },
    ({ allocator, eve }, options) => allocator.connect(eve).rebalance(all("down", DEAR), options),
  ],
];

/** The text of every contract that is deployed for real. */
async function sources(): Promise<[string, string][]> {
  const files = await readdir("contracts", { recursive: true });
  const solidity = files.filter((file) => file.endsWith(".sol") && !file.startsWith("mocks"));
  return Promise.all(solidity.map(async (file) => [file, await readFile(join("contracts", file), "utf8")]));
}

describe("Attacks", () => {
  describe("calls", () => {
    for (const name of ["MetaPool", "StakingPool"] as const) {
      it(`A14 a receiver that refuses ether keeps its claim on ${name}, and can send it elsewhere`, async () => {
        const { metaPool, honest, eve, bob, alice } = await networkHelpers.loadFixture(deployHonest);
        const pool = name === "MetaPool" ? metaPool : honest[0]!.pool;
        const user = await ethers.deployContract("PoolUser");
        const address = await user.getAddress();
        const encode = pool.interface.encodeFunctionData.bind(pool.interface) as (n: string, a?: unknown[]) => string;
        const ledger = await openLedger(connection, [pool], {
          victim: [{ address }, bob],
          others: [alice],
          attacker: [eve],
        });
        await user.connect(bob).execute(pool, encode("deposit"), { value: ether(2) });
        await user.setRefuses(true);

        for (const call of [
          () => user.connect(bob).execute(pool, encode("withdraw_all")),
          () => pool.connect(eve).withdrawFor(address),
        ]) {
          await expect(call()).to.be.revertedWithCustomError(pool, "TransferFailed").withArgs(address, ether(2));
        }
        expect(await pool.withdrawable(address)).to.equal(ether(2));
        await user.connect(bob).execute(pool, encode("withdrawTo", [bob.address, ether(2)]));

        const { victim, others, attacker } = await ledger.changes();
        expect([victim, others, attacker]).to.deep.equal([0n, 0n, 0n]);
      });
    }

    it("A14 nobody can pay the allocator out between readings, so nobody can hide its cash", async () => {
      const world = await networkHelpers.loadFixture(deployHonest);
      const { allocator, metaPool, honest, alice, eve } = world;
      const { pool } = honest[0]!;
      const ledger = await openLedger(connection, [metaPool], { attacker: [eve], victim: [alice] });
      await metaPool.connect(alice).unstake(ether(25));
      await nextRound(world);
      await move(world, [down(1, ether(25))]);
      await networkHelpers.time.increase(6n * EPOCH);
      await pool.ping();
      const due = await pool.withdrawable(allocator);
      expect(due).to.be.greaterThan(ether(20));

      await expect(pool.connect(eve).withdrawFor(allocator))
        .to.be.revertedWithCustomError(pool, "TransferFailed")
        .withArgs(ethers.getAddress(await allocator.getAddress()), due);
      await settleAll(world);
      expect((await allocator.positionOf(1)).unbonding).to.equal(0n);
      const { attacker, victim } = await ledger.changes();
      expect([attacker, victim >= -10n]).to.deep.equal([0n, true]);
    });

    it("A16 whatever gas a caller leaves, a reading is whole or is not there, and no honest pool is at fault", async () => {
      const world = await networkHelpers.loadFixture(deployHonest);
      const { allocator, metaPool, alice, eve } = world;
      const ledger = await openLedger(connection, [metaPool], { attacker: [eve], victim: [alice] });
      await networkHelpers.time.increase(EPOCH);
      const start = await networkHelpers.takeSnapshot();
      const cursors = new Set<bigint>();
      for (let gasLimit = 200_000n; gasLimit < 4_000_000n; gasLimit += 190_001n) {
        const call = allocator.connect(eve).settle(100, { gasLimit });
        const settled = await call.then(
          () => true,
          () => false,
        );
        const { cursor } = await allocator.openRound();
        cursors.add(settled ? cursor : -1n);
        for (let id = 1n; id <= 4n; id += 1n) expect((await allocator.positionOf(id)).faults).to.equal(0n);
        const { attacker, victim } = await ledger.changes();
        expect([attacker, victim]).to.deep.equal([0n, 0n]);
        await start.restore();
      }
      expect(cursors.size, "some calls fail, some do a part, some do all").to.be.greaterThan(2);
    });

    for (const [name, prepare, send] of DEAR_CALLS) {
      it(`A16 whatever gas a caller leaves, ${name} books every operator whole or not at all, and blames none`, async () => {
        const world = await networkHelpers.loadFixture(deployDear);
        const { allocator } = world;
        await prepare(world);
        const before = await heldIn(world);
        const { metaPool, alice, eve } = world;
        const ledger = await openLedger(connection, [metaPool], { attacker: [eve], victim: [alice] });
        const start = await networkHelpers.takeSnapshot();
        const counts = new Set<number>();
        for (let gasLimit = 2_000_000n; gasLimit < 8_500_000n; gasLimit += 450_001n) {
          const receipt = await send(world, { gasLimit }).then(
            (sent) => sent.wait(),
            () => null,
          );
          if (receipt !== null) {
            for (const log of receipt.logs) expect(allocator.interface.parseLog(log)?.name).to.not.equal("LegSkipped");
            counts.add(await checkBook(world, before));
          }
          expect(await ledger.changes()).to.deep.equal({ attacker: 0n, victim: 0n });
          await start.restore();
        }
        expect([...counts].sort(), "some calls do a part, some do all").to.deep.equal([1, 2, 3, 4]);
      });
    }

    it("A17 legs and slashes in all epochs of the longest unbonding time leave a reading within its stipend", async () => {
      const world = await networkHelpers.loadFixture(deploySlow);
      const { allocator, metaPool, registry, network, foundation, honest, alice, eve } = world;
      const { pool, address } = honest[0]!;
      const self = await ethers.getImpersonatedSigner(await allocator.getAddress());
      await networkHelpers.setBalance(self.address, ether(1));
      const longest = BigInt(LONGEST_UNBONDING + 1) * EPOCH;
      expect(await registry.longestUnbonding()).to.equal(longest);
      const slower = await ethers.deployContract("MockOperatorPool", [longest + 1n, 1n]);
      await registry.connect(foundation).whitelistPool(slower);
      await expect(registry.connect(await asNotice(world)).list(listingOf(await slower.getAddress())))
        .to.be.revertedWithCustomError(registry, "UnbondingTooLong")
        .withArgs(longest + 1n, longest);
      const ledger = await openLedger(connection, [metaPool, pool], { attacker: [eve], victim: [alice] });
      await pool.connect(eve).deposit_and_stake({ value: ether(1) });
      // As many exits at one pool as there can be, and batches of a stranger between them.
      for (let epoch = 0; epoch <= LONGEST_UNBONDING; epoch += 1) {
        await metaPool.connect(alice).unstake(ether("0.1"));
        await pool.connect(eve).unstake(10n ** 9n);
        await nextRound(world);
        await allocator.connect(eve).rebalance([down(1, ether("0.1"))], PAGE);
        if (epoch % 2 === 0) await network.connect(foundation).slash(address, 200); // of which the bond bears a part
      }
      expect((await pool.exitsOf(allocator)).length).to.be.at.least(LONGEST_UNBONDING);
      const collect = allocator.interface.encodeFunctionData("collect", [address]);
      const pull = allocator.interface.encodeFunctionData("pull", [address, ether("0.1")]);
      const gasOf = (data: string) => ethers.provider.estimateGas({ from: self, to: self, data });
      expect(await gasOf(pull), "to ask while all are waiting").to.be.at.most((STIPEND * 9n) / 10n);
      await networkHelpers.time.increase(BigInt(LONGEST_UNBONDING + 1) * EPOCH); // now all of it is due at once
      await network.connect(foundation).slash(address, 200);

      expect(await gasOf(collect)).to.be.at.most((STIPEND * 9n) / 10n);
      expect(await gasOf(pull), "to ask when all are due").to.be.at.most((STIPEND * 9n) / 10n);
      for (let round = 0; round < 3; round += 1) {
        await nextRound(world);
        expect((await allocator.positionOf(1)).faults).to.equal(0n);
      }
      const { attacker, victim } = await ledger.changes();
      const slashes = await network.queryFilter(network.filters.Slashed());
      expect(attacker).to.be.at.most(0n);
      expect(attacker + victim, "no more than the slashes is lost").to.be.at.least(
        -50n - sum(slashes.map(({ args }) => args.fromBonded + args.fromUnbonding)),
      );
    });

    it("A17 exits that wait behind slashes which the bond bears do not make an honest operator unreadable for long", async () => {
      const world = await networkHelpers.loadFixture(deploySlow);
      const { allocator, metaPool, network, foundation, honest, alice, eve } = world;
      const { pool, address } = honest[0]!;
      const ledger = await openLedger(connection, [metaPool], { attacker: [eve], victim: [alice] });
      // One large exit, and as many small ones behind it as there are epochs.
      await metaPool.connect(alice).unstake(ether(20));
      await nextRound(world);
      await allocator.connect(eve).rebalance([down(1, ether(20))], PAGE);
      let [most, faulted] = [0, false];
      for (let epoch = 1; epoch <= 4 * LONGEST_UNBONDING; epoch += 1) {
        if (epoch % LONGEST_UNBONDING === LONGEST_UNBONDING - 1) await network.connect(foundation).slash(address, 1);
        await metaPool.connect(alice).unstake(PILED);
        await nextRound(world);
        await allocator.connect(eve).rebalance([down(1, PILED)], PAGE);
        most = Math.max(most, (await pool.exitsOf(allocator)).length);
        const position = await allocator.positionOf(1);
        faulted ||= position.faulted;
        expect(position.writtenDown).to.equal(false);
      }
      expect(most, "more than one unbonding time has").to.be.greaterThan(2 * LONGEST_UNBONDING);
      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.equal(0n);
      expect(victim, "the bond bears the slashes").to.be.at.least(-1_000n);
      expect(faulted, "they outgrew one stipend").to.equal(true);
      expect((await allocator.positionOf(1)).faulted).to.equal(false);
    });

    it("A17 legs in epochs in which nobody settles do not make an honest operator unreadable", async () => {
      const world = await networkHelpers.loadFixture(deployHonest);
      const { allocator, metaPool, honest, alice, eve } = world;
      await metaPool.connect(alice).unstake(ether(5));
      await nextRound(world);
      const ledger = await openLedger(connection, [metaPool], { attacker: [eve], victim: [alice] });
      for (let epoch = 0; epoch < 40; epoch += 1) {
        await allocator.connect(eve).rebalance([down(1, ether("0.1"))], PAGE);
        await networkHelpers.time.increase(EPOCH);
      }
      // Each leg folds what has matured of the ones before it.
      expect((await honest[0]!.pool.exitsOf(allocator)).length).to.be.at.most(4);
      for (let round = 0; round < 3; round += 1) {
        await nextRound(world);
        expect((await allocator.positionOf(1)).faults).to.equal(0n);
      }

      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.equal(0n);
      expect(victim).to.be.at.least(-50n);
    });

    it("A18 a thousand exits of a wei make nobody else's exit dearer or later", async () => {
      const world = await networkHelpers.loadFixture(deployHonest);
      const { metaPool, alice, eve } = world;
      const spam = await ethers.deployContract("PaidAccount");
      const party = { address: await spam.getAddress() };
      await networkHelpers.setBalance(party.address, ether(2));
      const target = await metaPool.getAddress();
      const encode = metaPool.interface.encodeFunctionData.bind(metaPool.interface) as (
        n: string,
        a?: unknown[],
      ) => string;
      const ledger = await openLedger(connection, [metaPool], { attacker: [eve, party], victim: [alice] });
      await spam.connect(eve).execute(target, ether(1), encode("deposit_and_stake"));
      for (let batch = 0; batch < 10; batch += 1) {
        await spam.connect(eve).repeat(target, 0n, encode("unstake", [1n]), 100n, PAGE);
        await nextRound(world);
      }
      const exit = await (await metaPool.connect(alice).unstake(ether("0.5"))).wait();
      await metaPool.connect(eve).deposit_and_stake({ value: ether(1) }); // what exits are paid of
      await nextRound(world);
      await metaPool.fundExits(10);
      const payment = await (await metaPool.connect(alice).withdraw(ether("0.5"))).wait();

      expect(exit!.gasUsed).to.be.at.most(120_000n);
      expect(payment!.gasUsed).to.be.at.most(200_000n);
      const { attacker, victim } = await ledger.changes();
      expect(attacker).to.be.within(-2_000n, 0n);
      expect(victim).to.be.at.least(-2n);
    });

    it("A19 a pool whose code is gone gets no money, and is a fault", async () => {
      const world = await networkHelpers.loadFixture(deployHonest);
      const { allocator, metaPool, registry, honest, foundation, alice, eve } = world;
      const { address } = honest[0]!;
      await metaPool.connect(alice).deposit_and_stake({ value: ether(20) });
      await nextRound(world);
      const ledger = await openLedger(connection, [metaPool], { attacker: [eve], victim: [alice] });
      await networkHelpers.setCode(address, "0x");

      await expect(allocator.connect(eve).rebalance([up(1, ether(5))], PAGE))
        .to.emit(allocator, "LegSkipped")
        .withArgs(1n, true, ether(5), ether(5), 3n);
      expect(await ethers.provider.getBalance(address)).to.equal(0n);
      expect(await ethers.provider.getBalance(allocator)).to.equal(0n);
      const { attacker, victim } = await ledger.changes();
      expect([attacker, victim]).to.deep.equal([0n, 0n]);
      await nextRound(world);
      expect((await allocator.positionOf(1)).faults).to.equal(1n);

      await registry.connect(foundation).whitelistPool(eve);
      const listed = registry.connect(await asNotice(world)).list(listingOf(eve.address));
      await expect(listed).to.be.revertedWithoutReason(ethers);
    });

    it("A20 no contract asks who is a person: neither tx.origin nor the size of a caller's code", async () => {
      for (const [file, text] of await sources()) {
        expect(text, file).not.to.match(/tx\.origin|extcodesize|\.code\.length|msg\.sender\.code/);
      }
    });

    for (const name of ["MetaPool", "StakingPool"] as const) {
      it(`A20 a contract that does at ${name} what an account does gets the same, to the wei`, async () => {
        const world = await networkHelpers.loadFixture(deployHonest);
        const { metaPool, allocator, network, foundation, honest, alice, bob } = world;
        const others = [alice, { address: await allocator.getAddress() }];
        const pool = name === "MetaPool" ? metaPool : honest[0]!.pool;
        const user = await ethers.deployContract("PoolUser");
        const encode = pool.interface.encodeFunctionData.bind(pool.interface) as (n: string, a?: unknown[]) => string;
        const pay = () => network.connect(foundation).reward([honest[0]!.address], [ether(1)], { value: ether(1) });
        await pay();
        await nextRound(world);
        const target = await pool.getAddress();
        const byAccount = (data: string, value = 0n) => bob.sendTransaction({ to: target, data, value });
        const byContract = (data: string, value = 0n) => user.connect(bob).execute(target, data, { value });

        const start = await networkHelpers.takeSnapshot();
        const results = [];
        for (const send of [byAccount, byContract]) {
          const party = [bob, { address: await user.getAddress() }];
          const ledger = await openLedger(connection, [pool], { attacker: party, victim: others });
          await send(encode("deposit_and_stake"), ether(7));
          await send(encode("deposit"), 3n);
          await pay();
          await nextRound(world);
          await send(encode("unstake", [ether(2)]));
          await nextRound(world);
          await settleAll(world);
          await networkHelpers.time.increase(8n * EPOCH);
          await pool.fundExits(10);
          await send(encode("withdraw_all"));
          await send(encode("unstake_all"));
          results.push(await ledger.changes());
          await start.restore();
        }

        expect(results[1]).to.deep.equal(results[0]);
        const { attacker, victim } = results[0]!;
        expect(attacker, "a share of the reward").to.be.within(ether("0.04"), ether("0.2"));
        expect(victim, "the others' share").to.be.greaterThan(attacker);
      });

      it(`A21 ether that is sent once buys once at ${name}, however often one transaction asks`, async () => {
        const { metaPool, allocator, honest, eve, alice } = await networkHelpers.loadFixture(deployHonest);
        const pool = name === "MetaPool" ? metaPool : honest[0]!.pool;
        const target = await pool.getAddress();
        const account = await ethers.deployContract("PaidAccount");
        const address = await account.getAddress();
        const others = [alice, { address: await allocator.getAddress() }];
        const ledger = await openLedger(connection, [pool], { attacker: [eve, { address }], victim: others });
        const encode = pool.interface.encodeFunctionData.bind(pool.interface) as (n: string, a?: unknown[]) => string;
        const payable: [string, unknown[]][] = [
          ["deposit", []],
          ["deposit_and_stake", []],
          ["stakeFor", [address, 0n, MAX_UINT256]],
        ];
        for (const [call, args] of payable) {
          const repeat = (value: bigint, times: bigint, sent: bigint) =>
            account.connect(eve).repeat(target, value, encode(call, args), times, { value: sent });
          const before = await pool.get_account_total_balance(address);
          await expect(repeat(0n, 3n, ether(1)), call).to.be.revertedWithCustomError(pool, "ZeroAmount");
          await expect(repeat(ether(1), 3n, ether(1)), call).to.be.revertedWithCustomError(
            account,
            "InsufficientBalance",
          );
          expect(await pool.get_account_total_balance(address)).to.equal(before);
          await repeat(ether(1), 3n, ether(3));
          expect(await pool.get_account_total_balance(address)).to.be.closeTo(before + ether(3), 5n);
        }
        const { attacker, victim } = await ledger.changes();
        expect(attacker).to.be.within(-10n, 0n);
        expect(victim).to.be.within(0n, 10n);
      });
    }

    it("A21 no payable multicall, and no delegatecall to anything but the code of a proxy", async () => {
      for (const [file, text] of await sources()) {
        expect(text, file).not.to.match(/function multicall|is [^{]*Multicall|delegatecall|functionDelegateCall/i);
      }
      const { metaPool, allocator, registry, honest } = await networkHelpers.loadFixture(deployHonest);
      for (const contract of [metaPool, allocator, registry, honest[0]!.pool]) {
        contract.interface.forEachFunction(({ name }) => {
          expect(name).not.to.match(/multicall|aggregate|executeBatch/i);
        });
      }
    });
  });
});
