/** Random problems of allocation against the level checks of the contracts: only the fair allocation is accepted. */
import { expect } from "chai";
import fc from "fast-check";

import { checkSheet, targetsAt } from "../../src/allocation/certificate.ts";
import { fairAllocation } from "../../src/allocation/fair.ts";
import type { Problem } from "../../src/allocation/problem.ts";
import { POOL, type Sheet } from "../../src/allocation/types.ts";
import type { LevelsHarness } from "../../types/contracts/mocks/LevelsHarness.ts";
import { problems } from "../allocation/instances.ts";
import { ethers, networkHelpers, NO_LEVEL, PAGE } from "../fixtures/allocator.ts";
import { type Answer, deployLevels, LARGEST_WEIGHT, pose, send } from "../fixtures/levels.ts";
import { casesOf, IS_DEEP } from "../helpers/deep.ts";

const INSTANCES = casesOf(IS_DEEP ? 500 : 50);
const SEED = 0x74726574;
/** Of each instance, how many groups are tried with every wrong level. */
const GROUPS_TRIED = IS_DEEP ? 35 : 1;

/** The k-th instance: 2 to 200 operators, seldom more than 40 but in deep, in one to five dimensions. */
function instance(k: number): Problem {
  const dimensions = 1 + (k % 5);
  const sizes = {
    operators: [2, IS_DEEP || k % 7 === 0 ? 200 : 40],
    dimensions: [dimensions, dimensions],
    largestWeight: LARGEST_WEIGHT,
  } as const;
  return fc.sample(problems(200, sizes), { numRuns: 1, seed: SEED + k })[0]!;
}

interface Tally {
  readonly cap: bigint;
  readonly weight: bigint;
  readonly members: bigint;
}

/** Groups with a cap, the pool first. */
function talliesOf(problem: Problem): Map<number, Tally> {
  const groups = [{ id: POOL, cap: problem.total }, ...problem.groups];
  return new Map(
    groups.flatMap(({ id, cap }) => {
      if (cap === null) return [];
      const members = problem.operators.filter((operator) => id === POOL || operator.groups.includes(id));
      const weight = members.reduce((sum, member) => sum + (member.cap > 0n ? member.weight : 0n), 0n);
      return [[id, { cap, weight, members: BigInt(members.length) }] as const];
    }),
  );
}

/** What design §7 says of a sheet, operator by operator: the first cap that is exceeded, else the first slack group. */
function verdictOn(problem: Problem, sheet: Sheet): Answer {
  const tallies = talliesOf(problem);
  const sums = new Map([...tallies.keys()].map((group) => [group, 0n]));
  const targets = targetsAt(problem, sheet);
  for (const [index, operator] of problem.operators.entries()) {
    const own = [POOL, ...operator.groups].filter((group) => tallies.has(group));
    for (const group of own) sums.set(group, sums.get(group)! + targets[index]!);
    const full = own.find((group) => sums.get(group)! > tallies.get(group)!.cap);
    if (full !== undefined) {
      return { name: "LevelsRejected", group: BigInt(full), sum: sums.get(full)!, cap: tallies.get(full)!.cap };
    }
  }
  const slack = sheet.find(({ group }) => tallies.get(group)!.cap - sums.get(group)! > tallies.get(group)!.members);
  if (slack === undefined) return { name: "LevelsCertified" };
  const { group } = slack;
  return { name: "LevelsRejected", group: BigInt(group), sum: sums.get(group)!, cap: tallies.get(group)!.cap };
}

function isSame(first: Sheet, second: Sheet): boolean {
  const isEqual = ({ group, level }: Sheet[number], index: number) =>
    second[index]!.group === group && second[index]!.level === level;
  return first.length === second.length && first.every(isEqual);
}

/** The sheet with another level for one group. */
function withLevel(sheet: Sheet, group: number, level: bigint): Sheet {
  return [...sheet.filter((entry) => entry.group !== group), { group, level }].sort((a, b) => a.group - b.group);
}

/** Moves a level by 1, 2, 4 and so on until that is refused: that sheet, and the last one that was not. */
function nudge(problem: Problem, sheet: Sheet, group: number, sign: 1n | -1n): { wrong?: Sheet; near?: Sheet } {
  const { level } = sheet.find((entry) => entry.group === group)!;
  let near: Sheet | undefined;
  for (let step = 1n; ; step *= 2n) {
    const moved = level + sign * step;
    if (moved < 0n || moved >= NO_LEVEL) return { near };
    const altered = withLevel(sheet, group, moved);
    if (!checkSheet(problem, altered).accepted) return { wrong: altered, near };
    near = altered;
  }
}

/** Sheets that are wrong, and sheets within the tolerance of the true one, by what was done to it. */
function alterations(problem: Problem, sheet: Sheet): { wrong: [string, Sheet][]; near: [string, Sheet][] } {
  const wrong: [string, Sheet][] = [];
  const near: [string, Sheet][] = [];
  const sort = (what: string, altered: Sheet | undefined): void => {
    if (altered === undefined) return;
    const list = checkSheet(problem, altered).accepted ? near : wrong;
    if (!list.some(([, known]) => isSame(known, altered))) list.push([what, altered]);
  };
  sheet.slice(-GROUPS_TRIED).forEach(({ group, level }, index) => {
    for (const sign of [1n, -1n] as const) {
      const { wrong: beyond, near: within } = nudge(problem, sheet, group, sign);
      sort(`group ${group} ${sign > 0n ? "raised" : "lowered"} beyond the tolerance`, beyond);
      sort(`group ${group} ${sign > 0n ? "raised" : "lowered"} within the tolerance`, within);
    }
    sort(
      `group ${group} left out`,
      sheet.filter((entry) => entry.group !== group),
    );
    const other = sheet[index];
    if (other === undefined || other.group === group) return;
    sort(
      `groups ${group} and ${other.group} swapped`,
      withLevel(withLevel(sheet, group, other.level), other.group, level),
    );
  });
  const levelled = [...talliesOf(problem)].filter(([, { weight }]) => weight !== 0n);
  const unnamed = levelled.filter(([group]) => !sheet.some((entry) => entry.group === group));
  for (const [group, { cap, weight }] of unnamed.slice(0, GROUPS_TRIED)) {
    sort(`group ${group} added`, withLevel(sheet, group, (cap * 10n ** 18n) / weight));
    sort(`group ${group} added at zero`, withLevel(sheet, group, 0n));
  }
  sort("all unbounded", []);
  sort(
    "all at zero",
    levelled.map(([group]) => ({ group, level: 0n })),
  );
  return { wrong, near };
}

async function refuseMalformed(harness: LevelsHarness, problem: Problem, sheet: Sheet): Promise<void> {
  const errors = await ethers.getContractAt("IAllocator", harness);
  const refused = (altered: Sheet, error: "SheetNotAscending" | "GroupWithoutLevel", group: number) =>
    expect(harness.certifyLevels.staticCall([...altered], 1_000n, PAGE))
      .to.be.revertedWithCustomError(errors, error)
      .withArgs(group);

  const [first] = sheet;
  const last = sheet.at(-1);
  if (first !== undefined && last !== undefined) {
    await refused([...sheet, last], "SheetNotAscending", last.group);
    if (first !== last) {
      const reversed = [...sheet].reverse();
      await refused(reversed, "SheetNotAscending", reversed[1]!.group);
    }
  }
  await refused([{ group: problem.groups.length + 1, level: 1n }], "GroupWithoutLevel", problem.groups.length + 1);
  const tallies = talliesOf(problem);
  const unlevelled = problem.groups.find(({ id }) => (tallies.get(id)?.weight ?? 0n) === 0n);
  if (unlevelled !== undefined)
    await refused([{ group: unlevelled.id, level: 1n }], "GroupWithoutLevel", unlevelled.id);
}

describe("Allocator", () => {
  describe("levels of random instances", () => {
    it(`accepts the fair allocation of ${INSTANCES.length}, and refuses what is not within its tolerance`, async function () {
      this.timeout(IS_DEEP ? 3_600_000 : 120_000);
      const harness = await networkHelpers.loadFixture(deployLevels);
      const refusals = { slack: 0, full: 0, near: 0 };
      for (const k of INSTANCES) {
        const problem = instance(k);
        const { sheet, targets } = fairAllocation(problem);
        await pose(harness, problem);
        await refuseMalformed(harness, problem, sheet);

        const { wrong, near } = alterations(problem, sheet);
        for (const [what, altered] of wrong) {
          const answer = await send(harness, altered);
          expect(answer, `instance ${k}, ${what}`).to.deep.equal(verdictOn(problem, altered));
          if (answer.name !== "LevelsRejected") expect.fail(`instance ${k}: ${what} was accepted`);
          if (answer.sum > answer.cap) refusals.full += 1;
          else refusals.slack += 1;
        }
        const tolerance = [...talliesOf(problem).values()].reduce((sum, { members }) => sum + members, 0n);
        for (const [what, altered] of near) {
          const label = `instance ${k}, ${what}`;
          expect(await harness.certifyLevels.staticCall([...altered], 1_000n, PAGE), label).to.equal(true);
          const moved = targetsAt(problem, altered).reduce((sum, target, index) => {
            const fair = targets[index]!;
            return sum + (target > fair ? target - fair : fair - target);
          }, 0n);
          expect(moved <= tolerance, `${label}: ${moved} wei from the fair allocation`).to.equal(true);
          refusals.near += 1;
        }

        expect(await harness.isCertified(), `instance ${k}`).to.equal(false);
        // In pages, as a transaction's gas may demand.
        const page = BigInt(Math.ceil(problem.operators.length / 2));
        if (k % 2 === 0) {
          expect(await send(harness, sheet, page), `instance ${k}`).to.deep.equal({
            name: "LevelsProgress",
            cursor: page,
          });
        }
        expect(await send(harness, sheet), `instance ${k}`).to.deep.equal({ name: "LevelsCertified" });
        expect(await harness.targets(PAGE), `instance ${k}`).to.deep.equal(targets);
      }
      // Nothing of this is empty.
      expect(Math.min(refusals.slack, refusals.full, refusals.near)).to.be.at.least(INSTANCES.length);
    });
  });
});
