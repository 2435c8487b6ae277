import type { Interface, LogDescription, Provider, Signer, TransactionReceipt } from "ethers";

import { type KeeperContracts, providerOf, unsigned } from "./contracts.ts";
import { faultOf, messageOf } from "./errors.ts";
import type { Fields } from "./log.ts";
import { type KeeperOptions, type Settings, withDefaults } from "./options.ts";
import type { Outcome } from "./report.ts";
import { withRetries } from "./retry.ts";
import { type Call, type Refusal, sendTransaction } from "./transactions.ts";

/** What one job works with, and what it has spent. */
export interface Desk<Contracts = KeeperContracts> {
  readonly job: string;
  /** Read through the node alone. */
  readonly contracts: Contracts;
  readonly provider: Provider;
  /** Null in a dry run. */
  readonly signer: Signer | null;
  /** Whom calls are simulated as. */
  readonly from: string | undefined;
  readonly settings: Settings;
  transactions: number;
  gasUsed: bigint;
}

/** What became of a transaction: a receipt, or why none was sent. */
export type Sent =
  | { readonly receipt: TransactionReceipt; readonly refusal: null }
  | { readonly receipt: null; readonly refusal: Refusal };

export async function openDesk(job: string, contracts: KeeperContracts, options: KeeperOptions): Promise<Desk> {
  return deskAt(job, unsigned(contracts), contracts.signer, options);
}

/** A desk with any contracts that are connected to a node, the allocator among them. */
export async function deskAt<Contracts extends Pick<KeeperContracts, "allocator">>(
  job: string,
  contracts: Contracts,
  signer: Signer | null,
  options: KeeperOptions,
): Promise<Desk<Contracts>> {
  const settings = withDefaults(options);
  return {
    job,
    contracts,
    provider: providerOf(contracts),
    signer: settings.dryRun ? null : signer,
    from: await signer?.getAddress(),
    settings,
    transactions: 0,
    gasUsed: 0n,
  };
}

export function say(desk: Desk<unknown>, message: string, fields: Fields = {}): void {
  desk.settings.log({ level: "info", job: desk.job, message, fields });
}

export function warn(desk: Desk<unknown>, message: string, fields: Fields = {}): void {
  desk.settings.log({ level: "warn", job: desk.job, message, fields });
}

/** Reads, patiently. */
export function ask<T>(desk: Desk<unknown>, question: () => Promise<T>): Promise<T> {
  return withRetries(desk.settings.patience, question);
}

/** Sends a call and waits for it. A revert is thrown. */
export async function send(desk: Desk<unknown>, call: Call): Promise<Sent> {
  if (desk.signer === null) return { receipt: null, refusal: "dryRun" };
  const sent = await sendTransaction(desk.provider, desk.signer, desk.settings, call);
  if (sent.receipt !== null) {
    desk.transactions += 1;
    desk.gasUsed += sent.receipt.gasUsed;
  }
  return sent;
}

/** What the contract that was called has emitted. A pool that it calls may emit the same, of other operators as well. */
export function eventsOf(contract: { interface: Interface }, { to, logs }: TransactionReceipt): LogDescription[] {
  return logs
    .filter(({ address }) => address === to)
    .map((log) => contract.interface.parseLog(log))
    .filter((event) => event !== null);
}

/** What a piece of a job came to: `again` after progress, `reread` if the state moved under it, else how the job ended. */
export type Step = "again" | { readonly outcome: Outcome; readonly reason: string | null };

/**
 * Repeats a step until it ends the job. A step that failed because the chain moved is taken anew, from a fresh reading,
 * a bounded number of times without progress. Whatever else fails ends the job without ending the others.
 */
export async function work(
  desk: Desk<unknown>,
  maxSteps: number,
  step: () => Promise<Step>,
): Promise<{ outcome: Outcome; reason: string | null }> {
  let failures = 0;
  for (let steps = 0; steps < maxSteps; steps += 1) {
    try {
      const result = await step();
      if (result !== "again") return result;
      failures = 0;
    } catch (error) {
      const fault = faultOf(error);
      if (fault === "unknown") throw error;
      failures += 1;
      const reason = messageOf(error);
      warn(desk, "failed", { fault, reason });
      if (fault !== "state" || failures > desk.settings.rereads) return { outcome: "incomplete", reason };
    }
  }
  return { outcome: "incomplete", reason: `more than ${maxSteps} steps` };
}

/** How a refusal to send ends a job. */
export function refused(desk: Desk<unknown>, refusal: Refusal): { outcome: Outcome; reason: string } {
  const reasons: Record<Refusal, string> = {
    dryRun: "nothing was sent: dry run",
    gasPrice: "gas costs more than allowed",
    balance: "the account's balance does not cover the gas",
  };
  const reason = reasons[refusal];
  if (refusal !== "dryRun") warn(desk, reason);
  return { outcome: desk.transactions === 0 ? "skipped" : "incomplete", reason };
}
