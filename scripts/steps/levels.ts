import type { IAllocator } from "../../types/contracts/Allocator.ts";
import type { Trellis } from "./deployment.ts";
import { MAX_PAGES, PAGE } from "./rounds.ts";

const NO_LEVEL = 2n ** 160n - 1n;
const AS_MANY_AS_FIT = 10_000n;

type Sheet = IAllocator.LevelStruct[];

/** The levels that a round starts with: the fair allocation if no cap of an operator and one group at most binds. */
export async function initialSheet({ allocator, registry }: Pick<Trellis, "allocator" | "registry">): Promise<Sheet> {
  const sheet: Sheet = [];
  const groups = await registry.groupCount();
  for (let group = 0n; group <= groups; ++group) {
    const { level } = await allocator.groupSnapshot(group);
    if (level !== NO_LEVEL) sheet.push({ group, level });
  }

  return sheet;
}

/** Certifies a sheet in as many transactions as it needs. Returns whether it passed. */
export async function certify({ allocator }: Pick<Trellis, "allocator">, sheet: Sheet): Promise<boolean> {
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const certification = await allocator.certifyLevels(sheet, AS_MANY_AS_FIT, PAGE);
    const receipt = (await certification.wait())!;
    const { certified } = await allocator.poolSnapshot();
    if (certified) return true;
    const names = receipt.logs.map((log) => allocator.interface.parseLog(log)?.name);
    if (!names.includes("LevelsProgress")) return false;
  }
  throw new Error(`A sheet of ${sheet.length} levels is not checked after ${MAX_PAGES} pages.`);
}
