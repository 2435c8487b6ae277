import { expect } from "chai";
import { id } from "ethers";
import { network } from "hardhat";

import { NO_SHARE } from "../../rocketh/parameters.ts";
import { runOnce } from "../../src/keeper/runOnce.ts";
import { createGroups, createOperators } from "../fixtures/operators.ts";
import { deployTrellis } from "../fixtures/deployment.ts";
import { nextEpoch } from "../fixtures/time.ts";
import { IS_DEEP } from "../helpers/deep.ts";

const OPERATORS = 1_000;
const ENTITIES = 100;
const MOST_GAS = 8_000_000n;
const ETHER = 10n ** 18n;

/** Minutes of work: only `npm run test:deep` does it. */

(IS_DEEP ? describe : describe.skip)("a thousand operators", () => {
  it("are read, certified, funded and asked for exits in transactions of at most 8 million gas", async () => {
    const accounts = Array.from({ length: 20 }, (_, i) => ({ privateKey: id(`thousand ${i}`), balance: 10n ** 24n }));
    const connection = await network.create({ network: "default", override: { accounts } });
    const trellis = await deployTrellis(connection, {
      handover: false,
      parameters: { policy: { netShareBps: NO_SHARE } },
    });
    const { metaPool, allocator, registry, lens, others } = trellis;
    const specs = [ENTITIES, 10, 10, 4].flatMap((count, k) =>
      Array.from({ length: count }, () => ({ dimension: k + 1, poolShareBps: 10_000 })),
    );
    await createGroups(trellis, specs);
    await createOperators(
      trellis,
      Array.from({ length: OPERATORS }, (_, i) => ({
        bond: ETHER,
        groups: [1 + (i % ENTITIES), 101 + (i % 10), 111 + ((i * 7) % 10), 121 + (i % 4)],
      })),
    );
    await trellis.handOver();
    const [keeper, staker] = others;
    await metaPool.connect(staker).deposit_and_stake({ value: 50_000n * ETHER });

    const keep = async () => {
      await nextEpoch(trellis);
      return runOnce({ metaPool, allocator, registry, lens, signer: keeper! });
    };
    const first = await connection.ethers.provider.getBlockNumber();
    const up = await keep();
    expect(up.rebalance.moved.up).to.be.greaterThan(49_000n * ETHER);
    await metaPool.connect(staker).unstake(20_000n * ETHER);
    const down = await keep();
    expect(down.rebalance.moved.class1).to.be.greaterThan(19_000n * ETHER);

    let most = 0n;
    const last = await connection.ethers.provider.getBlockNumber();
    for (let block = first + 1; block <= last; block++) {
      const { gasUsed } = (await connection.ethers.provider.getBlock(block))!;
      if (gasUsed > most) most = gasUsed;
    }
    expect(most).to.be.lessThanOrEqual(MOST_GAS);
  });
});
