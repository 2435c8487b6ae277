import { expect } from "chai";

import { audit } from "../../src/audit/audit.ts";
import type { Audit, EndState } from "../../src/audit/audit.ts";
import type { LogEvent, Source } from "../../src/audit/events.ts";

const ZERO = "0x0000000000000000000000000000000000000000";
const POOL = "0x00000000000000000000000000000000000000aa";
const ALICE = "0x00000000000000000000000000000000000000a1";
const BOB = "0x00000000000000000000000000000000000000b0";
const NO_SHARE = 65_535n;

type Args = Record<string, unknown>;

/** A story in which everything is right: two stakers, an operator that is funded, gains and loses, one exit. */
function story(): { events: LogEvent[]; end: EndState } {
  const events: LogEvent[] = [];
  const log = (source: Source, name: string, args: Args, timestamp: bigint) => {
    events.push({ source, name, args, block: events.length + 1, index: 0, timestamp });
  };
  const stake = (account: string, assets: bigint, shares: bigint, at: bigint) => {
    log("MetaPool", "Staked", { account, receiver: account, assets, shares }, at);
    log("MetaPool", "Transfer", { from: ZERO, to: account, value: shares }, at);
  };

  log("OperatorRegistry", "PolicyChanged", { newPolicy: { poolShareBps: 5_000n, netShareBps: NO_SHARE } }, 0n);
  stake(POOL, 100n, 100n, 0n);
  stake(ALICE, 1_000n, 1_000n, 10n);
  stake(BOB, 900n, 900n, 20n);
  log("Allocator", "RoundBegun", { round: 1n }, 100n);
  log("Allocator", "OperatorSnapshot", snapshotOf(0n), 100n);
  log("Allocator", "GroupSnapshotTaken", { group: 1n, cap: 950n }, 100n);
  log("MetaPool", "RoundEnded", roundEnd(0n, 0n, 0n), 100n);
  log(
    "Allocator",
    "RoundCompleted",
    { round: 1n, snapshot: { total: 2_000n, faultedStake: 0n, networkStake: 0n } },
    100n,
  );
  log("MetaPool", "Funded", { assets: 900n }, 110n);
  log("Allocator", "Moved", { id: 1n, up: true, position: 900n, unbonding: 0n }, 110n);

  // Bob leaves with 450 of his 900; the buffer of 1,100 pays him at the end of the next round.
  log("MetaPool", "Unstaked", { account: BOB, batch: 2n, assets: 450n, shares: 450n, units: 450n }, 120n);
  log("MetaPool", "Transfer", { from: BOB, to: ZERO, value: 450n }, 120n);
  log("Allocator", "RoundBegun", { round: 2n }, 200n);
  log("Allocator", "OperatorFaulted", { id: 2n }, 200n);
  log("MetaPool", "GainBooked", { assets: 90n }, 200n);
  log("MetaPool", "RoundEnded", roundEnd(90n, 90n, 300n), 200n);
  log(
    "Allocator",
    "RoundCompleted",
    { round: 2n, snapshot: { total: 2_000n, faultedStake: 0n, networkStake: 0n } },
    200n,
  );
  log("MetaPool", "BatchFunded", { batch: 2n, assets: 450n, closed: true }, 210n);
  log("MetaPool", "Withdrawn", { account: BOB, receiver: BOB, assets: 450n }, 220n);
  // At 250 half of the 90 is still locked. A loss of 60 eats those 45, then 15 of the shares' worth.
  const loss = { assets: 60n, fromRoundGain: 0n, fromLocked: 45n, fromShares: 15n, fromExits: 0n };
  log("MetaPool", "LossBooked", loss, 250n);

  // E = 2,000 − 450 + 90 − 60; the pool has 1,100 − 450 idle.
  const accounts = new Map([
    [ALICE, { shares: 1_000n, unstaked: 0n }],
    [BOB, { shares: 450n, unstaked: 0n }],
  ]);
  return { events, end: { timestamp: 300n, assets: 1_580n, supply: 1_550n, balance: 650n, accounts } };
}

function snapshotOf(position: bigint): Args {
  return { id: 1n, position, snapshot: { fixedCap: 10_000n, others: 0n, groups: 1n } };
}

function roundEnd(gain: bigint, locked: bigint, releaseEnd: bigint): Args {
  return { gain, fee: 0n, feeShares: 0n, locked, releaseEnd };
}

/** Changes the first log of that name. */
function tamper(events: LogEvent[], name: string, change: Args, skip = 0): LogEvent[] {
  const at = events.map((event, i) => (event.name === name ? i : -1)).filter((i) => i >= 0)[skip];
  if (at === undefined) throw new Error(`no ${name} in the story`);
  return events.map((event, i) => (i === at ? { ...event, args: { ...event.args, ...change } } : event));
}

function promisesOf({ findings }: Audit): string[] {
  return findings.map(({ promise }) => promise);
}

describe("audit", () => {
  it("finds nothing where everything is right", () => {
    const { events, end } = story();
    const result = audit(events, end);
    expect(result.findings).to.deep.equal([]);
    expect([result.rounds, result.faultyReadings, result.rejectedSheets]).to.deep.equal([2, 1, 0]);
    expect(result.book.exits.waiting()).to.deep.equal([{ batch: 2n, assets: 450n, askedAt: 120n, fundedAt: 210n }]);
  });

  it("finds a wrong price at the end", () => {
    const { events, end } = story();
    const result = audit(events, { ...end, assets: end.assets + 1n });
    expect(result.findings.map(({ message }) => message)).to.deep.equal([
      "the pool says that its shares are worth 1581 wei, the logs 1580",
    ]);
  });

  it("finds a price that fell without a loss", () => {
    const { events, end } = story();
    // Bob's 450 shares pay for 460.
    const result = audit(tamper(events, "Unstaked", { assets: 460n }), end);
    expect(promisesOf(result)).to.include("P7");
  });

  it("finds shares that were minted for nothing", () => {
    const { events, end } = story();
    const result = audit(tamper(events, "Transfer", { value: 1_100n }, 1), end);
    expect(promisesOf(result)).to.include("P7");
  });

  it("finds an operator above its cap", () => {
    const { events, end } = story();
    const tampered = tamper(tamper(events, "Moved", { position: 1_001n }), "GroupSnapshotTaken", { cap: 2_000n });
    expect(audit(tampered, end).findings.map(({ message }) => message)).to.deep.equal([
      "operator 1 was lifted to 1001 wei, above its cap of 1000 wei",
    ]);
  });

  it("finds an operator above its cap by what is on its way back, and what its group has to leave room for", () => {
    const { events, end } = story();
    const lifted = tamper(tamper(events, "Moved", { unbonding: 101n }), "GroupSnapshotTaken", { cap: 2_000n });
    expect(audit(lifted, end).findings.map(({ message }) => message)).to.deep.equal([
      "operator 1 was lifted to 1001 wei, above its cap of 1000 wei",
    ]);

    const read = { ...events.find(({ name }) => name === "OperatorSnapshot")!, name: "OperatorRead" };
    const withReading = [{ ...read, args: { id: 1n, unbonding: 51n } }, ...events];
    expect(audit(withReading, end).findings.map(({ message }) => message)).to.deep.equal([
      "group 1 was lifted to 951 wei, above its cap of 950 wei",
    ]);
  });

  it("finds a group above its cap", () => {
    const { events, end } = story();
    expect(
      audit(tamper(events, "Moved", { position: 951n }), end).findings.map(({ message }) => message),
    ).to.deep.equal(["group 1 was lifted to 951 wei, above its cap of 950 wei"]);
  });

  it("finds a payout that is missing", () => {
    const { events, end } = story();
    const result = audit(
      events.filter(({ name }) => name !== "Withdrawn"),
      end,
    );
    expect(result.findings.map(({ promise, message }) => `${promise} ${message}`)).to.deep.equal([
      `P1 the pool holds 650 wei and needs 1100 wei for what it owes at once`,
      `P1 ${BOB} is owed 450 wei by the logs, but the pool says 0`,
    ]);
  });

  it("finds shares that nobody's logs explain", () => {
    const { events, end } = story();
    const accounts = new Map([...end.accounts, [ALICE, { shares: 1_001n, unstaked: 0n }]]);
    expect(promisesOf(audit(events, { ...end, accounts }))).to.deep.equal(["P7"]);
  });

  it("finds a round that one operator stopped", () => {
    const { events, end } = story();
    const first = events.findIndex(({ name }) => name === "RoundCompleted");
    expect(promisesOf(audit(events.toSpliced(first, 1), end))).to.include("P6");
  });

  it("says which argument is missing from logs of another version", () => {
    const { events, end } = story();
    expect(() => audit(tamper(events, "Funded", { assets: "900" }), end)).to.throw(
      'MetaPool.Funded in block 13 has no amount "assets"',
    );
  });
});
