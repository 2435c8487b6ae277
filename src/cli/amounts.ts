import { formatEther, getAddress, isAddress, parseEther, parseUnits } from "ethers";

import { Failure } from "./failure.ts";

const DECIMAL = /^\d+(\.\d{1,18})?$/;

/** Wei of a decimal number of ether, above zero. */
export function parseAmount(text: string): bigint {
  if (!DECIMAL.test(text)) throw new Failure(`"${text}" is not an amount of ether: write it like 1.5.`);
  const amount = parseEther(text);
  if (amount === 0n) throw new Failure("The amount is zero.");
  if (amount >= 2n ** 96n) throw new Failure(`${text} ether is more than a pool can hold.`);
  return amount;
}

/** Wei per gas of a fee in gwei. */
export function parseFee(text: string): bigint {
  if (!/^\d+(\.\d{1,9})?$/.test(text)) throw new Failure(`"${text}" is not a fee in gwei.`);
  return parseUnits(text, "gwei");
}

export function parseAddress(text: string): string {
  const isOne: boolean = isAddress(text);
  if (!isOne) throw new Failure(`"${text}" is not an address.`);
  return getAddress(text);
}

/** The address of a node. */
export function parseUrl(text: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? "")) {
    throw new Failure(`"${text}" is not the address of a node: write it like http://127.0.0.1:8545.`);
  }
  return text;
}

/** A whole number of at least one. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new Failure(`"${text}" is not a whole number above zero.`);
  return count;
}

/** Basis points, from 1 to the whole. */
export function parseBps(text: string): bigint {
  const bps = Number(text);
  if (!Number.isInteger(bps) || bps < 1 || bps > 10_000)
    throw new Failure(`"${text}" are not basis points from 1 to 10000.`);
  return BigInt(bps);
}

/** Ether to a few decimals, rounded towards zero; all decimals of what would read as zero. */
export function formatAmount(amount: bigint, decimals = 6): string {
  const [whole = "0", fraction = ""] = formatEther(amount).split(".");
  const short = fraction.slice(0, decimals).replace(/0+$/, "");
  const shown = short === "" ? whole : `${whole}.${short}`;
  return amount !== 0n && /^-?0$/.test(shown) ? formatEther(amount) : shown;
}

/** A time of the chain, in seconds, as people read it. */
export function formatTime(timestamp: bigint | number): string {
  return `${new Date(Number(timestamp) * 1_000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** A length of time in its two largest units. */
export function formatDuration(seconds: bigint | number): string {
  const left = Math.max(0, Number(seconds));
  const units = [
    [Math.floor(left / 86_400), "d"],
    [Math.floor((left % 86_400) / 3_600), "h"],
    [Math.floor((left % 3_600) / 60), "min"],
    [Math.floor(left % 60), "s"],
  ] as const;
  const first = units.findIndex(([count]) => count > 0);
  if (first === -1) return "0 s";
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}
