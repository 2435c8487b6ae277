import { expect } from "chai";

import { casesOf, IS_DEEP } from "../helpers/deep.ts";
import { callableFunctions, callOf, executionOf, junkOf, peopleOf } from "./calls.ts";
import { epochsToLeave, read, type Reading, worsened } from "./leave.ts";
import { bringAbout, FLAVOURS, shownBy } from "./states.ts";
import { BEGINNING, type Call, deploySystem, networkHelpers, pass, send, type System, undone } from "./system.ts";

const FIRST_SEED = Number(process.env.TRELLIS_SEED ?? 0);
const SEEDS = casesOf(IS_DEEP ? 96 : FLAVOURS.length).map((k) => FIRST_SEED + k);
const REPEATS = IS_DEEP ? 3 : 1;
const SENSELESS_CALLS = IS_DEEP ? 60 : 4;
/** Each state tries every so many-th function; all of them are tried in a run. */
const EVERY = IS_DEEP ? 1 : 2;
const LEAVES = IS_DEEP ? 6 : 1;
/** With nobody's help: three rounds until what is dead is written down, unbonding, and the rounds between. */
const MOST_EPOCHS = 16;
/** Epochs from asking to being paid when all of it has to be unbonded: the round that ends the batch, unbonding, a round. */
const WITHOUT_BUFFER = 4;

/** What somebody may call, and yet never goes through, with the reason. */
const NEVER = new Map([
  ["MetaPool.connect(address,address)", "the contracts are wired"],
  ["OperatorRegistry.connect(address,address,address)", "the contracts are wired"],
  ["AccessManager.cancel(address,address,bytes)", "nothing can be scheduled"],
]);

/** What goes through in few states, hence is tried in all. */
const SELDOM = new Set([
  "Allocator.reclaim(uint256)",
  "OperatorRegistry.remove(uint256)",
  "OperatorRegistry.readmit(uint256)",
  "Scores.enforce(uint256)",
  "AccessManager.execute(address,bytes)",
]);

const FUNCTIONS = callableFunctions();

describe("Leaving", function () {
  this.timeout(IS_DEEP ? 3_600_000 : 300_000);
  // The chain is shared with tests that begin earlier.
  let undo: () => Promise<void>;
  before(async () => {
    const snapshot = await networkHelpers.takeSnapshot();
    undo = () => snapshot.restore();
  });
  after(() => undo());

  it("stays possible, as soon and for as much, after any one call by anybody else", async () => {
    const called = new Map<string, number>(FUNCTIONS.map(({ name }) => [name, 0]));
    const succeeded = new Map<string, number>();
    const shown = new Set<string>();
    let followed = 0;

    for (const seed of SEEDS) {
      const system = await networkHelpers.loadFixture(deploySystem);
      system.time.now = BEGINNING;
      const state = await bringAbout(system, seed);
      for (const flavour of await shownBy(state)) shown.add(flavour);
      const before = await undone(system, async () => {
        await pass(system, 1n);
        return read(system);
      });

      const calls: Call[] = [];
      for (let repeat = 0; repeat < REPEATS; repeat += 1) {
        for (const [index, { name, byNotice }] of FUNCTIONS.entries()) {
          if (byNotice || ((index + seed) % EVERY !== 0 && !SELDOM.has(name))) continue;
          calls.push(callOf(state, name, true));
        }
        for (const announced of state.announced) calls.push(executionOf(state, announced));
      }
      for (let index = 0; index < SENSELESS_CALLS; index += 1) {
        calls.push(callOf(state, state.random.pick(FUNCTIONS).name, false), junkOf(state));
      }
      // Followed to the end: the first calls to go through from these on.
      const leaves = Array.from({ length: LEAVES }, () => state.random.below(calls.length)).sort((a, b) => a - b);
      const alone = await undone(system, () => epochsToLeave(system, false, MOST_EPOCHS));

      for (const [index, call] of calls.entries()) {
        const name = call.name.replace(/^execute /, "");
        called.set(name, (called.get(name) ?? 0) + 1);
        await undone(system, async () => {
          const receipt = await send(system, call);
          if (!receipt.done) return; // nothing has changed
          succeeded.set(name, (succeeded.get(name) ?? 0) + 1);
          const broken = worsened(system, before, await read(system), receipt);
          if (leaves.length !== 0 && index >= leaves[0]!) {
            leaves.shift();
            followed += 1;
            broken.push(...(await later(system, alone)));
          }
          if (broken.length !== 0) throw new Error(describeFailure(system, seed, call, before, broken));
        });
      }
    }

    expect(
      [...FLAVOURS].filter((flavour) => !shown.has(flavour)),
      "states never seen",
    ).to.deep.equal([]);
    expect(followed, "followed to the end").to.be.at.least((SEEDS.length * LEAVES) / 2);
    expect(
      [...called].filter(([, count]) => count === 0),
      "never called",
    ).to.deep.equal([]);
    const never = [...called.keys()].filter((name) => name !== "junk" && !NEVER.has(name) && !succeeded.has(name));
    expect(never, "never went through").to.deep.equal([]);
    for (const name of NEVER.keys()) expect(succeeded.has(name), name).to.equal(false);
  });
});

/**
 * A pool gathers an epoch's exits in one batch, so whoever calls it first can cost the others one epoch; and whoever joins the
 * batch that is filling shares what the buffer has for it: the rest takes the time that it takes with an empty buffer.
 */
async function later(system: System, alone: number): Promise<string[]> {
  const asked = await undone(system, () => epochsToLeave(system, false, MOST_EPOCHS));
  const everything = await undone(system, () => epochsToLeave(system, true, MOST_EPOCHS));
  const broken: string[] = [];
  if (asked > Math.max(alone + 1, WITHOUT_BUFFER))
    broken.push(`what was asked for comes after ${asked} epochs instead of ${alone}`);
  if (everything >= MOST_EPOCHS) broken.push(`leaving takes ${everything} epochs or more`);
  return broken;
}

function describeFailure(system: System, seed: number, call: Call, before: Reading, broken: string[]): string {
  const caller = Object.entries(peopleOf(system)).find(([, address]) => address === call.from)?.[0] ?? call.from;
  const described = `${call.name} by ${caller}, value ${call.value.toString()}, to ${call.to}\n  data ${call.data}`;
  const reading = JSON.stringify(before, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value instanceof Map ? [...value].map(String) : value,
  );
  return `seed ${seed} (TRELLIS_SEED), ${described}\n  ${broken.join("\n  ")}\n  before: ${reading}`;
}
