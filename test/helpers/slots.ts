import type { ContractTransactionResponse, Provider } from "ethers";
import { id, keccak256, solidityPackedKeccak256, toBeHex } from "ethers";

/** Names of slots, by their numbers. */
export type SlotNames = ReadonlyMap<bigint, string>;

/** What a transaction touches; what it writes it may have read. */
export interface Touched {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** Where a contract keeps what is laid out at a namespace of ERC-7201. */
export function slotsOf(namespace: string): bigint {
  return (BigInt(keccak256(toBeHex(BigInt(id(namespace)) - 1n, 32))) >> 8n) << 8n;
}

/** Where a mapping at `base` keeps `key`. */
export function slotIn(key: bigint | string, base: bigint): bigint {
  return BigInt(solidityPackedKeccak256(["uint256", "uint256"], [BigInt(key), base]));
}

interface Step {
  readonly op: string;
  readonly stack: readonly string[];
}

type Tracer = Provider & { send(method: string, parameters: unknown[]): Promise<unknown> };

async function stepsOf(provider: Tracer, sent: Promise<ContractTransactionResponse>): Promise<readonly Step[]> {
  const { hash } = await sent;
  const options = { disableMemory: true, disableStorage: true };
  return ((await provider.send("debug_traceTransaction", [hash, options])) as { structLogs: Step[] }).structLogs;
}

/** How often a transaction reads and writes each of the slots that have names: those that it leaves alone are not there. */
export async function countsOf(
  provider: Tracer,
  sent: Promise<ContractTransactionResponse>,
  names: SlotNames,
): Promise<Record<string, { readonly reads: number; readonly writes: number }>> {
  const counts: Record<string, { reads: number; writes: number }> = {};
  for (const { op, stack } of await stepsOf(provider, sent)) {
    if (op !== "SLOAD" && op !== "SSTORE") continue;
    const name = names.get(BigInt(stack.at(-1)!));
    if (name === undefined) continue;
    counts[name] ??= { reads: 0, writes: 0 };
    counts[name][op === "SLOAD" ? "reads" : "writes"] += 1;
  }
  return counts;
}

/** What a transaction reads and writes of the slots that have names, and whose code it runs by delegation, in order. */
export async function traceOf(
  provider: Tracer,
  sent: Promise<ContractTransactionResponse>,
  names: SlotNames,
): Promise<Touched & { readonly delegates: readonly string[] }> {
  const structLogs = await stepsOf(provider, sent);
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
