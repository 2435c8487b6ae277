/**
 * The case studies of Lido's selection of validators on Kusama, from counters to stake: a committee reports them by quorum,
 * day after day, they are scored, and for the last two weeks rounds are settled, levels certified and legs sent.
 */
import { expect } from "chai";

import type { Counters } from "../../src/reports/types.ts";
import { buildReport } from "../../src/reports/pages.ts";
import { GATES } from "../../src/scoring/value.ts";
import {
  asNotice,
  deployWorld,
  EPOCH,
  ether,
  ethers,
  LOOSE,
  networkHelpers,
  NO_CAP,
  PAGE,
  settleAll,
  waitUntil,
  type World,
} from "../fixtures/allocator.ts";
import { createPool } from "../fixtures/operators.ts";
import { certifyFair, rebalanceAll } from "../fixtures/rounds.ts";
import { State } from "../fixtures/registry.ts";

const DAYS = 98;
const LIVE = 14;
const SLASHED_AT = 10;
const T = ether(1_000);
const DEPOSIT = ether(5); // every day of the last two weeks
const HOUR = 3_600n;
const STAKE = ether(200);
const NETWORK_STAKE = ether(1_000_000);
const TERMS = { weight: 10_000, minWeight: 0, maxWeight: 100_000 } as const;

/** Eight ordinary operators, then those of the case studies; the star of a is listed two weeks before the end. */
const BASE = [1, 2, 3, 4, 5, 6, 7, 8] as const;
const [B, C, D, A] = [9, 10, 11, 12] as const;

/** What an operator that earns `apr` percent a year reports of a day. */
function day(apr: number, changes: Partial<Counters> = {}): Counters {
  return {
    assigned: 1_000n,
    done: 1_000n,
    active: true,
    commissionBps: 500n,
    stake: STAKE,
    external_: STAKE / 2n,
    reward: (STAKE * BigInt(apr)) / (100n * 365n),
    slashed: 0n,
    ...changes,
  };
}

const IDLE = day(0, { active: false, assigned: 0n, done: 0n });

/** What everybody reports of the day that is `age` days before the last. */
function reportOf(age: number): Counters[] {
  const b = age < 7 ? 20 : age < 91 ? 32 : 25; // average last week, very good for the twelve weeks before
  const c = age < 30 ? 45 : 25; // very good last month, but slashed once
  const slash = age === SLASHED_AT ? { slashed: STAKE / 100n } : {};
  const d = age % 28 === 0 ? day(60) : IDLE; // very good, but elected one day in 28
  const actors = [day(b), day(c, slash), d];
  if (age < LIVE) actors.push(day(40)); // a star, for two weeks
  return [...BASE.map(() => day(25)), ...actors];
}

async function positionOf({ allocator }: World, id: number): Promise<bigint> {
  return (await allocator.positionOf(id)).position;
}

/** Three members vote for what happened in `epoch`, which has ended; somebody delivers it, and somebody scores it. */
async function reportAndScore({ reportOracle, committee, scores }: World, epoch: bigint, operators: Counters[]) {
  const { report, pages } = buildReport(epoch, ethers.id("block"), {
    refBlock: 1n,
    networkStake: NETWORK_STAKE,
    operators,
  });
  for (const member of committee.slice(0, 3)) await reportOracle.connect(member).vote(report);
  for (const { page, counters, proof } of pages) await reportOracle.deliver(epoch, page, [...counters], [...proof]);
  await scores.score(100, PAGE);
}

/** Lists the star, as everybody who comes after the handover: it ramps. */
async function listStar(world: World): Promise<void> {
  const { registry, factory, others } = world;
  const pool = await createPool(world, others[7]!, { bond: ether(5) });
  await registry.connect(await asNotice(world)).list({ ...TERMS, pool, factory, absoluteCap: NO_CAP, groups: 0 });
}

async function playCases() {
  const world = await deployWorld({
    honest: [...BASE, B, C, D].map(() => ({ ...TERMS, bond: ether(5) })),
    stake: T,
    parameters: {
      allocator: LOOSE,
      devNetwork: { unbondingEpochs: 1 },
      policy: { poolShareBps: 2_000, guardianShareBps: 2_000 },
    },
  });
  const { allocator, metaPool, network, foundation, honest, alice } = world;
  const first = await allocator.currentEpoch();
  let beforeSlash = 0n;
  for (let passed = 0; passed < DAYS; passed += 1) {
    const age = DAYS - 1 - passed;
    if (age === LIVE - 1) await listStar(world);
    if (age === SLASHED_AT) {
      beforeSlash = await positionOf(world, C);
      await network.connect(foundation).slash(honest[C - 1]!.pool, 100);
    }
    const epoch = first + BigInt(passed);
    await waitUntil(world, (epoch + 1n) * EPOCH + HOUR);
    await reportAndScore(world, epoch, reportOf(age));
    if (age >= LIVE) continue;
    await metaPool.connect(alice).deposit_and_stake({ value: DEPOSIT });
    await settleAll(world);
    expect(await certifyFair(world)).to.equal(true);
    await rebalanceAll(world);
  }
  const stakes = await Promise.all(Array.from({ length: A }, (_, index) => positionOf(world, index + 1)));
  const stakeOf = (id: number) => stakes[id - 1]!;
  const ordinary = stakes.slice(0, BASE.length);
  const least = ordinary.reduce((low, each) => (each < low ? each : low));
  const most = ordinary.reduce((high, each) => (each > high ? each : high));
  return { ...world, stakeOf, least, most, beforeSlash };
}

describe("Scores", () => {
  describe("case studies", function () {
    this.timeout(600_000);
    const load = () => networkHelpers.loadFixture(playCases);

    it("give eight ordinary operators the same target, and each a tenth of the pool", async () => {
      const { allocator, least, most } = await load();
      const { total } = await allocator.poolSnapshot();
      const target = await allocator.targetOf(1);

      for (const id of BASE) expect(await allocator.targetOf(id)).to.equal(target);
      expect(least).to.be.within((total * 9n) / 100n, total / 10n);
      expect(most).to.be.within((total * 10n) / 100n, (total * 11n) / 100n);
    });

    it("a: a star of two weeks has less than who is established: not its score, its ramp bounds it", async () => {
      const { stakeOf, least, registry, allocator } = await load();
      const star = await registry.operator(A);
      const ramp = await allocator.rampOf(A);

      expect(star.state).to.equal(State.ramping);
      expect(star.weight).to.be.greaterThan((await registry.operator(1)).weight);
      expect(stakeOf(A)).to.be.within((ramp * 99n) / 100n, ramp);
      expect(stakeOf(A)).to.be.within(1n, least / 2n);
    });

    it("b: very good for three months has more than ordinary, for all of an average last week", async () => {
      const { stakeOf, most, scores } = await load();
      const { yieldWeek, yieldYear } = await scores.averagesOf(B);
      const { yieldWeek: ordinary } = await scores.averagesOf(1);

      expect(yieldWeek).to.be.below(ordinary);
      expect(yieldYear).to.be.greaterThan(ordinary);
      expect(stakeOf(B)).to.be.greaterThan((most * 13n) / 10n);
    });

    it("c: a slash takes all stake from who earned most, and it earns none back", async () => {
      const { stakeOf, beforeSlash, registry, scores, allocator } = await load();

      expect(beforeSlash).to.be.greaterThan(ether(150));
      expect((await registry.operator(C)).state).to.equal(State.draining);
      expect([stakeOf(C), (await allocator.positionOf(C)).unbonding]).to.deep.equal([0n, 0n]);
      expect((await scores.scoreOf(C)).gates & GATES.slashed).to.equal(GATES.slashed);
    });

    it("d: who is elected one day in 28 has hardly anything, on the day that it is elected, too", async () => {
      const { stakeOf, least, scores } = await load();

      expect((await scores.scoreOf(D)).gates).to.equal(0n);
      expect(stakeOf(D)).to.be.below(least / 1_000n);
    });
  });
});
