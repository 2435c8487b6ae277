import { renderPairs, renderTable } from "../../src/cli/table.ts";
import { toJson } from "../../src/keeper/log.ts";
import type { Decentralisation } from "../../src/metrics/decentralisation.ts";
import type { Replay, Spread } from "./run.ts";
import { CHAIN, type Rules } from "./settings.ts";

const DAY = 86_400;

/** The rules that the stake was brought under, and the chain's times. */
export function describeRules(rules: Rules): string {
  const percent = (bps: number) => `${bps / 100} %`;
  return (
    `rules: ${percent(rules.poolShareBps)} of the pool and ${percent(rules.netShareBps)} of the network per operator, ` +
    `${percent(rules.countryShareBps)} of the pool per country, ${percent(rules.networkShareBps)} per hosting network; ` +
    `epochs of ${CHAIN.epochLength / DAY} days, unbonding ${CHAIN.unbondingEpochs} epoch`
  );
}

/** What became of it, for people. */
export function renderReplay({ cast, tightening, work, before, after, idle, tight, verdict }: Replay): string[] {
  const { class0, class1, class2, up } = work.moved;
  const eligible = cast.parts.filter((part) => part.eligible).length;
  const countries = cast.groups.filter(({ dimension }) => dimension === cast.groups[0]?.dimension).length;
  const kinds = ["operator", "country", "network"] as const;
  return [
    "",
    ...renderPairs([
      ["listed", `${eligible} eligible operators, ${cast.parts.length - eligible} others to be drained`],
      ["groups", `${countries} countries, ${cast.groups.length - countries} hosting networks`],
      ["stake of the pool", ether(cast.poolStake)],
      ["moved away (violations, exits, optimisation)", [class0, class1, class2].map(ether).join(", ")],
      ["moved to others, left idle", `${ether(up)}, ${ether(idle)}`],
      ["moved, of the pool's stake", `${share(class0 + class1 + class2, cast.poolStake)} %`],
      ["epochs, the keeper came in", `${work.epochs}, ${work.visits}`],
      ["keeper: transactions, legs, gas", `${work.transactions}, ${work.legs}, ${millions(work.gas)} million`],
      ["notice: changes, gas", `${tightening.calls}, ${millions(tightening.gas)} million`],
    ]),
    ...tight.map((kind) => `Headroom: the caps per ${kind} add up to less than 1.5 times the pool.`),
    "",
    ...renderTable(
      ["", "holders", "HHI", "Gini", "effective", "Nakamoto 1/3", "largest"],
      kinds.flatMap((kind) => [row(`per ${kind}, before`, before[kind]), row("after", after[kind])]),
      [1, 2, 3, 4, 5, 6],
    ),
    "",
    `recomputed from ${verdict.logs} logs: ${verdict.findings.length === 0 ? "no call lifted anyone above a cap" : "see below"}`,
  ];
}

/** The same as one value for programs; amounts in wei. */
export function replayJson({ cast, tightening, work, before, after, positions, idle, tight, verdict }: Replay): string {
  const operators = cast.parts.map(({ name, country, network, weight, poolStake }, index) => ({
    name,
    country,
    network,
    weight,
    before: poolStake,
    after: positions[index],
  }));
  const summary = { poolStake: cast.poolStake, idle, ...work, notice: tightening, tight };
  return toJson({ ...summary, before: figures(before), after: figures(after), verdict, operators }, 2);
}

function figures(spread: Spread) {
  return { operator: spread.operator, country: spread.country, network: spread.network };
}

function row(title: string, of: Decentralisation): string[] {
  return [
    title,
    of.holders.toString(),
    of.hhi.toFixed(1),
    of.gini.toFixed(3),
    of.effectiveNumber.toFixed(1),
    of.nakamotoThird.toString(),
    `${(of.maxShare * 100).toFixed(2)} %`,
  ];
}

function ether(wei: bigint): string {
  return (Number(wei / 10n ** 9n) / 1e9).toFixed(0);
}

function share(part: bigint, whole: bigint): string {
  return (Number((part * 10_000n) / whole) / 100).toFixed(2);
}

function millions(gas: bigint): string {
  return (Number(gas) / 1e6).toFixed(0);
}
