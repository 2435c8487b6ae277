import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { FunctionFragment } from "ethers";

import {
  asNotice,
  deployWorld,
  ethers,
  impersonated,
  networkHelpers,
  nextEpoch,
  NO_CAP,
} from "../fixtures/allocator.ts";
import { nextRound, NO_SHARE, PAGE } from "../fixtures/allocator.ts";
import { listNewcomer } from "../fixtures/newcomers.ts";
import { type Caller, OF_NO_OPERATOR, type StateName, STATES, type Trigger, TRIGGERS } from "./states.ts";

/** As in IOperatorRegistry.State. */
const ENUM = ["None", "Ramping", "Active", "Draining", "Delisted", "Removed"];
/** An event of the registry, or an error of it, with its arguments. */
type Said = readonly [name: string, ...args: (bigint | boolean | string)[]];

interface Subject {
  readonly id: bigint;
  readonly pool: string;
}

type World = Awaited<ReturnType<typeof deployStates>>;

/** One operator in each state, without stake; a whole round has passed since the drains. */
async function deployStates() {
  const world = await deployWorld({ hostile: 5, groups: [{ dimension: 1 }] });
  const { registry, guardian, scorer, foundation } = world;
  const callers: Record<Caller, HardhatEthersSigner> = {
    notice: await asNotice(world),
    guardian,
    scorer,
    foundation,
    allocator: await impersonated(await world.allocator.getAddress()),
    stranger: world.eve,
  };
  const listed = await Promise.all(
    world.hostile.map(async (pool, index) => ({ id: BigInt(index + 1), pool: await pool.getAddress() })),
  );
  const newcomers: Subject[] = [];
  for (let count = 0; count < 3; count += 1) {
    const { id, pool } = await listNewcomer(world);
    newcomers.push({ id, pool: await pool.getAddress() });
  }
  const candidate = await ethers.deployContract("HostilePool");
  await registry.connect(foundation).whitelistPool(candidate);
  const [active, byGuardian, byReport, delisted, removed] = listed as [Subject, Subject, Subject, Subject, Subject];
  const [ramping, rampedByGuardian, rampedByReport] = newcomers as [Subject, Subject, Subject];
  for (const { id } of [byGuardian, rampedByGuardian]) await registry.connect(guardian).drain(id);
  for (const { id } of [byReport, rampedByReport]) await registry.connect(scorer).drainByReport(id);
  for (const { id } of [delisted, removed]) await registry.connect(guardian).delist(id);
  await registry.remove(removed.id);
  await nextRound(world);

  const subjects: Record<StateName, Subject> = {
    None: { id: 9n, pool: await candidate.getAddress() },
    Ramping: ramping,
    Active: active,
    "Draining by guardian, was Ramping": rampedByGuardian,
    "Draining by guardian, was Active": byGuardian,
    "Draining by report, was Ramping": rampedByReport,
    "Draining by report, was Active": byReport,
    Delisted: delisted,
    Removed: removed,
  };
  return { ...world, callers, subjects };
}

/** The same with both watches on everybody. */
async function deployWatched() {
  const world = await deployStates();
  const { registry, callers, subjects } = world;
  for (const { id } of STATES.slice(1).map((state) => subjects[state])) {
    await registry.connect(callers.guardian).watch(id);
    await registry.connect(callers.scorer).watchByReport(id);
  }
  return world;
}

async function deployInRound() {
  const world = await deployStates();
  await nextEpoch(world);
  await world.allocator.settle(1, PAGE);
  return { ...world, round: (await world.allocator.openRound()).round };
}

/** Arguments with which each trigger would change something of an operator. */
async function argumentsOf({ registry }: World, name: string, { id, pool }: Subject): Promise<readonly unknown[]> {
  switch (name) {
    case "list":
      return [[pool, ethers.ZeroAddress, 100n, 0n, 1_000n, NO_CAP, 0n]];
    case "setWeights":
      return [[id], [110n]];
    case "setWeightBounds":
      return [id, 0n, 50n];
    case "setAbsoluteCap":
    case "lowerAbsoluteCap":
      return [id, 7n];
    case "setGroups":
      return [id, 1n];
    case "setGroup":
      return [(await registry.groupCount()) + 1n, [5n, 500n, NO_SHARE, NO_CAP]];
    case "lowerGroupCaps":
      return [1n, 500n, NO_SHARE, NO_CAP];
    case "setTenureGroup":
      return [0n];
    case "setDimensionMode":
      return [1n, 2n];
    case "setPolicy":
      return [[100n, 100n, 0n, 0n]];
    case "whitelistPool":
    case "unwhitelistPool":
      return [pool];
    case "setFactoryWhitelisted":
      return [pool, false];
    case "setLongestUnbonding":
      return [1n];
    default:
      return [id];
  }
}

function stateOf(name: StateName): bigint {
  return BigInt(ENUM.indexOf(name.split(" ")[0]!));
}

const isByReport = (name: StateName): boolean => name.startsWith("Draining by report");

/** What the registry says of states and marks in a call that goes through. */
function eventsOf(name: string, state: StateName, watched: boolean, { id, pool }: Subject, isNew: Subject): Said[] {
  const { from, watches } = TRIGGERS[name]!;
  const next = from[state] as StateName;
  if (name === "list") return [["OperatorListed", isNew.id, pool, stateOf(next)]];
  const events: Said[] = [];
  if (stateOf(next) !== stateOf(state)) events.push(["StateChanged", id, stateOf(state), stateOf(next)]);
  if (!isByReport(state) && isByReport(next)) events.push(["DrainedByReport", id]);
  if (isByReport(state) && next !== state && stateOf(next) === stateOf(state)) events.push(["DrainConfirmed", id]);
  const isWatched = (watches?.guardian ?? watched) || (watches?.report ?? watched);
  if (watches !== undefined) events.push(["WatchChanged", id, isWatched]);
  return events;
}

const TOLD = new Set(["OperatorListed", "StateChanged", "DrainedByReport", "DrainConfirmed", "WatchChanged"]);

/** Sends a trigger; what the registry says of states and marks, the listing itself left out. */
async function fire(world: World, name: string, subject: Subject): Promise<Said[]> {
  const { registry, callers } = world;
  const caller = registry.connect(callers[TRIGGERS[name]!.by]);
  const response = await caller.getFunction(name).send(...(await argumentsOf(world, name, subject)));
  const { logs } = (await response.wait())!;
  return logs.flatMap((log): Said[] => {
    const event = registry.interface.parseLog(log);
    if (event === null || !TOLD.has(event.name)) return [];
    return [[event.name, ...(event.args.toArray() as Said[1][]).slice(0, 3)]];
  });
}

async function expectRefused(world: World, name: string, subject: Subject, [error, ...args]: Said): Promise<void> {
  const { registry, callers } = world;
  const caller = registry.connect(callers[TRIGGERS[name]!.by]);
  await expect(caller.getFunction(name).send(...(await argumentsOf(world, name, subject))))
    .to.be.revertedWithCustomError(registry, error)
    .withArgs(...args);
}

function isRefusal(cell: Trigger["from"][StateName]): cell is Exclude<typeof cell, StateName> {
  return !(STATES as readonly string[]).includes(cell);
}

function refusalOf(error: string, state: StateName, { id, pool }: Subject): Said {
  if (error === "WrongState") return [error, id, stateOf(state)];
  return error === "AlreadyListed" ? [error, pool, id] : [error, id];
}

/** Who is in which state, on whose watch, drained by whom. */
async function standingOf({ registry }: World, id: bigint): Promise<Said> {
  return [ENUM[Number((await registry.operator(id)).state)]!, ...(await registry.marksOf(id))];
}

function standingAfter(name: StateName, watched: boolean, watches: Trigger["watches"] = {}): Said {
  const marks = [watches.guardian ?? watched, watches.report ?? watched];
  return [ENUM[Number(stateOf(name))]!, ...marks, isByReport(name)];
}

/** Tries a trigger on the operator of every state, each of which has been watched by both or by nobody. */
async function expectTable(world: World, name: string, watched: boolean): Promise<void> {
  const { registry, subjects } = world;
  const { from, watches } = TRIGGERS[name]!;
  for (const state of STATES) {
    const subject = subjects[state];
    const wasWatched = watched && state !== "None";
    const cell = from[state];
    if (isRefusal(cell)) {
      await expectRefused(world, name, subject, refusalOf(cell, state, subject));
      expect(await standingOf(world, subject.id), state).to.deep.equal(standingAfter(state, wasWatched));
      continue;
    }
    const isNew = name === "list" ? { ...subject, id: (await registry.operatorCount()) + 1n } : subject;
    const said = await fire(world, name, subject);
    expect(said.map(String), state).to.deep.equal(eventsOf(name, state, wasWatched, subject, isNew).map(String));
    const marked = name === "list" ? false : wasWatched;
    expect(await standingOf(world, isNew.id), state).to.deep.equal(standingAfter(cell, marked, watches));
    if (isNew.id === subject.id) continue;
    expect(await standingOf(world, subject.id), state).to.deep.equal(standingAfter(state, wasWatched));
  }
}

describe("States of an operator", () => {
  it("table has every function of the registry that changes anything", async () => {
    const { registry } = await networkHelpers.loadFixture(deployStates);
    const functions = registry.interface.fragments.filter(
      (fragment): fragment is FunctionFragment => FunctionFragment.isFragment(fragment) && !fragment.constant,
    );

    expect([...Object.keys(TRIGGERS), ...Object.keys(OF_NO_OPERATOR)]).to.have.members(
      functions.map(({ name }) => name),
    );
  });

  it("table begins with an operator in each of its states", async () => {
    const world = await networkHelpers.loadFixture(deployStates);

    for (const state of STATES) {
      expect(await standingOf(world, world.subjects[state].id), state).to.deep.equal(standingAfter(state, false));
    }
  });

  for (const [name, { by, why, inRound }] of Object.entries(TRIGGERS)) {
    it(`${name}, by ${by}: ${why}`, async () => {
      await expectTable(await networkHelpers.loadFixture(deployStates), name, false);
      await expectTable(await networkHelpers.loadFixture(deployWatched), name, true);
    });

    it(`${name} ${inRound} while a round is open`, async () => {
      const world = await networkHelpers.loadFixture(deployInRound);
      if (inRound === "goes on") {
        await expectTable(world, name, false);
        return;
      }

      for (const state of STATES) {
        if (isRefusal(TRIGGERS[name]!.from[state])) continue;
        await expectRefused(world, name, world.subjects[state], ["RoundOpen", world.round]);
      }
    });
  }

  it("watch is the allocator's, too, in every state", async () => {
    const world = await networkHelpers.loadFixture(deployStates);
    const { registry, callers, subjects } = world;

    for (const state of STATES.slice(1)) {
      const { id } = subjects[state];
      await expect(registry.connect(callers.allocator).watch(id)).to.emit(registry, "WatchChanged").withArgs(id, true);
      expect(await standingOf(world, id), state).to.deep.equal(standingAfter(state, false, { guardian: true }));
    }
  });
});
