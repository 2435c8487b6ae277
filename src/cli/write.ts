import type { ContractTransaction, TransactionReceipt } from "ethers";

import { formatAmount } from "./amounts.ts";
import type { World } from "./command.ts";
import { Failure } from "./failure.ts";
import type { SigningSession } from "./session.ts";

/** A part of the estimated gas is kept in reserve: a call may find more to do than when it was estimated. */
const GAS_PERCENT = 130n;

/** Simulates a call, so that a refusal costs nothing, and sends it unless it is a dry run. Null if nothing was sent. */
export async function write(
  world: World,
  { signer, provider, account }: SigningSession,
  dryRun: boolean,
  call: ContractTransaction,
): Promise<TransactionReceipt | null> {
  const request = { ...call, from: account };
  const balance = await provider.getBalance(account);
  if ((call.value ?? 0n) > balance) {
    throw new Failure(
      `${account} has ${formatAmount(balance)} ETH, less than the ${formatAmount(call.value ?? 0n)} ETH to be sent.`,
    );
  }
  await provider.call(request);
  if (dryRun) {
    world.out("Dry run: nothing was sent.");
    return null;
  }
  const gasLimit = ((await provider.estimateGas(request)) * GAS_PERCENT) / 100n;
  const response = await signer.sendTransaction({ ...call, gasLimit });
  world.err(`sent ${response.hash}, waiting for it to be mined`);
  const receipt = await response.wait();
  if (receipt === null) throw new Failure(`The transaction ${response.hash} was replaced.`);
  world.out(`Mined in block ${receipt.blockNumber}: ${receipt.hash}, ${receipt.gasUsed} gas.`);
  return receipt;
}
