import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { id } from "ethers";
import { network } from "hardhat";

import { audit, type Audit } from "../src/audit/audit.ts";
import { decentralisation } from "../src/metrics/decentralisation.ts";
import { measure } from "../src/metrics/measure.ts";
import { holdingsOfLens } from "../src/metrics/sources.ts";
import { renderPage, type ReportData } from "../src/report/page.ts";
import { Chance } from "./demo/random.ts";
import { setUp, type Stage } from "./demo/setUp.ts";
import { ethers, play, type Diary } from "./demo/story.ts";
import { collectLogs, readEndState } from "./steps/logs.ts";

const OPERATORS = 100;
const STAKERS = 500;
const EPOCHS = 30;
const SEED = 20_261_120;
const ACCOUNTS = 650;
const PAGE_SIZE = 30n;
const STATES = ["none", "ramping", "active", "draining", "delisted", "removed"];
const REPORT = "reports/demo.html";

const start = Date.now();
const say = (line: string) => {
  console.log(`${((Date.now() - start) / 1_000).toFixed(0).padStart(4)} s  ${line}`);
};

const connection = await network.create({ network: "default", override: { accounts: fundedAccounts(ACCOUNTS) } });
const chance = new Chance(SEED);
say(`an in-process chain, ${OPERATORS} operators, ${STAKERS} stakers, ${EPOCHS} epochs`);
const stage = await setUp(connection, chance, { operators: OPERATORS, stakers: STAKERS }, say);
const diary = await play(stage, chance, EPOCHS, say);

say("recomputing the promises from the logs");
const events = await collectLogs(stage.trellis);
const result = audit(events, await readEndState(stage.trellis, events));
const report = await describe(stage, diary, result);
await mkdir("reports", { recursive: true });
const library = await readFile(fileURLToPath(import.meta.resolve("echarts/dist/echarts.min.js")), "utf8");
await writeFile(REPORT, renderPage(report, library));

console.log(`\n${report.title}\n`);
const width = Math.max(...report.summary.map(([label]) => label.length));
for (const [label, value] of report.summary) console.log(`  ${label.padEnd(width)}  ${value}`);
console.log();
if (result.findings.length === 0) {
  console.log(`Every promise holds: recomputed from ${events.length} logs, nothing was found.`);
} else {
  for (const { promise, message, block } of result.findings) {
    console.log(`${promise} does not hold: ${message}${block === null ? "" : ` (block ${block})`}`);
  }
  process.exitCode = 1;
}
console.log(`Charts: ${REPORT}`);

async function describe(
  { trellis, groupNames }: Stage,
  done: Diary,
  { book, findings, rounds, faultyReadings, rejectedSheets }: Audit,
): Promise<ReportData> {
  const { lens } = trellis;
  const pool = await lens.pool();
  const operators = [];
  for (let from = 1n; from <= pool.operatorCount; from += PAGE_SIZE) {
    operators.push(...(await lens.operators(from, PAGE_SIZE)));
  }
  const groups = [];
  for (let from = 1n; from <= pool.groupCount; from += PAGE_SIZE) groups.push(...(await lens.groups(from, PAGE_SIZE)));
  const positions = operators.map(({ position }) => position.position);
  const spread = decentralisation(positions.filter((position) => position > 0n));
  const waiting = book.exits.waiting().filter(({ fundedAt }) => fundedAt !== null);
  const hours = waiting.map(({ askedAt, fundedAt }) => Number(fundedAt! - askedAt) / 3_600);
  const points = book.points.filter(({ supply }) => supply > 0n);

  return {
    title: "Trellis demo: 100 operators, 30 epochs",
    summary: [
      ["share price, start to end", `1.000000 → ${ethers(pool.rate, 6)}`],
      [
        "staked, at operators, idle (ether)",
        [pool.book.assets, pool.book.delegated, pool.live.free].map((x) => ethers(x, 1)).join(", "),
      ],
      ["stakes, exits, withdrawals", `${done.stakes}, ${done.exits}, ${done.withdrawals}`],
      ["exits still waiting (ether)", ethers(pool.book.owed, 3)],
      ["exits waited (hours, longest)", hours.length === 0 ? "none" : Math.max(...hours).toFixed(1)],
      ["rounds completed in epochs", `${rounds} in ${done.epochs}`],
      ["faulty readings, sheets rejected", `${faultyReadings}, ${rejectedSheets}`],
      [
        "moved: violations, exits, optimisation, up (ether)",
        [done.moved.class0, done.moved.class1, done.moved.class2, done.moved.up].map((x) => ethers(x, 1)).join(", "),
      ],
      ["keeper: transactions, gas", `${done.transactions}, ${(Number(done.gas) / 1e6).toFixed(0)} million`],
      ["rewards paid by the network (ether)", ethers(done.rewards, 2)],
      ["largest operator's share of the stake", `${(spread.maxShare * 100).toFixed(2)} %`],
      [
        "effective number of operators, HHI, Nakamoto (1/3)",
        `${spread.effectiveNumber.toFixed(1)}, ${spread.hhi.toFixed(1)}, ${spread.nakamotoThird}`,
      ],
    ],
    findings: findings.map(({ promise, message }) => `${promise}: ${message}`),
    operators: operators.map(({ id, operator, position, rooms }) => ({
      name: `operator ${id}`,
      position: number(position.position),
      target: number(rooms.target),
      cap: number(rooms.cap),
      state: position.writtenDown ? "written down" : position.faulted ? "faulted" : STATES[Number(operator.state)]!,
    })),
    groups: groups.map(({ id, snapshot }) => ({
      name: groupNames.get(id) ?? `group ${id}`,
      position: number(snapshot.position),
      cap: snapshot.cap === 2n ** 96n - 1n ? null : number(snapshot.cap),
    })),
    price: points.map(({ timestamp, assets, supply }) => [
      Number(timestamp),
      Number((assets * 10n ** 12n) / supply) / 1e12,
    ]),
    waiting: waiting.map(({ batch, assets }, i) => ({
      batch: Number(batch),
      hours: hours[i]!,
      amount: number(assets),
    })),
    spread: measure(holdingsOfLens({ operators }), pool.live.networkStake),
  };
}

/** Accounts with 10,000 ether each. Keys from a phrase would take longer to derive than the story to tell. */
function fundedAccounts(count: number) {
  return Array.from({ length: count }, (_, i) => ({ privateKey: id(`trellis demo ${i}`), balance: 10n ** 22n }));
}

function number(wei: bigint): number {
  return Number(wei / 10n ** 9n) / 1e9;
}
