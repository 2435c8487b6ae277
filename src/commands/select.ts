import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { parseAddress, parseBps, parseCount } from "../cli/amounts.ts";
import { type CommandFactory, inSession, placedCommand, type World } from "../cli/command.ts";
import { readAddress } from "../cli/deployment.ts";
import { Failure } from "../cli/failure.ts";
import { readFileWith } from "../cli/files.ts";
import { readReports } from "../cli/series.ts";
import type { Place } from "../cli/session.ts";
import { toJson } from "../keeper/log.ts";
import { DIMENSIONS, namedGroups } from "../lens/dimensions.ts";
import { readLens } from "../lens/read.ts";
import { type EpochReport, isUsable } from "../reports/epoch.ts";
import { type Changes, changesOf, type Newcomer } from "../selection/changes.ts";
import { type Before, explain } from "../selection/explain.ts";
import { type TightDimension, tightDimensions } from "../selection/headroom.ts";
import { parseNewcomers } from "../selection/newcomers.ts";
import { proposalOf, type Site } from "../selection/notice.ts";
import { renderSelection, selectionJson } from "../selection/render.ts";
import { ledgersOf, select, windowsOf } from "../selection/select.ts";
import { isIn, listedAs, readStanding, type Standing } from "../selection/standing.ts";
import type { Selection, Settings } from "../selection/types.ts";
import { StakingPool__factory } from "../../types/index.ts";

interface Options extends Place {
  readonly epoch?: string;
  readonly ledgers?: string;
  readonly serpentine: boolean;
  readonly commissionLimit: string;
  readonly commissionRise?: string;
  readonly epochsPerYear?: string;
  readonly caps: string;
  readonly explain?: string;
  readonly deployed: boolean;
  readonly propose?: string;
  readonly pools?: string;
  readonly minWeight: string;
  readonly maxWeight: string;
  readonly safe?: string;
  readonly json: boolean;
}

/** What a selection is compared with, and what it would change. */
interface Comparison {
  readonly before: Before;
  readonly tight: readonly TightDimension[];
  readonly changes: Changes | null;
  readonly site: Site | null;
}

export const selectCommand: CommandFactory = (world) =>
  placedCommand("select", "Chooses operators by their record, says why, and proposes the change.")
    .argument("<series>", "a series of epochs: .csv or .json")
    .option("--epoch <number>", "as of that epoch of the series; its last, if left out")
    .option("--ledgers <count>", "three operators for each; as many as the pool's stake needs, if left out")
    .option("--serpentine", "deal forth and back instead of by rank", false)
    .option("--commission-limit <bps>", "who asks for more is not chosen", "1000")
    .option("--commission-rise <bps>", "by which a commission may rise in an epoch; none, if left out")
    .option("--epochs-per-year <count>", "if it is not that of the series")
    .option("--caps <list>", "shares of groups that hold, such as jurisdiction=2000,client=3300 (basis points)", "")
    .option("--explain <operator>", "says why one operator is in, out or changed")
    .option("--deployed", "compare with the deployed pool, not with the selection of the epoch before", false)
    .option("--propose <folder>", "writes the change of the deployed pool: for Safes, and as calls of Notice")
    .option("--pools <csv>", "pools of operators that are not listed: id, pool, factory and groups by dimension")
    .option("--min-weight <weight>", "of who comes in; 10000 is the mean", "1000")
    .option("--max-weight <weight>", "of who comes in", "40000")
    .option("--safe <address>", "the Safe that is to import the proposal")
    .option("--json", "as JSON", false)
    .action(async (file: string, options: Options) => {
      const safe = options.safe === undefined ? "" : parseAddress(options.safe);
      const { reports, epochsPerYear } = readSeries(file, options);
      const settings = settingsOf(reports, epochsPerYear, options);
      const selection = select(reports, settings)!; // the settings found an epoch of use

      const comparison =
        options.deployed || options.propose !== undefined
          ? await withPool(world, options, selection)
          : withSeries(reports, selection, options);
      if (options.explain !== undefined) say(world, options, selection, comparison.before, options.explain);
      else {
        const told = { selection, ...comparison };
        if (options.json) world.out(toJson(selectionJson(told), 2));
        else renderSelection(told).forEach(world.out);
      }
      if (options.propose !== undefined) writeProposal(world, options.propose, safe, selection, comparison);
    });

function readSeries(file: string, { epoch, epochsPerYear }: Options) {
  const recorded = readReports(file);
  if (recorded === null) throw new Failure(`${file} is no series of epochs.`);
  const reports =
    epoch === undefined ? recorded.reports : recorded.reports.filter((report) => report.epoch <= parseCount(epoch));
  if (epoch !== undefined && reports.at(-1)?.epoch.toString() !== epoch) {
    throw new Failure(`${file} has no epoch ${epoch}.`);
  }
  if (epoch !== undefined && !isUsable(reports.at(-1)!)) {
    throw new Failure(`Epoch ${epoch} of ${file} is of no use: it does not say anything new.`);
  }
  return { reports, epochsPerYear: epochsPerYear === undefined ? recorded.epochsPerYear : parseCount(epochsPerYear) };
}

function settingsOf(reports: readonly EpochReport[], epochsPerYear: number, options: Options): Settings {
  const last = reports.findLast(isUsable);
  if (last === undefined) throw new Failure("The series has no epoch of use.");
  const ledgers = options.ledgers === undefined ? ledgersOf(last) : parseCount(options.ledgers);
  if (ledgers === 0) throw new Failure("Say --ledgers: the series knows no stake of a pool.");
  return {
    windows: windowsOf(epochsPerYear),
    ledgers,
    deal: options.serpentine ? "serpentine" : "ranks",
    commissionLimitBps: parseBps(options.commissionLimit),
    commissionRiseBps: options.commissionRise === undefined ? 0n : parseBps(options.commissionRise),
  };
}

/** Compared with whom the same rules chose an epoch earlier; caps are those that were given. */
function withSeries(reports: readonly EpochReport[], selection: Selection, { caps }: Options): Comparison {
  const earlier = select(
    reports.filter(({ epoch }) => epoch < selection.report.epoch),
    selection.settings,
  );
  const shares = parseCaps(caps);
  const memberships = selection.chosen.map(({ last }) => last?.groups ?? {});
  return {
    before: earlier === null ? null : new Set(earlier.chosen.map(({ id }) => id)),
    tight: tightDimensions(memberships, [...shares.keys()], (dimension) => shares.get(dimension) ?? null),
    changes: null,
    site: null,
  };
}

/** Compared with whom the deployed pool has, by its caps. */
function withPool(world: World, options: Options, selection: Selection): Promise<Comparison> {
  const newcomers =
    options.pools === undefined ? new Map<string, Newcomer>() : readFileWith(options.pools, parseNewcomers);
  const bounds = { minWeight: parseCount(options.minWeight), maxWeight: parseCount(options.maxWeight) };
  if (bounds.minWeight > bounds.maxWeight) throw new Failure("The lowest weight is above the highest.");
  return inSession(world, options, async ({ contracts, provider, deployment }) => {
    const standing = await readStanding(await readLens(contracts.lens), (pool) =>
      StakingPool__factory.connect(pool, provider).get_staking_key(),
    );
    const groupsOf = (id: string) => listedAs(standing, id)?.groups ?? newcomers.get(id)?.groups ?? [];
    return {
      before: new Set(selection.candidates.map(({ id }) => id).filter((id) => isHeld(standing, id))),
      tight: tightDimensions(
        selection.chosen.map(({ id }) => namedGroups(groupsOf(id))),
        DIMENSIONS,
        (_, group) => standing.groups.find(({ id }) => id.toString() === group)?.poolShareBps ?? null,
      ),
      changes: changesOf(selection, standing, newcomers, bounds),
      site: {
        chainId: deployment.chainId,
        registry: deployment.addresses.OperatorRegistry,
        notice: readAddress(options.deployments, options.network, "Notice"),
      },
    };
  });
}

function isHeld(standing: Standing, id: string): boolean {
  const listed = listedAs(standing, id);
  return listed !== null && isIn(listed);
}

function say(world: World, { json }: Options, selection: Selection, before: Before, operator: string): void {
  const sentences = explain(selection, before, operator);
  if (sentences === null) throw new Failure(`Nobody in the series is called ${operator}.`);
  if (json) world.out(toJson({ operator, epoch: selection.report.epoch, sentences }, 2));
  else sentences.forEach(world.out);
}

function writeProposal(
  world: World,
  folder: string,
  safe: string,
  { report }: Selection,
  { changes, site, tight }: Comparison,
): void {
  if (changes === null || site === null) return;
  const proposal = proposalOf(changes.changes, site, { epoch: report.epoch, createdAt: Date.now(), safe, tight });
  const { announce, drain, execute, notice } = proposal;
  const files = {
    "announce.safe.json": announce,
    "drain.safe.json": drain,
    "execute.safe.json": execute,
    "notice.json": { ...site, epoch: report.epoch, tight: proposal.tight, changes: notice },
  };
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path.join(folder, name), `${toJson(content, 2)}\n`);
  }
  world.err(`Wrote ${Object.keys(files).length} files to ${folder}: ${changes.changes.length} changes.`);
}

function parseCaps(list: string): Map<string, bigint> {
  if (list === "") return new Map();
  return new Map(
    list.split(",").map((entry) => {
      const [dimension, bps, ...rest] = entry.split("=");
      if (dimension === undefined || bps === undefined || rest.length > 0) {
        throw new Failure(`"${entry}" is not a dimension and a share, such as jurisdiction=2000.`);
      }
      return [dimension, parseBps(bps)] as const;
    }),
  );
}
