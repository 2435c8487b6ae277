import type { Trellis } from "./deployment.ts";
import { nextRound } from "./rounds.ts";
import { now, waitUntil } from "./time.ts";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

/** A call of another contract. */
export interface Call {
  readonly target: string;
  readonly data: string;
}

const NO_SALT = `0x${"00".repeat(32)}`;

/** Announces a call, lets its time pass and rounds complete until it can be made, and makes it. */
export async function changeWithNotice(trellis: Trellis, announcer: HardhatEthersSigner, call: Call): Promise<void> {
  const { notice } = trellis;
  const { target, data } = call;
  await notice.connect(announcer).announce(target, data, NO_SALT);
  await waitForNotice(trellis, call);
  await notice.execute(target, data, NO_SALT);
}

/** Lets time pass and rounds complete until an announced call can be made. */
export async function waitForNotice(trellis: Trellis, { target, data }: Call): Promise<void> {
  const { notice } = trellis;
  const id = await notice.idOf(target, data, NO_SALT);
  const earliest = await notice.earliestOf(id);
  while ((await now(trellis)) < earliest) await nextRound(trellis);
  await waitUntil(trellis, earliest);
  if (!(await notice.isStrict(target, data))) return;

  await notice.noteFunded(id);
  await waitUntil(trellis, await notice.leavingEndOf(id));
}
