import type { ContractTransaction } from "ethers";

import { ask, type Desk, send, type Sent } from "../keeper/desk.ts";

/** A part of the estimated gas is kept in reserve: others may be faster. */
const GAS_PERCENT = 130n;

/** Sends a call that needs the same gas whoever was faster. A refusal is thrown before anything is sent. */
export async function sendExact(desk: Desk<unknown>, call: ContractTransaction & { to?: string }): Promise<Sent> {
  const request = { to: call.to, data: call.data };
  const estimate = await ask(desk, () => desk.provider.estimateGas({ ...request, from: desk.from }));
  return send(desk, { ...request, gasLimit: (estimate * GAS_PERCENT) / 100n });
}
