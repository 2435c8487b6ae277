import type { ContractTransactionResponse, Provider } from "ethers";
import { solidityPackedKeccak256, toBeHex } from "ethers";

/** Names of slots, by their numbers. */
export type SlotNames = ReadonlyMap<bigint, string>;

/** What a transaction touches; what it writes it may have read. */
export interface Touched {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** Where a mapping at `base` keeps `key`. */
export function slotIn(key: bigint | string, base: bigint): bigint {
  return BigInt(solidityPackedKeccak256(["uint256", "uint256"], [BigInt(key), base]));
}

interface Step {
  readonly op: string;
  readonly stack: readonly string[];
}

/** What a transaction reads and writes of the slots that have names, and whose code it runs by delegation, in order. */
export async function traceOf(
  provider: Provider & { send(method: string, parameters: unknown[]): Promise<unknown> },
  sent: Promise<ContractTransactionResponse>,
  names: SlotNames,
): Promise<Touched & { readonly delegates: readonly string[] }> {
  const { hash } = await sent;
  const options = { disableMemory: true, disableStorage: true };
  const { structLogs } = (await provider.send("debug_traceTransaction", [hash, options])) as {
    structLogs: readonly Step[];
  };
  const steps = (op: string) => structLogs.filter((step) => step.op === op);
  const slots = (op: string) => new Set(steps(op).map(({ stack }) => BigInt(stack.at(-1)!)));
  const named = (found: readonly bigint[]) => found.map((slot) => names.get(slot) ?? `slot ${toBeHex(slot)}`).sort();
  const written = slots("SSTORE");
  return {
    reads: named([...slots("SLOAD")].filter((slot) => !written.has(slot))),
    writes: named([...written]),
    delegates: steps("DELEGATECALL").map(({ stack }) => toBeHex(BigInt(stack.at(-2)!), 20)),
  };
}
