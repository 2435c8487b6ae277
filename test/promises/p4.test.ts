/** P4: what a user pays depends on nothing but its own open exits. */
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { delegate, deployWorld, DAY, ether, networkHelpers, nextRound, type World } from "../fixtures/allocator.ts";

type Prepare = (world: World) => Promise<void>;

/** Gas of each operation of a fresh user, in `world` after `prepare`. */
async function costs(deploy: () => Promise<World>, prepare: Prepare): Promise<bigint[]> {
  const world = await networkHelpers.loadFixture(deploy);
  const { metaPool, carol, bob } = world;
  await prepare(world);
  const gas: bigint[] = [];
  const pay = async (call: Promise<ContractTransactionResponse>) => {
    gas.push((await (await call).wait())!.gasUsed);
  };
  const pool = metaPool.connect(carol);
  await pool.deposit({ value: ether(5) });
  await pay(pool.deposit_and_stake({ value: ether(3) }));
  await pay(pool.deposit_and_stake({ value: ether(3) }));
  await pay(pool.transfer(bob, ether(1)));
  await pay(pool.unstake(ether(1)));
  await pay(pool.unstake(ether(1)));
  await pay(pool.withdraw(ether(1)));
  return gas;
}

describe("P4: the cost of leaving and entering", () => {
  const nothing: Prepare = () => Promise.resolve();
  const exits: Prepare = async ({ metaPool, others }) => {
    for (const user of others.slice(0, 10)) {
      await metaPool.connect(user).deposit_and_stake({ value: ether(1) });
      for (let exit = 0; exit < 20; exit += 1) await metaPool.connect(user).unstake(ether("0.01"));
    }
  };

  it("does not depend on the number of operators", async () => {
    expect(await costs(deployOne, nothing)).to.deep.equal(await costs(deployForty, nothing));
  });

  it("does not depend on how long nobody called ping", async () => {
    const soon = await costs(deployOne, nothing);
    const late = await costs(deployOne, async () => {
      await networkHelpers.time.increase(30n * DAY);
    });
    expect(late).to.deep.equal(soon);
  });

  it("does not depend on hundreds of exits of others, but for a bounded piece of shared work", async () => {
    const few = await costs(deployOne, async (world) => {
      await world.metaPool.connect(world.alice).unstake(ether("0.01"));
    });
    const many = await costs(deployOne, exits);
    for (const [index, gas] of many.entries()) {
      expect(gas, `operation ${index}`).to.be.at.most(few[index]! + 25_000n);
    }
  });

  it("does not grow with the rounds in which others left", async () => {
    const after = (rounds: number) => async (world: World) => {
      for (let round = 0; round < rounds; round += 1) {
        await world.metaPool.connect(world.alice).unstake(ether("0.1"));
        await nextRound(world);
      }
    };
    const few = await costs(deployOne, after(3));
    const many = await costs(deployOne, after(12));
    for (const [index, gas] of many.entries()) expect(gas).to.be.at.most(few[index]! + 5_000n);
  });
});

async function deployOne() {
  const world = await deployWorld({ hostile: 1 });
  await delegate(world);
  return world;
}

async function deployForty() {
  const world = await deployWorld({ hostile: 40, parameters: { policy: { poolShareBps: 200 } } });
  await nextRound(world);
  return world;
}
