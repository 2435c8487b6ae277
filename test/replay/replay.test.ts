import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";

import { renderReplay, replayJson } from "../../scripts/replay/print.ts";
import { type Replay, replay } from "../../scripts/replay/run.ts";
import { richAccounts } from "../../scripts/replay/setUp.ts";
import { complaintsOf } from "../../scripts/replay/verdict.ts";
import { parseSolanaEpoch, syntheticSolanaEpoch } from "../../src/data/solana.ts";
import { runReplay } from "./command.ts";

/** Few operators need large shares: a per cent each of twenty is not the whole. */
const RULES = { poolShareBps: 1_500, netShareBps: 2_500, countryShareBps: 5_000, networkShareBps: 5_000 };
const FILE = syntheticSolanaEpoch(25, 1);

describe("replay", () => {
  let result: Replay;

  before(async () => {
    const connection = await network.create({ network: "default", override: { accounts: richAccounts() } });
    result = await replay(connection, parseSolanaEpoch(FILE), { rules: RULES, epochs: 80 }, () => undefined);
    await connection.close();
  });

  it("lists who is eligible and who held stake of the pool", () => {
    const { parts, poolStake } = result.cast;
    const validators = parseSolanaEpoch(FILE);
    const expected = validators.filter((one) => one.eligible || one.pool_stake_lamports > 0n);

    expect(parts.map(({ name }) => name)).to.have.members(expected.map(({ id }) => id));
    const lamports = expected.reduce((sum, one) => sum + one.pool_stake_lamports, 0n);
    expect(poolStake).to.equal(lamports * 10n ** 9n);
  });

  it("ends where the rules want it", () => {
    expect(complaintsOf(result.verdict, result.work.settled)).to.deep.equal([]);
    expect(result.work.moved.class0 > 0n).to.equal(true);
    expect(result.work.moved.class2 > 0n).to.equal(true);
    expect(result.work.moved.up > 0n).to.equal(true);
  });

  it("holds nobody above a cap, grace included, and nothing at who is not eligible", () => {
    const { parts, groups, poolStake } = result.cast;
    const most = (shareBps: number) => (poolStake * BigInt(shareBps) * 105n) / 1_000_000n + 10n ** 18n;
    for (const [index, { eligible }] of parts.entries()) {
      const position = result.positions[index]!;
      expect(position <= most(RULES.poolShareBps)).to.equal(true);
      if (!eligible) expect(position).to.equal(0n);
    }
    for (const { id } of groups) {
      const members = result.positions.filter((_, index) => parts[index]!.groups.includes(id));
      expect(members.reduce((sum, position) => sum + position, 0n) <= most(RULES.countryShareBps)).to.equal(true);
    }
  });

  it("measures both ends", () => {
    const { before, after, cast } = result;
    // Few of so few are eligible, so they need not be less concentrated; the largest one is cut to its cap, though.
    expect(before.operator.holders).to.equal(cast.parts.filter(({ poolStake }) => poolStake > 0n).length);
    expect(after.operator.holders).to.equal(result.positions.filter((position) => position > 0n).length);
    expect(after.operator.maxShare).to.be.lessThan(before.operator.maxShare);
  });

  it("is told as a table and as JSON", () => {
    expect(renderReplay(result).join("\n")).to.contain("per operator, before");
    expect(JSON.parse(replayJson(result))).to.have.property("poolStake", result.cast.poolStake.toString());
  });

  it("complains about what is not as the rules want it", () => {
    const [name, position, target] = ["v0001", 5n, 3n];
    const verdict = { misplaced: [{ name, position, target }], needed: 2, findings: ["P2: too much"], logs: 1 };

    expect(complaintsOf(verdict, false)).to.have.length(4);
  });
});

describe("npm run replay", () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "replay-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("says in one sentence that the file is absent", async () => {
    const { code, err: lines } = await runReplay(join(folder, "absent.csv"));

    expect(code).to.equal(1);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^There is no file .*absent\.csv/);
  });

  it("says in one sentence where the file is wrong", async () => {
    const path = join(folder, "bad.csv");
    const [header, first, ...rest] = FILE.split("\n");
    const fields = first!.split(",");
    fields[3] = "much";
    await writeFile(path, [header, fields.join(","), ...rest].join("\n"));
    const { code, err: lines } = await runReplay(path);

    expect(code).to.equal(1);
    expect(lines).to.deep.equal([
      `${path}: Line 2, column "pool_stake_lamports" has "much" where a whole number belongs.`,
    ]);
  });

  it("refuses shares and epochs that are none", async () => {
    const { code, err: lines } = await runReplay("--epochs", "none");

    expect(code).to.equal(1);
    expect(lines[0]).to.contain("Give a whole number from 1 on.");
  });
});
