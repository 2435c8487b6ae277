import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { toJson } from "../../src/keeper/log.ts";
import { measureBaseline } from "./baseline.ts";
import { KEEPERS_OPERATORS, type KeeperCosts, measureKeepers } from "./keepers.ts";
import { measureOperatorPool, type PoolCosts } from "./operatorPool.ts";
import { measureReports, type ReportCosts } from "./reports.ts";
import { setStage } from "./stage.ts";
import { measureUsers, OPERATIONS, type Operation, type UserCosts } from "./users.ts";

/** Gas of everything, as it is recorded. `flat` has what a later transaction costs, by the number of operators. */
export interface Gas extends UserCosts, KeeperCosts, ReportCosts {
  readonly flat: Readonly<Record<Operation, Readonly<Record<number, number>>>>;
  /** What users of one operator's own pool pay. */
  readonly operatorPool: PoolCosts;
}

export interface Snapshot {
  readonly gas: Gas;
  readonly baseline: Readonly<Record<Operation, number>>;
}

export const SIZES = [1, 10, 100, 1_000] as const;
/** A thousand operators take minutes to list. */
export const RECORDED_SIZES = SIZES.slice(0, 3);

/** The size whose figures stand for all. */
const USUAL_SIZE = 10;
const FILE = fileURLToPath(new URL("../../test/gas/snapshot.json", import.meta.url));

/** Measures everything with pools of so many operators, and the plain vault. */
export async function measure(sizes: readonly number[], say: (line: string) => void): Promise<Snapshot> {
  const users = new Map<number, UserCosts>();
  for (const size of sizes) {
    const stage = await setStage(size, say);
    users.set(size, await measureUsers(stage));
    await stage.chain.connection.close();
  }
  const stage = await setStage(KEEPERS_OPERATORS, say);
  const keepers = await measureKeepers(stage);
  const operatorPool = await measureOperatorPool(stage);
  const reports = await measureReports(stage);
  await stage.chain.connection.close();
  say("what keepers, the committee and the users of operators' pools pay is measured");
  const baseline = await measureBaseline();

  const byOperation = <Value>(value: (operation: Operation) => Value) =>
    Object.fromEntries(OPERATIONS.map((operation) => [operation, value(operation)])) as Record<Operation, Value>;
  return {
    gas: {
      ...users.get(USUAL_SIZE)!,
      flat: byOperation((operation) =>
        Object.fromEntries([...users].map(([size, costs]) => [size, costs[operation].repeat])),
      ),
      ...keepers,
      ...reports,
      operatorPool,
    },
    baseline: byOperation((operation) => baseline[operation].repeat),
  };
}

/** What was recorded, of the recorded sizes. */
export async function readSnapshot(): Promise<Snapshot> {
  return JSON.parse(await readFile(FILE, "utf8")) as Snapshot;
}

export async function writeSnapshot(snapshot: Snapshot): Promise<void> {
  await writeFile(FILE, `${toJson(snapshot, 2)}\n`);
}
