import type { EpochReport, ReportedOperator } from "../../../src/reports/epoch.ts";
import { NO_CAP } from "../../../rocketh/parameters.ts";
import type { Call } from "../../steps/notice.ts";
import { now } from "../../steps/time.ts";
import { FIRST_WEIGHT, HIGHEST_WEIGHT, REPORTS_TO_MOVE } from "./settings.ts";
import { type Actor, createActor, packedGroups, type SeriesStage } from "./stage.ts";

const NO_SALT = `0x${"00".repeat(32)}`;
const NOTICE_GAS = 1_500_000n;
const PENDING = 1n; // as in INotice.Status

/** A change that has been announced. */
interface Pending {
  readonly call: Call;
  readonly earliest: bigint;
  /** Who is listed by it, if anybody. */
  readonly newcomer: Actor | null;
}

/** What governance did in an epoch. */
export interface Governed {
  readonly announced: number;
  readonly listed: readonly string[];
  readonly moved: number;
}

/** A group that reports say an operator is in, and how many of them in a row. */
interface Sighting {
  readonly groups: bigint;
  readonly reports: number;
}

/**
 * Follows a series as governance would: who is open and new is listed, who is seen in other groups in two reports in a row
 * changes them, all of it with notice.
 */
export class Governance {
  readonly #stage: SeriesStage;
  readonly #sightings = new Map<string, Sighting>();
  readonly #announced = new Set<string>();
  #pending: Pending[] = [];

  constructor(stage: SeriesStage) {
    this.#stage = stage;
  }

  /** Makes what has been announced long enough ago, and announces what a report gives reason to. No round may be open. */
  async follow(report: EpochReport): Promise<Governed> {
    const { listed, moved } = await this.#execute();
    const calls = [...(await this.#newcomers(report)), ...(await this.#moves(report))];
    for (const { call, newcomer } of calls) await this.#announce(call, newcomer);
    return { announced: calls.length, listed, moved };
  }

  async #execute(): Promise<{ listed: string[]; moved: number }> {
    const { notice } = this.#stage.trellis;
    const time = await now(this.#stage.trellis);
    const listed: string[] = [];
    let moved = 0;
    const waiting: Pending[] = [];
    for (const pending of this.#pending) {
      const { target, data } = pending.call;
      if (pending.earliest > time || !(await notice.isExecutable(target, data, NO_SALT))) {
        waiting.push(pending);
        continue;
      }
      await notice.execute(target, data, NO_SALT, { gasLimit: NOTICE_GAS });
      if (pending.newcomer === null) {
        moved += 1;
        continue;
      }
      this.#stage.actors.push(pending.newcomer);
      listed.push(pending.newcomer.name);
    }
    this.#pending = waiting;
    return { listed, moved };
  }

  async #newcomers({ operators }: EpochReport): Promise<{ call: Call; newcomer: Actor }[]> {
    const { trellis, actors, groupIds } = this.#stage;
    const known = new Set(actors.map(({ name }) => name));
    const factory = await trellis.factory.getAddress();
    const calls = [];
    for (const reported of operators) {
      if (!reported.open || known.has(reported.id) || this.#announced.has(reported.id)) continue;
      this.#announced.add(reported.id);
      const newcomer = await createActor(this.#stage, reported);
      const listing = {
        pool: newcomer.address,
        factory,
        weight: FIRST_WEIGHT,
        minWeight: 0,
        maxWeight: HIGHEST_WEIGHT,
        absoluteCap: NO_CAP,
        groups: packedGroups(groupIds, reported),
      };
      calls.push({ call: await this.#callOf("list", [listing]), newcomer });
    }
    return calls;
  }

  async #moves({ operators }: EpochReport): Promise<{ call: Call; newcomer: null }[]> {
    const { actors, groupIds } = this.#stage;
    const reportedOf = new Map(operators.map((reported) => [reported.id, reported]));
    const calls = [];
    for (const [index, { name }] of actors.entries()) {
      const reported = reportedOf.get(name);
      if (reported === undefined || !this.#isMove(name, reported, groupIds)) continue;
      const groups = packedGroups(groupIds, reported);
      calls.push({ call: await this.#callOf("setGroups", [index + 1, groups]), newcomer: null });
    }
    return calls;
  }

  /** Whether an operator was seen in the same new groups often enough, just now. */
  #isMove(name: string, reported: ReportedOperator, groupIds: ReadonlyMap<string, number>): boolean {
    const groups = packedGroups(groupIds, reported);
    const before = this.#sightings.get(name);
    if (before === undefined) {
      this.#sightings.set(name, { groups, reports: REPORTS_TO_MOVE });
      return false;
    }
    const reports = before.groups === groups ? before.reports + 1 : 1;
    this.#sightings.set(name, { groups, reports });
    return reports === REPORTS_TO_MOVE;
  }

  async #announce(call: Call, newcomer: Actor | null): Promise<void> {
    const { notice, governance } = this.#stage.trellis;
    const { target, data } = call;
    const id = await notice.idOf(target, data, NO_SALT);
    if ((await notice.announcement(id)).status === PENDING) return;
    await notice.connect(governance).announce(target, data, NO_SALT, { gasLimit: NOTICE_GAS });
    this.#pending.push({ call, earliest: await notice.earliestOf(id), newcomer });
  }

  async #callOf(name: "list" | "setGroups", args: readonly unknown[]): Promise<Call> {
    const { registry } = this.#stage.trellis;
    return {
      target: await registry.getAddress(),
      data: registry.interface.encodeFunctionData(name as "list", args as never),
    };
  }
}
