import { type FunctionFragment, keccak256, toUtf8Bytes } from "ethers";

/** A call that a Safe makes. */
export interface SafeCall {
  readonly to: string;
  readonly method: FunctionFragment;
  readonly args: readonly unknown[];
}

/** A file that Safe's transaction builder imports, format 1.0. */
export interface SafeBatch {
  readonly version: "1.0";
  readonly chainId: string;
  /** Milliseconds. */
  readonly createdAt: number;
  readonly meta: {
    readonly name: string;
    readonly description: string;
    readonly txBuilderVersion: string;
    readonly createdFromSafeAddress: string;
    readonly createdFromOwnerAddress: string;
    readonly checksum?: string;
  };
  readonly transactions: readonly SafeTransaction[];
}

interface SafeTransaction {
  readonly to: string;
  readonly value: string;
  /** Null, so that the builder encodes the method and shows what is called. */
  readonly data: null;
  readonly contractMethod: { readonly inputs: readonly SafeInput[]; readonly name: string; readonly payable: boolean };
  readonly contractInputsValues: Readonly<Record<string, string>>;
}

/** Of a plain type: what Notice and the guardian's calls take has no tuples. */
interface SafeInput {
  readonly internalType: string;
  readonly name: string;
  readonly type: string;
}

export interface SafeHeader {
  readonly chainId: bigint;
  readonly createdAt: number;
  readonly name: string;
  readonly description: string;
  /** Empty when it is not known. */
  readonly safe: string;
}

/** Whose format it is. */
const BUILDER_VERSION = "1.18.0";

/** A batch with its checksum, which the builder compares to warn of files that were changed. */
export function safeBatch(header: SafeHeader, calls: readonly SafeCall[]): SafeBatch {
  const batch: SafeBatch = {
    version: "1.0",
    chainId: header.chainId.toString(),
    createdAt: header.createdAt,
    meta: {
      name: header.name,
      description: header.description,
      txBuilderVersion: BUILDER_VERSION,
      createdFromSafeAddress: header.safe,
      createdFromOwnerAddress: "",
    },
    transactions: calls.map(transactionOf),
  };
  return { ...batch, meta: { ...batch.meta, checksum: checksumOf(batch) } };
}

/**
 * keccak256 of the file without its checksum and with null for its name, which may be changed: each object written as its
 * sorted names and then their values, every value with a comma behind it. Source: safe-global/safe-react-apps,
 * apps/tx-builder/src/lib/checksum.ts, and files that the builder exported.
 */
export function checksumOf(batch: { readonly meta: { readonly checksum?: string } }): string {
  const { checksum: _, ...meta } = batch.meta;
  return keccak256(toUtf8Bytes(canonical({ ...batch, meta: { ...meta, name: null } })));
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const names = Object.keys(value).sort();
  const values = names.map((name) => `${canonical((value as Record<string, unknown>)[name])},`);
  return `{${JSON.stringify(names)}${values.join("")}}`;
}

function transactionOf({ to, method, args }: SafeCall): SafeTransaction {
  const inputs = method.inputs.map(({ name, type }) => ({ internalType: type, name, type }));
  return {
    to,
    value: "0",
    data: null,
    contractMethod: { inputs, name: method.name, payable: method.payable },
    contractInputsValues: Object.fromEntries(inputs.map(({ name }, index) => [name, String(args[index])])),
  };
}
