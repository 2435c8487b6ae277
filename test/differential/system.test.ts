import { expect } from "chai";
import { network as hardhat } from "hardhat";

import { NO_CAP, NO_SHARE } from "../../rocketh/parameters.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import * as allocation from "../../src/model/allocator.ts";
import * as book from "../../src/model/book.ts";
import * as exits from "../../src/model/exits.ts";
import * as legs from "../../src/model/legs.ts";
import * as metaPool from "../../src/model/metaPool.ts";
import * as network from "../../src/model/network.ts";
import { honestPool, type OperatorPool, syncedCopy } from "../../src/model/operators.ts";
import * as staking from "../../src/model/stakingPool.ts";
import { deployTrellis } from "../fixtures/deployment.ts";
import { createGroups, createOperators } from "../fixtures/operators.ts";
import { PAGE } from "../fixtures/rounds.ts";
import { Random } from "./random.ts";
import { both, choose, expectSame, play, SEED } from "./sequences.ts";

const connection = await hardhat.create();
const { ethers, networkHelpers } = connection;

const IS_DEEP = process.env.TRELLIS_DEEP === "1";
const PER_SEQUENCE = IS_DEEP ? 300 : 130;
/** The second one writes an operator down and sees it recover. */
const SEEDS = IS_DEEP ? Array.from({ length: 20 }, (_, index) => SEED * 1000 + index) : [SEED * 1000, 7001];
const DAY = 86_400n;
const NO_LEVEL = 2n ** 160n - 1n;
const EVERYTHING = 2n ** 128n - 1n;
const STATES = ["None", "Ramping", "Active", "Draining", "Delisted", "Removed"] as const;

const POLICY = { poolShareBps: 2500, netShareBps: 6000, bondRatio: 20 };
const RULES = {
  graceBps: 500,
  bandBps: 1000,
  budget0Bps: 3000,
  budget2Bps: 500,
  maxLossBps: 3000,
  maxGainBps: 100,
  minMove: 10n ** 16n,
};
const GROUPS = [
  { dimension: 1, poolShareBps: 4000 },
  { dimension: 1, poolShareBps: 3500, netShareBps: 5000 },
  { dimension: 2, poolShareBps: 6000 },
  { dimension: 2, absoluteCap: 400n * 10n ** 18n },
  { dimension: 2 },
];
const OPERATORS = [
  { groups: [1, 3], weight: 100, bond: 8 },
  { groups: [1, 4], weight: 200, bond: 8 },
  { groups: [1, 5], weight: 100, bond: 3 },
  { groups: [2, 3], weight: 300, bond: 20 },
  { groups: [2, 4], weight: 100, bond: 20, absoluteCap: 50n * 10n ** 18n },
  { groups: [2, 5], weight: 50, bond: 9 },
  { groups: [0, 3], weight: 150, bond: 9 },
  { groups: [], weight: 100, bond: 9 },
];

const WEIGHTS = {
  stake: 5,
  unstake: 5,
  unstakeAll: 1,
  unstakeInstant: 2,
  withdrawAll: 3,
  fundExits: 3,
  day: 9,
  page: 12,
  settleOne: 5,
  certify: 8,
  legs: 22,
  reward: 7,
  slash: 4,
  stakeThere: 3,
  unstakeThere: 2,
  bond: 3,
  unbond: 1,
  kill: 1,
  revive: 1,
  drain: 1,
  reinstate: 2,
  delist: 1,
  remove: 2,
  reclaim: 1,
  watch: 1,
  clearWatch: 2,
  cap: 2,
  weight: 2,
  groups: 1,
  groupCap: 2,
  clear: 1,
  whitelist: 1,
} as const;

const ether = (amount: number) => ethers.parseEther(amount.toString());

async function deploy() {
  const trellis = await deployTrellis(connection, {
    handover: false,
    parameters: {
      policy: POLICY,
      allocator: RULES,
      pool: { bufferTargetBps: 100 },
      devNetwork: { unbondingEpochs: 3 },
    },
  });
  await createGroups(trellis, GROUPS);
  const operators = await createOperators(
    trellis,
    OPERATORS.map(({ bond, ...operator }) => ({ ...operator, bond: ether(bond), commissionBps: 1000 })),
  );
  const notice = await ethers.getImpersonatedSigner(await trellis.notice.getAddress());
  await networkHelpers.setBalance(notice.address, ether(1_000_000));
  const allocator = await trellis.allocator.getAddress();
  const codes = await Promise.all(operators.map(({ address }) => ethers.provider.getCode(address)));
  return { trellis, operators, notice, allocator, codes };
}

describe("differential: the deployed system", function () {
  this.timeout(IS_DEEP ? 7_200_000 : 300_000);

  for (const seed of SEEDS) {
    it(`does what the model does, wei by wei (seed ${seed.toString()})`, async () => {
      const { trellis, operators, notice, allocator: account, codes } = await networkHelpers.loadFixture(deploy);
      const { metaPool: pool, allocator, registry, network: chain, factory, foundation, treasury } = trellis;
      const users = trellis.others.slice(-3);
      const everyone = [...users.map(({ address }) => address), treasury.address];
      const stranger = trellis.others.at(-4)!;
      const random = new Random(seed);
      let time = BigInt(await networkHelpers.time.latest());

      // The model of what was deployed.
      const seedOf = await factory.SEED();
      const poolSeed = (await pool.getBook()).supply;
      const modelNetwork = network.newNetwork(await chain.unbondingTime());
      const modelPools = operators.map(({ address, owner }, index) => {
        const made = staking.newStakingPool(
          modelNetwork,
          { name: address, owner: owner.address, commissionBps: 1000n, epochLength: DAY },
          seedOf,
        );
        staking.addBond(made, modelNetwork, time, ether(OPERATORS[index]!.bond));
        return made;
      });
      const state = book.newBook(
        { feeBps: 500n, bufferTargetBps: 100n, assetCap: undefined, treasury: treasury.address, epochLength: DAY },
        poolSeed,
      );
      const model = allocation.newAllocator(state, {
        parameters: Object.fromEntries(
          Object.entries(RULES).map(([name, value]) => [name, BigInt(value)]),
        ) as unknown as allocation.Parameters,
        policy: { poolShareBps: 2500n, netShareBps: 6000n, bondRatio: 20n },
        groups: GROUPS.map((group, index) => ({
          id: BigInt(index + 1),
          ...(group.poolShareBps === undefined ? {} : { poolShareBps: BigInt(group.poolShareBps) }),
          ...(group.netShareBps === undefined ? {} : { netShareBps: BigInt(group.netShareBps) }),
          ...(group.absoluteCap === undefined ? {} : { absoluteCap: group.absoluteCap }),
        })),
        networkStake: () => network.totalStake(modelNetwork),
      });
      model.lastRoundEpoch = time / DAY;
      const isDead = operators.map(() => false);
      modelPools.forEach((made, index) => {
        const honest = honestPool(made, modelNetwork, account);
        const alive =
          <Args extends unknown[], Result>(call: (...args: Args) => Result) =>
          (...args: Args): Result => {
            if (isDead[index]) throw new Error("dead");
            return call(...args);
          };
        const wrapped: OperatorPool = {
          ...honest,
          collect: alive(honest.collect),
          peek: alive(honest.peek),
          peekBond: alive(honest.peekBond),
          push: alive(honest.push),
          pull: alive(honest.pull),
        };
        const spec = OPERATORS[index]!;
        allocation.list(model, wrapped, {
          weight: BigInt(spec.weight),
          groups: spec.groups.filter((group) => group !== 0).map(BigInt),
          ...(spec.absoluteCap === undefined ? {} : { absoluteCap: spec.absoluteCap }),
        });
      });

      const settled = () => model.round === 0n && model.snapshot !== undefined;

      const views = async () => {
        const [view, fundedThrough, filling, committed, unbonding, open, live, need] = await Promise.all([
          pool.getBook(),
          pool.fundedThrough(),
          pool.fillingBatch(),
          allocator.committed(),
          allocator.unbonding(),
          allocator.openRound(),
          allocator.liveTotals(),
          allocator.liveNeed(),
        ]);
        const accounts = await Promise.all(
          everyone.map(async (address) => [
            await pool.balanceOf(address),
            await pool.get_account_unstaked_balance(address),
            await pool.withdrawable(address),
          ]),
        );
        const held = await Promise.all(
          operators.map(async ({ id, address, pool: own }, index) => {
            const [at, record, listed, bonded, returning] = await Promise.all([
              allocator.positionOf(id),
              allocator.recordOf(id),
              registry.operator(id),
              chain.stakeOf(address),
              chain.unbondingOf(address),
            ]);
            const there = isDead[index]
              ? []
              : [
                  await own.get_account_staked_balance(account),
                  await own.get_account_unstaked_balance(account),
                  await own.get_total_staked_balance(),
                  await own.bond(),
                ];
            return {
              position: at.position,
              unbonding: at.unbonding,
              faults: Number(at.faults),
              faulted: at.faulted,
              writtenDown: at.writtenDown,
              lossSince: record.lossSince,
              due: record.dueAmount,
              dueAt: record.dueAmount === 0n ? 0n : record.dueAt,
              factor: record.factor,
              lost: record.lost,
              state: STATES[Number(listed.state)],
              watch: listed.watch,
              bonded,
              returning,
              there,
            };
          }),
        );
        const result = {
          buffer: view.buffer,
          delegated: view.delegated,
          owed: view.owed,
          funded: view.funded,
          locked: view.locked,
          roundGain: view.roundGain,
          assets: view.assets,
          supply: view.supply,
          dilution: view.dilution,
          highWater: view.highWater,
          closed: view.closed,
          fundedThrough,
          filling,
          committed,
          unbonding,
          isOpen: open.round !== 0n,
          live: [live.total, live.faultedStake, live.networkStake, need],
          balance: await ethers.provider.getBalance(pool),
          accounts,
          held,
        };
        if (!settled()) return result;
        const [snapshot, rooms, budgets] = await Promise.all([
          allocator.poolSnapshot(),
          allocator.roomsOf(1n, 100n, PAGE),
          allocator.budgetsUsed(),
        ]);
        const groups = await Promise.all(
          [0n, ...model.groups.map(({ id }) => id)].map(async (id) => {
            const { level, cap, position, others, faulted, weight } = await allocator.groupSnapshot(id);
            return { level, cap, position, others, faulted, weight };
          }),
        );
        return {
          ...result,
          snapshot: [
            snapshot.total,
            snapshot.faultedStake,
            snapshot.networkStake,
            snapshot.need,
            snapshot.healthy,
            snapshot.certified,
          ],
          budgets: [budgets.class0, budgets.class2],
          groups,
          rooms: rooms.map((room) => ({
            target: room.target,
            cap: room.cap,
            increaseCap: room.increaseCap,
            violationCap: room.violationCap,
            up: room.up,
            down: [...room.down],
          })),
        };
      };

      const modelled = () => {
        const live = allocation.liveOf(model, time);
        const result = {
          buffer: book.bufferOf(state),
          delegated: state.delegated,
          owed: state.exits.owed,
          funded: state.exits.funded,
          locked: book.lockedAt(state, time),
          roundGain: state.roundGain,
          assets: book.assetsAt(state, time),
          supply: book.supplyOf(state),
          dilution: state.dilution,
          highWater: state.highWater,
          closed: state.closed,
          fundedThrough: exits.fundedThrough(state.exits),
          filling: state.exits.filling,
          committed: allocation.committed(model),
          unbonding: allocation.unbonding(model),
          isOpen: model.round !== 0n,
          live: [live.total, live.withFaulted - live.total, live.network, live.need],
          balance: state.balance,
          accounts: everyone.map((address) => [
            book.accountOf(state, address).shares,
            metaPool.unstakedBalance(state, address),
            metaPool.withdrawable(state, address),
          ]),
          held: model.operators.map((operator, index) => {
            const made = modelPools[index]!;
            const synced = syncedCopy(made, modelNetwork, time);
            return {
              position: operator.position,
              unbonding: operator.unbonding,
              faults: operator.faults,
              faulted: operator.faulted,
              writtenDown: operator.writtenDown,
              lossSince: operator.lossSince,
              due: operator.due?.amount ?? 0n,
              dueAt: operator.due?.at ?? 0n,
              factor: operator.factor,
              lost: operator.lost,
              state: operator.state,
              watch: operator.watch,
              bonded: network.stakeAt(modelNetwork, made.name).bonded,
              returning: network.unbondingOf(modelNetwork, made.name),
              there: isDead[index]
                ? []
                : [
                    staking.stakedBalance(synced, account),
                    staking.unstakedBalance(synced, account),
                    synced.equity,
                    staking.bondOf(synced),
                  ],
            };
          }),
        };
        const { snapshot } = model;
        if (!settled() || snapshot === undefined) return result;
        const sumOf = (id: bigint, of: (operator: (typeof model.operators)[number]) => bigint) =>
          allocation.membersOf(model, id).reduce((total, operator) => total + of(operator), 0n);
        return {
          ...result,
          snapshot: [
            snapshot.total,
            snapshot.withFaulted - snapshot.total,
            snapshot.network,
            snapshot.need,
            snapshot.healthy,
            snapshot.certified,
          ],
          budgets: [model.class0Taken, allocation.class2Used(model)],
          groups: [0n, ...model.groups.map(({ id }) => id)].map((id) => ({
            level: snapshot.levels.get(id) ?? NO_LEVEL,
            cap: snapshot.caps.get(id) ?? NO_CAP,
            position: allocation.groupPositionOf(model, id),
            others: sumOf(id, (operator) => operator.snapshot.others),
            faulted: sumOf(id, (operator) => operator.snapshot.faulted),
            weight: allocation.groupWeightOf(model, id),
          })),
          rooms: model.operators.map((operator) => {
            const { charged } = legs.splitDown(model, time, operator, EVERYTHING, live);
            return {
              target: legs.targetOf(model, operator),
              cap: allocation.capOf(model, operator),
              increaseCap: allocation.increaseCapOf(model, time, operator, live),
              violationCap: allocation.violationCapOf(model, operator, live) ?? NO_CAP,
              up: operator.faulted ? 0n : legs.roomUp(model, time, operator, live),
              down: operator.faulted ? [0n, 0n, 0n] : [charged[0], charged[1], charged[2]],
            };
          }),
        };
      };

      const sheet = (): legs.Level[] => {
        const { snapshot } = model;
        if (snapshot === undefined) return [];
        if (random.below(5) === 0) return [...snapshot.levels].map(([group, level]) => ({ group, level }));
        const fair = fairAllocation({
          total: snapshot.total,
          operators: model.operators.map((operator) => ({
            weight: operator.snapshot.weight,
            cap: allocation.capOf(model, operator),
            groups: operator.snapshot.groups.map(Number),
          })),
          groups: model.groups.map(({ id }) => ({ id: Number(id), cap: snapshot.caps.get(id) ?? null })),
        });
        const levels = fair.sheet.map(({ group, level }) => ({ group: BigInt(group), level }));
        if (random.below(6) === 0 && levels[0] !== undefined) levels[0].level += ether(1);
        return levels;
      };

      const step = async () => {
        const name = choose(random, WEIGHTS);
        const caller = random.pick(users);
        const who = caller.address;
        const index = random.below(operators.length);
        const { id, pool: own, owner, address } = operators[index]!;
        const operator = model.operators[index]!;
        const made = modelPools[index]!;
        time += BigInt(random.below(900) + 1);
        if (name === "day") time = (time / DAY + 1n) * DAY + BigInt(random.below(7200));
        await networkHelpers.time.setNextBlockTimestamp(time);
        const user = pool.connect(caller);
        const asKeeper = allocator.connect(stranger);
        const asNotice = registry.connect(notice);
        const contracts = [pool.interface, allocator.interface, registry.interface, own.interface];
        const run = (act: () => void, send: Parameters<typeof both>[1], detail = "") =>
          both(act, send, contracts).then(
            (result) => `${name} ${id.toString()} ${detail} at ${time.toString()} ${result}`,
          );
        const skip = async () => {
          await networkHelpers.mine();
          return `${name} skipped`;
        };
        const settle = (page: number) =>
          run(
            () => {
              allocation.settle(model, time, page);
            },
            () => asKeeper.settle(page, PAGE),
            page.toString(),
          );
        let amount = random.amount(ether(150));
        switch (name) {
          case "stake":
            return run(
              () => {
                metaPool.depositAndStake(state, time, who, amount);
              },
              () => user.deposit_and_stake({ value: amount, ...PAGE }),
              amount.toString(),
            );
          case "unstake":
            amount = random.amount(metaPool.stakedBalance(state, time, who) / 4n);
            return run(
              () => {
                metaPool.unstake(state, time, who, amount);
              },
              () => user.unstake(amount, PAGE),
              amount.toString(),
            );
          case "unstakeAll":
            return run(
              () => {
                metaPool.unstakeAll(state, time, who);
              },
              () => user.unstake_all(PAGE),
            );
          case "unstakeInstant":
            amount = random.amount(book.accountOf(state, who).shares / 100n);
            return run(
              () => {
                metaPool.unstakeInstant(state, time, who, amount);
              },
              () => user.unstakeInstant(amount, 0n, who, PAGE),
              amount.toString(),
            );
          case "withdrawAll":
            return run(
              () => {
                metaPool.withdrawAll(state, who);
              },
              () => user.withdraw_all(PAGE),
            );
          case "fundExits":
            return run(
              () => {
                metaPool.fundExits(state, 3);
              },
              () => user.fundExits(3, PAGE),
            );
          case "day":
            return settle(random.below(3) === 0 ? random.below(8) : 100);
          case "page":
            return settle(random.below(9));
          case "settleOne":
            return run(
              () => {
                allocation.settleOne(model, time, id);
              },
              () => asKeeper.settleOne(id, PAGE),
            );
          case "certify": {
            const levels = sheet();
            return run(
              () => {
                legs.certifyLevels(model, levels);
              },
              () => asKeeper.certifyLevels(levels, 100n, PAGE),
              `${levels.length.toString()} levels`,
            );
          }
          case "legs": {
            const isUp = random.below(2) === 0;
            const list = Array.from({ length: 1 + random.below(6) }, () => ({
              operator: BigInt(1 + random.below(operators.length)),
              amount: random.below(3) === 0 ? ether(100_000) : random.amount(ether(40)),
              up: random.below(4) === 0 ? !isUp : isUp,
            }));
            let expected: bigint[] = [];
            const actual: bigint[] = [];
            const done = await run(
              () => {
                expected = legs.rebalance(model, time, list);
              },
              async () => {
                const sent = await asKeeper.rebalance(list, PAGE);
                for (const log of (await sent.wait())!.logs) {
                  const parsed = log.address === account ? allocator.interface.parseLog(log) : null;
                  if (parsed?.name === "Moved") actual.push(parsed.args.moved as bigint);
                  if (parsed?.name === "LegSkipped") actual.push(0n);
                }
                return sent;
              },
              list.map((leg) => `${leg.up ? "+" : "−"}${leg.operator.toString()}:${leg.amount.toString()}`).join(" "),
            );
            if (actual.length > 0) expectSame(actual, expected, done);
            return done;
          }
          case "reward":
            amount = random.amount(network.stakeAt(modelNetwork, address).bonded / 200n);
            return run(
              () => {
                network.reward(modelNetwork, address, amount);
              },
              () => chain.connect(foundation).reward([address], [amount], { value: amount }),
              amount.toString(),
            );
          case "slash": {
            const bps = BigInt(1 + random.below(random.below(4) === 0 ? 6000 : 400));
            return run(
              () => {
                network.slash(modelNetwork, address, bps);
              },
              () => chain.connect(foundation).slash(address, bps),
              bps.toString(),
            );
          }
          case "stakeThere":
            if (isDead[index]) return skip();
            amount /= 10n;
            return run(
              () => {
                staking.depositAndStake(made, modelNetwork, time, who, amount);
              },
              () => own.connect(caller).deposit_and_stake({ value: amount, ...PAGE }),
              amount.toString(),
            );
          case "unstakeThere":
            if (isDead[index]) return skip();
            return run(
              () => {
                staking.unstakeAll(made, modelNetwork, time, who);
              },
              () => own.connect(caller).unstake_all(PAGE),
            );
          case "bond":
            if (isDead[index]) return skip();
            amount /= 50n;
            return run(
              () => {
                staking.addBond(made, modelNetwork, time, amount);
              },
              () => own.connect(owner).addBond({ value: amount, ...PAGE }),
              amount.toString(),
            );
          case "unbond": {
            if (isDead[index]) return skip();
            const ready = made.bondWithdrawal;
            amount = made.bondShares / 3n;
            return ready !== undefined && time >= ready.readyAt
              ? run(
                  () => {
                    staking.finishBondWithdrawal(made, modelNetwork, time);
                  },
                  () => own.connect(owner).finishBondWithdrawal(PAGE),
                )
              : run(
                  () => {
                    staking.requestBondWithdrawal(made, modelNetwork, time, amount);
                  },
                  () => own.connect(owner).requestBondWithdrawal(amount, PAGE),
                );
          }
          case "kill":
          case "revive": {
            // A dead pool has no code: every call fails.
            const target = name === "kill" ? index : isDead.indexOf(true);
            if (target < 0) return skip();
            isDead[target] = name === "kill";
            await networkHelpers.setCode(operators[target]!.address, isDead[target] ? "0x" : codes[target]!);
            await networkHelpers.mine();
            return `${name} ${(target + 1).toString()} done`;
          }
          case "drain":
            if (operator.state !== "Active") return skip();
            return run(
              () => {
                operator.state = "Draining";
              },
              () => asNotice.drain(id),
            );
          case "reinstate":
            if (operator.state !== "Draining" || model.round !== 0n) return skip();
            return run(
              () => {
                operator.state = "Active";
              },
              () => asNotice.reinstate(id),
            );
          case "delist":
            if (index < 6 || !["Active", "Draining"].includes(operator.state)) return skip();
            return run(
              () => {
                operator.state = "Delisted";
              },
              () => asNotice.delist(id),
            );
          case "remove": {
            const gone = model.operators.find(
              (one) =>
                one.state === "Delisted" && (one.writtenDown || allocation.heldAt(one) === 0n) && model.round === 0n,
            );
            if (gone === undefined) return skip();
            return run(
              () => {
                gone.state = "Removed";
              },
              () => asNotice.remove(gone.id),
            );
          }
          case "reclaim": {
            const gone = model.operators.find((one) => one.state === "Removed" && !isDead[Number(one.id) - 1]);
            if (gone === undefined) return skip();
            return run(
              () => {
                allocation.reclaim(model, time, gone.id);
              },
              () => asKeeper.reclaim(gone.id, PAGE),
            );
          }
          case "watch":
            if (operator.state === "Removed") return skip();
            return run(
              () => {
                operator.watch = true;
              },
              () => asNotice.watch(id),
            );
          case "clearWatch": {
            const watched = model.operators.find((one) => one.watch && one.state !== "Removed");
            if (watched === undefined || watched.state === "Delisted") return skip();
            return run(
              () => {
                watched.watch = false;
              },
              () => asNotice.clearWatch(watched.id),
            );
          }
          case "cap": {
            if (operator.state === "Removed" || operator.state === "Delisted") return skip();
            const cap = random.below(2) === 0 ? undefined : operator.position / 2n + random.amount(ether(60));
            return run(
              () => {
                operator.absoluteCap = cap;
              },
              () => asNotice.setAbsoluteCap(id, cap ?? NO_CAP),
            );
          }
          case "weight": {
            if (operator.state === "Removed" || operator.state === "Delisted") return skip();
            const weight = random.below(400);
            return run(
              () => {
                operator.weight = BigInt(weight);
              },
              () => asNotice.setWeightBounds(id, weight, weight),
              weight.toString(),
            );
          }
          case "groups": {
            if (operator.state === "Removed" || operator.state === "Delisted") return skip();
            const chosen = [random.below(3), random.pick([0, 3, 4, 5])];
            return run(
              () => {
                operator.groups = chosen.filter((group) => group !== 0).map(BigInt);
              },
              () => asNotice.setGroups(id, BigInt(chosen[0]! + 256 * chosen[1]!)),
              chosen.toString(),
            );
          }
          case "groupCap": {
            const group = random.pick(model.groups);
            const share = random.below(3) === 0 ? undefined : 2000 + random.below(5000);
            const { dimension } = GROUPS[Number(group.id) - 1]!;
            return run(
              () => {
                for (const key of ["poolShareBps", "netShareBps", "absoluteCap"] as const)
                  Reflect.deleteProperty(group, key);
                if (share !== undefined) group.poolShareBps = BigInt(share);
              },
              () =>
                asNotice.setGroup(group.id, {
                  dimension,
                  poolShareBps: share ?? NO_SHARE,
                  netShareBps: NO_SHARE,
                  absoluteCap: NO_CAP,
                }),
              `${group.id.toString()} ${share?.toString() ?? "none"}`,
            );
          }
          case "clear": {
            const down = model.operators.find((one) => one.factor > 0n);
            if (down === undefined || random.below(3) !== 0) return skip();
            return run(
              () => {
                allocation.clearWriteDown(model, time, down.id);
              },
              () => allocator.connect(notice).clearWriteDown(down.id),
            );
          }
          case "whitelist":
            if (random.below(4) !== 0) return skip();
            return run(
              () => {
                operator.whitelisted = false;
              },
              () => asNotice.unwhitelistPool(address),
            );
        }
      };

      for (const [index, user] of users.entries()) {
        time += 10n;
        await networkHelpers.time.setNextBlockTimestamp(time);
        metaPool.depositAndStake(state, time, user.address, ether(100 * (index + 1)));
        await pool.connect(user).deposit_and_stake({ value: ether(100 * (index + 1)) });
      }
      const counts = await play(seed, PER_SEQUENCE, async () => {
        const done = await step();
        expectSame(await views(), modelled(), done);
        return done;
      });
      expect(counts.size).to.be.greaterThan(20);
    });
  }
});
