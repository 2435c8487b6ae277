import { renderPairs, renderTable } from "../cli/table.ts";
import type { Decentralisation } from "./decentralisation.ts";
import { type Measured, type Measurement, OPERATOR } from "./measure.ts";

/** Of each dimension, how many of the largest are shown. */
const LARGEST = 5;

/** A measurement as lines of text. */
export function renderMeasurement(measurement: Measurement): string[] {
  const { measured } = measurement;
  return [
    ...renderPairs(summaryOf(measurement)),
    "",
    ...renderTable(
      ["", "holders", "HHI", "effective", "Gini", "entropy", "Nakamoto 1/3", "1/2", "2/3", "largest"],
      measured.flatMap(({ dimension, pool, network }) => [
        ...(pool === null ? [] : [row(`per ${dimension}, pool`, pool)]),
        row(`per ${dimension}, network`, network),
      ]),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    ),
    "",
    ...renderTable(
      ["the largest", "", "of the pool", "of the network"],
      measured.flatMap(({ dimension, shares }) =>
        shares
          .slice(0, LARGEST)
          .map(({ name, pool, network }, index) => [
            index === 0 ? dimension : "",
            name,
            percent(pool),
            percent(network),
          ]),
      ),
      [2, 3],
    ),
  ];
}

/** What the measures are of. */
export function summaryOf({ measured, poolStake, listedStake, networkStake }: Measurement): [string, string][] {
  const operators = measured.find(({ dimension }) => dimension === OPERATOR);
  return [
    ["operators, with stake of the pool", `${operators?.shares.length ?? 0}, ${operators?.pool?.holders ?? 0}`],
    ["the pool's part of their stake", quotient(poolStake, listedStake)],
    ["their part of the network's stake", networkStake === null ? "not known" : quotient(listedStake, networkStake)],
  ];
}

/** The dimension's measures, for the pool where it holds anything. */
export function headlineOf({ pool, network }: Measured): string {
  const of = pool ?? network;
  return `HHI ${of.hhi.toFixed(0)}, effective number ${of.effectiveNumber.toFixed(1)}, Nakamoto ${of.nakamotoThird}`;
}

function row(title: string, of: Decentralisation): string[] {
  return [
    title,
    of.holders.toString(),
    of.hhi.toFixed(1),
    of.effectiveNumber.toFixed(1),
    of.gini.toFixed(3),
    of.entropy.toFixed(2),
    of.nakamotoThird.toString(),
    of.nakamotoHalf.toString(),
    of.nakamotoTwoThirds.toString(),
    percent(of.maxShare),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

function quotient(part: bigint, whole: bigint): string {
  return whole === 0n ? "none" : percent(Number((part * 1_000_000n) / whole) / 1_000_000);
}
