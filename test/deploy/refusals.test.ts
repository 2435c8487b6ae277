import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { network } from "hardhat";

import { config } from "../../rocketh/config.ts";
import { deployTrellis } from "../../scripts/steps/deployment.ts";
import { refusalOf } from "../fixtures/refusal.ts";

describe("Deployment", () => {
  describe("of accounts that cannot do", () => {
    const [first, second] = [
      "0x1111111111111111111111111111111111111111",
      "0x2222222222222222222222222222222222222222",
    ];

    for (const [what, accounts, sentence] of [
      [
        "an address that is too short",
        { oracle1: { default: "0x12" } },
        'rocketh/config.ts names 0x12 as oracle1 of the network "default", which is no account\'s address.',
      ],
      [
        "nobody's address",
        { treasury: { default: ZeroAddress } },
        `rocketh/config.ts names ${ZeroAddress} as treasury of the network "default", which is no account's address.`,
      ],
      [
        "the deployer in another part",
        { guardian: { default: 0 } },
        "The deployer cannot hand over to itself: it is the guardian, too.",
      ],
      [
        "one member of the committee twice",
        { oracle1: { default: first }, oracle2: { default: second }, oracle3: { default: first } },
        `The members of the committee have to differ, and ${first} is named twice.`,
      ],
    ] as const) {
      it(`refuses ${what} before it sends anything`, async () => {
        const connection = await network.create();

        expect(await refusalOf(deployTrellis(connection, { accounts: { ...config.accounts, ...accounts } }))).to.equal(
          sentence,
        );
        expect(await connection.ethers.provider.getBlockNumber()).to.equal(0);
      });
    }
  });
});
