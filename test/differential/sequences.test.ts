import { expect } from "chai";

import { suite } from "./metaPool.ts";
import { Difference, playOne, replay } from "./sequences.ts";

const SEED = 1000;
const LENGTH = 120;

/** The pool's model with one mistake: the receiver of a transfer gets a wei too much. */
const mistaken: typeof suite = {
  ...suite,
  operations: {
    ...suite.operations,
    transfer: {
      ...suite.operations.transfer!,
      act: (world, given) => {
        const act = suite.operations.transfer!.act(world, given)!;
        const receiver = world.users[given.receiver as number]!.address;
        return {
          ...act,
          model: () => {
            act.model();
            const account = world.state.accounts.get(receiver);
            if (account !== undefined && (given.amount as bigint) > 0n) account.shares += 1n;
          },
        };
      },
    },
  },
};

describe("differential: sequences", function () {
  this.timeout(0);

  it("finds a mistake, and prints a sequence that still fails and that nothing can be left out of", async () => {
    const found: unknown = await playOne(mistaken, { seed: SEED, length: LENGTH }).catch((error: unknown) => error);

    expect(found).to.be.an.instanceOf(Difference);
    const { message, commands } = found as Difference;
    expect(commands.length).to.be.within(2, 5);
    expect(commands.at(-1)!.name).to.equal("transfer");
    expect(message).to.match(/^seed 1000, operation \d+: after transfer /u);
    expect(message).to.match(/\n {2}accounts\.\d\.shares: contract \d+n, model \d+n\n/u);
    expect(message).to.contain(`${commands.length.toString()} commands are enough for: after transfer`);
    expect(message).to.contain(`await replay(suite, ${SEED.toString()}, [`);
    for (const { name, at } of commands)
      expect(message).to.contain(`name: '${name}'`).and.contain(`at: ${at.toString()}n`);

    const again: unknown = await replay(mistaken, SEED, commands).catch((error: unknown) => error);
    expect(again).to.be.an.instanceOf(Error).with.property("message").that.contains("after transfer");
    for (const [index] of commands.entries()) await replay(mistaken, SEED, commands.toSpliced(index, 1));
    await replay(suite, SEED, commands);
  });
});
