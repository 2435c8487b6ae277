import { setTimeout as sleep } from "node:timers/promises";

import type { Provider, Signer, TransactionReceipt } from "ethers";

import type { Settings } from "./options.ts";
import { withRetries } from "./retry.ts";

/** A call that changes the chain. */
export interface Call {
  readonly to: string;
  readonly data: string;
  /** Said explicitly: the keeper's calls do as much as their gas allows, so nobody can estimate it. */
  readonly gasLimit: bigint;
}

export type Refusal = "dryRun" | "gasPrice" | "balance";

type Result =
  | { readonly receipt: TransactionReceipt; readonly refusal: null }
  | { readonly receipt: null; readonly refusal: Refusal };

interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** A replacement must pay at least an eighth more than what it replaces. */
const REPLACEMENT_PERCENT = 125n;
const POLL = 1_000; // milliseconds

/**
 * Sends one transaction and waits until it is mined. The nonce is always the next one of the chain, so that a transaction
 * that is stuck is waited for, then replaced; nothing is sent twice and no nonce is skipped.
 */
export async function sendTransaction(
  provider: Provider,
  signer: Signer,
  settings: Settings,
  { to, data, gasLimit }: Call,
): Promise<Result> {
  const { patience, maxFeePerGas: ceiling } = settings;
  const from = await signer.getAddress();
  const { nonce, stuck } = await nextNonce(provider, from, settings);
  const fees = await currentFees(provider, settings, stuck);
  if (ceiling !== undefined && fees.needed > ceiling) return { receipt: null, refusal: "gasPrice" };

  const balance = await withRetries(patience, () => provider.getBalance(from));
  if (balance < gasLimit * fees.needed) return { receipt: null, refusal: "balance" };

  const affordable = balance / gasLimit;
  const maxFeePerGas = [fees.maxFeePerGas, ceiling ?? fees.maxFeePerGas, affordable].reduce((a, b) => (a < b ? a : b));
  const response = await withRetries(patience, () =>
    signer.sendTransaction({
      to,
      data,
      gasLimit,
      nonce,
      maxFeePerGas,
      maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
    }),
  );
  const receipt = await withRetries(patience, () => response.wait(settings.confirmations, settings.transactionTimeout));
  if (receipt === null) throw new Error("The transaction was replaced.");
  return { receipt, refusal: null };
}

/** The chain's next nonce; a transaction of ours that is on its way is waited for first. */
async function nextNonce(
  provider: Provider,
  from: string,
  { patience, transactionTimeout }: Settings,
): Promise<{ nonce: number; stuck: boolean }> {
  const deadline = Date.now() + transactionTimeout;
  for (;;) {
    const nonce = await withRetries(patience, () => provider.getTransactionCount(from, "latest"));
    const pending = await withRetries(patience, () => provider.getTransactionCount(from, "pending"));
    if (pending <= nonce) return { nonce, stuck: false };
    if (Date.now() >= deadline) return { nonce, stuck: true };
    await sleep(POLL);
  }
}

/** Fees of a transaction now: `needed` gets it into the next block, the maximum leaves room for the base fee to double. */
async function currentFees(
  provider: Provider,
  { patience }: Settings,
  stuck: boolean,
): Promise<Fees & { needed: bigint }> {
  const [block, { maxPriorityFeePerGas, gasPrice }] = await withRetries(patience, () =>
    Promise.all([provider.getBlock("latest"), provider.getFeeData()]),
  );
  const base = block?.baseFeePerGas ?? gasPrice ?? 0n;
  const raise = (fee: bigint): bigint => (stuck ? (fee * REPLACEMENT_PERCENT) / 100n + 1n : fee);
  const tip = raise(maxPriorityFeePerGas ?? 0n);
  return { needed: raise(base) + tip, maxFeePerGas: raise(base * 2n) + tip, maxPriorityFeePerGas: tip };
}
