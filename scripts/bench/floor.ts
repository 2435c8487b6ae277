import { hexlify, toBeHex } from "ethers";

import { AMOUNTS } from "./stage.ts";
import type { Costs, Operation } from "./users.ts";

/** What the chain asks for (Cancun): EIP-2028, 2200, 2929, 3529. */
const PRICES = {
  transaction: 21_000,
  zeroByte: 4,
  byte: 16,
  coldRead: 2_100,
  /** Beside the cold read: a word that was something else, or nothing. */
  change: 2_900,
  create: 20_000,
  /** Given back for a word that becomes nothing, up to a fifth of what the transaction used. */
  clear: -4_800,
  log: 375,
  topic: 375,
  logByte: 8,
  /** A payment to the sender, which is warm: a call with value, less the stipend that comes back. */
  payment: 100 + 9_000 - 2_300,
} as const;

/** One thing that cannot be done for less, whoever writes the contract, and why. */
export interface FloorItem {
  readonly gas: number;
  readonly reason: string;
}

const changed = (reason: string): FloorItem => ({ gas: PRICES.coldRead + PRICES.change, reason });
const created = (reason: string): FloorItem => ({ gas: PRICES.coldRead + PRICES.create, reason });
const cleared = (reason: string): FloorItem => ({ gas: PRICES.coldRead + PRICES.change + PRICES.clear, reason });
const read = (reason: string): FloorItem => ({ gas: PRICES.coldRead, reason });
const log = (topics: number, words: number, reason: string): FloorItem => ({
  gas: PRICES.log + topics * PRICES.topic + 32 * words * PRICES.logByte,
  reason,
});

const TOTALS = changed("shares and assets in all: the price of the next one follows from them");
const ACCOUNT = changed("the account's shares");
const LEAVER = changed("the account's shares, and in the same word what it is owed");
const NEW_ACCOUNT = created("the account's shares, none before");
const TRANSFER = log(3, 1, "ERC-20's Transfer");
const BATCH = changed("what the batch is owed: it is funded without a look at its exits");
const PAYMENT: FloorItem = { gas: PRICES.payment, reason: "ether to the sender" };

/** Beyond the transaction and its calldata. */
const ITEMS: Record<Operation, Record<keyof Costs, readonly FloorItem[]>> = {
  deposit_and_stake: { first: [TOTALS, NEW_ACCOUNT, TRANSFER], repeat: [TOTALS, ACCOUNT, TRANSFER] },
  unstake: same([TOTALS, LEAVER, BATCH, TRANSFER]),
  unstake_all: same([TOTALS, LEAVER, BATCH, TRANSFER]),
  withdraw_all: same([
    cleared("what the account is owed, in a word of its own that becomes nothing"),
    read("what the batch was paid"),
    log(2, 1, "who was paid what: the only trace of it"),
    PAYMENT,
  ]),
  transfer: {
    first: [changed("the sender's shares"), NEW_ACCOUNT, TRANSFER],
    repeat: [changed("the sender's shares"), changed("the receiver's shares"), TRANSFER],
  },
  unstakeInstant: same([
    TOTALS,
    ACCOUNT,
    changed("what instant exits may still take in this epoch"),
    TRANSFER,
    PAYMENT,
  ]),
};

const WORDS: Record<Operation, readonly bigint[]> = {
  deposit_and_stake: [],
  unstake: [AMOUNTS.unstake],
  unstake_all: [],
  withdraw_all: [],
  // Twelve zeros, and an address without any.
  transfer: [2n ** 160n - 1n, AMOUNTS.shares],
  unstakeInstant: [AMOUNTS.shares, 1n, 2n ** 160n - 1n],
};

/** What the items of an operation add up to. */
export function floorOf(operation: Operation, kind: keyof Costs): number {
  return floorItems(operation, kind).reduce((sum, { gas }) => sum + gas, 0);
}

/** Everything that the floor of an operation is made of. */
export function floorItems(operation: Operation, kind: keyof Costs): readonly FloorItem[] {
  return [
    { gas: PRICES.transaction, reason: "a transaction" },
    { gas: calldata(WORDS[operation]), reason: "its calldata: a selector without zeros, and the arguments" },
    ...ITEMS[operation][kind],
  ];
}

function calldata(words: readonly bigint[]): number {
  const bytes = words.flatMap((word) => [...Buffer.from(hexlify(toBeHex(word, 32)).slice(2), "hex")]);
  return bytes.reduce((sum, byte) => sum + (byte === 0 ? PRICES.zeroByte : PRICES.byte), 4 * PRICES.byte);
}

function same(items: readonly FloorItem[]): Record<keyof Costs, readonly FloorItem[]> {
  return { first: items, repeat: items };
}
