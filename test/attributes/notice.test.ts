import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { expect } from "chai";

import { certifyFair, deployWorld, ether, ethers, LOOSE, networkHelpers, nextRound } from "../fixtures/allocator.ts";
import { now, packGroups, type World } from "../fixtures/allocator.ts";

const OPERATORS = 6;
const JURISDICTION = 1n;
const GROUP = 1;
/** Two of six may hold a fifth of 120 ether together, as soon as both are in the group. */
const CAP = ether(24);
const SEED = ether("0.1");

const even = Array.from({ length: OPERATORS }, () => ether(20));
const grouped = [ether(12), ether(12), ether(24), ether(24), ether(24), ether(24)];

/** Six operators of one weight, of which the first is in a group with a cap. What will be said of the second is announced. */
async function deploy() {
  const world = await deployWorld({
    hostile: OPERATORS,
    groups: [{ dimension: 2, absoluteCap: CAP }],
    groupsOf: [[0, GROUP]],
    stake: ether(120) - SEED,
    parameters: { allocator: LOOSE },
  });
  const { registry } = world;
  await nextRound(world);
  const data = registry.interface.encodeFunctionData("setGroups", [2n, packGroups([0, GROUP])]);
  return { ...world, call: [ethers.getAddress(await registry.getAddress()), data, ethers.ZeroHash] as const };
}

/** Certified by the contract, hence fair: every operator's part of what the last round found. */
async function fairParts(world: World): Promise<bigint[]> {
  expect(await certifyFair(world)).to.equal(true);
  return Promise.all(even.map((_, index) => world.allocator.targetOf(index + 1)));
}

describe("Attributes", () => {
  it("an attested group counts from the round after its notice, and no cap of it holds before", async () => {
    const world = await networkHelpers.loadFixture(deploy);
    const { attributes, attester, registry, notice, governance, eve, call } = world;
    expect(await fairParts(world)).to.deep.equal(even);

    await attributes.connect(attester).attest(2, JURISDICTION, GROUP, "DE");
    expect(await attributes.attestedGroups(2)).to.equal(packGroups([0, GROUP]));
    await nextRound(world);
    expect(await fairParts(world), "attested").to.deep.equal(even);

    await notice.connect(governance).announce(...call);
    const id = await notice.idOf(...call);
    for (let rounds = 0; (await notice.earliestOf(id)) > (await now(world)); rounds += 1) {
      expect(rounds).to.be.below(10);
      await expect(notice.connect(eve).execute(...call))
        .to.be.revertedWithCustomError(notice, "TooEarly")
        .withArgs(id, await notice.earliestOf(id), anyValue);
      await nextRound(world);
      expect(await fairParts(world), "announced").to.deep.equal(even);
    }

    await expect(notice.connect(eve).execute(...call))
      .to.emit(registry, "GroupsChanged")
      .withArgs(2n, 0n, packGroups([0, GROUP]));
    expect((await registry.operator(2)).groups).to.equal(await attributes.attestedGroups(2));
    expect(await fairParts(world), "in the round that is over").to.deep.equal(even);
    await nextRound(world);

    expect(await fairParts(world), "in the round after it").to.deep.equal(grouped);
    expect((await world.allocator.groupSnapshot(GROUP)).cap).to.equal(CAP);
  });
});
