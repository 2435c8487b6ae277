import { expect } from "chai";
import { Interface, toBeHex, ZeroAddress } from "ethers";

import { namedGroups } from "../../src/lens/dimensions.ts";
import { changesOf, type Change, type Newcomer } from "../../src/selection/changes.ts";
import { parseNewcomers } from "../../src/selection/newcomers.ts";
import { proposalOf } from "../../src/selection/notice.ts";
import { checksumOf, safeBatch, type SafeBatch } from "../../src/selection/safe.ts";
import { select } from "../../src/selection/select.ts";
import { type Listed, listedAs, readStanding, type Standing } from "../../src/selection/standing.ts";
import { Notice__factory, OperatorRegistry__factory } from "../../types/index.ts";
import { refusalOf } from "../data/refusals.ts";
import { reportsOf, SETTINGS } from "./reports.ts";

const BOUNDS = { minWeight: 1_000, maxWeight: 40_000 };
const ADDRESS = "0x5DbAd78818D4c8958EfF2d5b95b28385A22113Cd";

const selection = select(
  reportsOf(60, {
    kept: () => ({ apr: 12n }),
    back: () => ({ apr: 11n }),
    weightless: () => ({ apr: 10n }),
    worse: () => ({ apr: 9n }),
    raised: (age) => ({ commissionBps: age === 0 ? 600n : 500n }),
    slashed: (age) => ({ slashed: age === 9 ? 7n : 0n }),
    drained: (age) => ({ active: age > 0 }),
  }),
  SETTINGS,
)!;

const listed = (id: number, key: string, changes: Partial<Listed> = {}): Listed => ({
  id: BigInt(id),
  key,
  state: "active",
  whitelisted: true,
  maxWeight: 10_000n,
  groups: [0, 0, 0, 0, 0],
  ...changes,
});
const standingOf = (...all: Listed[]): Standing => ({ listed: all, groups: [] });
const brief = ({ changes }: { changes: readonly Change[] }) =>
  changes.map(({ by, method, args }) => [by, method, ...args]);

describe("changesOf", () => {
  it("changes nothing where the pool has the chosen and nobody else", () => {
    const standing = standingOf(listed(1, "kept"), listed(2, "back"), listed(3, "weightless"));

    expect(changesOf(selection, standing, new Map(), BOUNDS)).to.deep.equal({ changes: [], obstacles: [] });
  });

  it("brings back who was drained, and gives a weight to who has none, with notice", () => {
    const standing = standingOf(
      listed(1, "kept", { state: "ramping" }),
      listed(2, "back", { state: "draining", maxWeight: 0n }),
      listed(3, "weightless", { maxWeight: 0n }),
    );
    const { changes } = changesOf(selection, standing, new Map(), BOUNDS);

    expect(brief({ changes })).to.deep.equal([
      ["governance", "reinstate", 2n],
      ["governance", "setWeightBounds", 2n, 1_000, 40_000],
      ["governance", "setWeightBounds", 3n, 1_000, 40_000],
    ]);
    expect(changes[0]!.why).to.equal("back is chosen, with metric 7.248: it is no longer drained.");
  });

  it("drains at once who may not stay, and takes the weight of who is outranked or was slashed long ago", () => {
    const standing = standingOf(
      ...["kept", "back", "weightless"].map((key, index) => listed(index + 1, key)),
      listed(4, "worse"),
      listed(5, "raised"),
      listed(6, "slashed"),
      listed(7, "drained", { state: "draining" }),
      listed(8, "worse too", { maxWeight: 0n }),
    );
    const { changes } = changesOf(selection, standing, new Map(), BOUNDS);

    expect(brief({ changes })).to.deep.equal([
      ["governance", "setWeightBounds", 4n, 0, 0],
      ["guardian", "drain", 5n],
      ["governance", "setWeightBounds", 6n, 0, 0],
    ]);
    expect(changes.map(({ why }) => why)).to.deep.equal([
      "worse gets no weight any more: 3 others have a better metric.",
      "raised goes at once: it raised its commission from 5 % to 6 %.",
      "slashed gets no weight any more: it was slashed by 7 wei in an earlier epoch, and who was slashed once is never chosen.",
    ]);
  });

  it("lists who has a pool that is known, in its groups", () => {
    const newcomers = new Map<string, Newcomer>([
      ["back", { pool: ADDRESS, factory: ZeroAddress, groups: [3, 0, 7, 0, 0] }],
    ]);
    const { changes, obstacles } = changesOf(selection, standingOf(listed(1, "kept")), newcomers, BOUNDS);

    expect(brief({ changes })).to.deep.equal([
      [
        "governance",
        "list",
        {
          pool: ADDRESS,
          factory: ZeroAddress,
          weight: 1_000,
          minWeight: 1_000,
          maxWeight: 40_000,
          absoluteCap: 2n ** 96n - 1n,
          groups: 0x070003n,
        },
      ],
    ]);
    expect(obstacles).to.deep.equal([
      { operator: "weightless", why: "It is chosen, but no pool of it is known: name one with --pools." },
    ]);
  });

  it("says for whom it can do nothing, and leaves alone whom the series does not know", () => {
    const standing = standingOf(
      listed(1, "kept", { whitelisted: false }),
      listed(2, "back", { state: "delisted" }),
      listed(3, "weightless"),
      listed(4, "stranger"),
    );

    expect(changesOf(selection, standing, new Map(), BOUNDS)).to.deep.equal({
      changes: [],
      obstacles: [
        { operator: "kept", why: "It is chosen, but not whitelisted: that is the foundation's to change." },
        { operator: "back", why: "It is chosen, but delisted for good: only another pool of it can be listed." },
        { operator: "stranger", why: "The pool has it, but the series does not know it: it stays." },
      ],
    });
  });

  it("knows operators by their staking keys, else by their ids", () => {
    const standing = standingOf(listed(1, "2"), listed(2, "kept"), listed(3, "0xff"));

    expect(listedAs(standing, "2")!.id).to.equal(1n);
    expect(listedAs(standing, "kept")!.id).to.equal(2n);
    expect(listedAs(standing, "3")!.id).to.equal(3n);
    expect(listedAs(standing, "4")).to.equal(null);
    expect(namedGroups([0, 4, 0, 9, 0])).to.deep.equal({ jurisdiction: "4", client: "9" });
  });
});

describe("parseNewcomers", () => {
  it("reads pools, factories and groups by dimension", () => {
    const content = `id,pool,factory,client\na,${ADDRESS.toLowerCase()},${ZeroAddress},4\nb,${ADDRESS},${ADDRESS},0\n`;

    expect([...parseNewcomers(content)]).to.deep.equal([
      ["a", { pool: ADDRESS, factory: ZeroAddress, groups: [0, 0, 0, 4, 0] }],
      ["b", { pool: ADDRESS, factory: ADDRESS, groups: [0, 0, 0, 0, 0] }],
    ]);
  });

  it("refuses what is no address, and an operator that occurs twice", () => {
    expect(refusalOf(() => parseNewcomers(`id,pool,factory\na,0x12,${ADDRESS}\n`))).to.equal(
      'Line 2, column "pool" has "0x12" where an address belongs.',
    );
    const row = `a,${ADDRESS},${ADDRESS}`;
    expect(refusalOf(() => parseNewcomers(`id,pool,factory\n${row}\n${row}\n`))).to.equal(
      'Line 3, column "id" has "a" again, or out of order.',
    );
  });
});

describe("a Safe's batch", () => {
  const input = (type: string, name: string) => ({ internalType: type, name, type });

  it("has the checksum that Safe's builder gave a file that it exported", () => {
    // BalancerMaxis/multisig-ops, BIPs/2023-W24/BIP-331.json.
    const addGauge = (gauge: string) => ({
      to: "0x5DbAd78818D4c8958EfF2d5b95b28385A22113Cd",
      value: "0",
      data: null,
      contractMethod: {
        inputs: [input("address", "gauge"), input("string", "gaugeType")],
        name: "addGauge",
        payable: false,
      },
      contractInputsValues: { gauge, gaugeType: "Arbitrum" },
    });
    const checksum = "0xd02e4cb48190f6450f276def76790f525b38779528bbf8782f277ea5690a9ea8";
    const file = {
      version: "1.0",
      chainId: "1",
      createdAt: 1686768416427,
      meta: {
        name: "Transactions Batch",
        description: "",
        txBuilderVersion: "1.14.1",
        createdFromSafeAddress: "0xc38c5f97B34E175FFd35407fc91a937300E33860",
        createdFromOwnerAddress: "",
        checksum,
      },
      transactions: [
        addGauge("0x25869f277f474FA9459F40F5D4cB0D6A8Ab41967"),
        addGauge("0xacE0D479040231e3c6b17479cFd4444182d521d4"),
      ],
    };

    expect(checksumOf(file)).to.equal(checksum);
    expect(checksumOf({ ...file, meta: { ...file.meta, name: "Renamed" } as SafeBatch["meta"] })).to.equal(checksum);
    expect(checksumOf({ ...file, chainId: "5" } as never)).not.to.equal(checksum);
  });

  it("names methods and values as text, and no data, so that the builder shows what is called", () => {
    const drain = new Interface(OperatorRegistry__factory.abi).getFunction("drain")!;
    const batch = safeBatch({ chainId: 17_000n, createdAt: 5, name: "Name", description: "Why.", safe: ADDRESS }, [
      { to: ADDRESS, method: drain, args: [3n] },
    ]);

    expect(batch).to.deep.equal({
      version: "1.0",
      chainId: "17000",
      createdAt: 5,
      meta: {
        name: "Name",
        description: "Why.",
        txBuilderVersion: "1.18.0",
        createdFromSafeAddress: ADDRESS,
        createdFromOwnerAddress: "",
        checksum: checksumOf(batch),
      },
      transactions: [
        {
          to: ADDRESS,
          value: "0",
          data: null,
          contractMethod: { inputs: [input("uint256", "id")], name: "drain", payable: false },
          contractInputsValues: { id: "3" },
        },
      ],
    });
  });
});

describe("proposalOf", () => {
  const standing = standingOf(
    listed(1, "kept"),
    listed(2, "back"),
    listed(3, "weightless"),
    listed(4, "worse"),
    listed(5, "raised"),
  );
  const { changes } = changesOf(selection, standing, new Map(), BOUNDS);
  const site = { chainId: 31_337n, registry: ADDRESS, notice: "0x49d4450977E2c95362C13D3a31a09311E0Ea26A6" };
  const header = { epoch: 60, createdAt: 7, safe: "", tight: [] };
  const proposal = proposalOf(changes, site, header);
  const registry = new Interface(OperatorRegistry__factory.abi);
  const notice = new Interface(Notice__factory.abi);

  /** What Safe's builder makes of a transaction. */
  const encode = (codec: Interface, { transactions }: SafeBatch) =>
    transactions.map(({ to, contractMethod, contractInputsValues }) => ({
      to,
      data: codec.encodeFunctionData(
        contractMethod.name,
        contractMethod.inputs.map(({ name }) => contractInputsValues[name]),
      ),
    }));

  it("gives the same calls in both forms", () => {
    const [worse, raised] = proposal.notice;

    expect(proposal.notice.map(({ operator, announcer }) => [operator, announcer])).to.deep.equal([
      ["worse", "governance"],
      ["raised", "guardian"],
    ]);
    expect(encode(notice, proposal.announce)).to.deep.equal([worse!.announce]);
    expect(encode(notice, proposal.execute)).to.deep.equal([worse!.execute]);
    expect(encode(registry, proposal.drain)).to.deep.equal([raised!.call]);
  });

  it("announces and executes the call, with the epoch for a salt", () => {
    const [worse] = proposal.notice;
    const args = [ADDRESS, registry.encodeFunctionData("setWeightBounds", [4, 0, 0]), toBeHex(60, 32)];

    expect(worse!.call).to.deep.equal({ to: ADDRESS, data: args[1] });
    expect(worse!.announce).to.deep.equal({ to: site.notice, data: notice.encodeFunctionData("announce", args) });
    expect(worse!.execute).to.deep.equal({ to: site.notice, data: notice.encodeFunctionData("execute", args) });
  });

  it("says in each batch what it is for, and has its checksum", () => {
    for (const batch of [proposal.announce, proposal.drain, proposal.execute]) {
      expect(batch.meta.checksum).to.equal(checksumOf(batch));
      expect(batch.chainId).to.equal("31337");
    }
    expect(proposal.announce.meta.description).to.equal(
      "worse gets no weight any more: 3 others have a better metric.",
    );
    expect(proposal.drain.meta.description).to.equal("raised goes at once: it raised its commission from 5 % to 6 %.");
    expect(proposalOf([], site, header).announce.meta.description).to.equal("Nothing changes.");
  });

  it("warns the signers of a tight dimension", () => {
    const tight = [{ dimension: "entity", groups: 2, headroomBps: 6_000n }];
    const inWords =
      "entity: the caps of the 2 groups of the chosen add up to 60 % of the pool, less than 150 %: some of its stake may fit nowhere.";
    const warned = proposalOf(changes, site, { ...header, tight });

    expect(warned.announce.meta.description).to.equal(
      `Warning: ${inWords} worse gets no weight any more: 3 others have a better metric.`,
    );
    expect(warned.announce.meta.checksum).to.equal(checksumOf(warned.announce));
    expect(warned.tight).to.deep.equal([{ ...tight[0], inWords }]);
    expect(proposal.tight).to.deep.equal([]);
  });
});

describe("readStanding", () => {
  const caps = (dimension: bigint, poolShareBps: bigint) => ({ dimension, poolShareBps });
  const groups = [
    { id: 0n, caps: caps(0n, 0n), isTenure: false },
    { id: 1n, caps: caps(2n, 2_000n), isTenure: false },
    { id: 2n, caps: caps(5n, 500n), isTenure: true },
    { id: 3n, caps: caps(5n, 600n), isTenure: false },
    { id: 4n, caps: caps(3n, 65_535n), isTenure: false },
  ];

  it("has the groups whose shares hold, and not the tenure group, which operators leave", async () => {
    const reading = { operators: [], groups } as unknown as Parameters<typeof readStanding>[0];
    const standing = await readStanding(reading, async () => "0x");

    expect(standing.groups).to.deep.equal([
      { id: 1, dimension: 2, poolShareBps: 2_000n },
      { id: 3, dimension: 5, poolShareBps: 600n },
    ]);
  });
});
