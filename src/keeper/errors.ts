import { isError } from "ethers";

/** What can be done about a failed call. */
export type Fault =
  /** The node did not answer, or said that it cannot now: ask again. */
  | "node"
  /** Somebody else was faster, or the chain was reorganised: read again. */
  | "state"
  /** The sender cannot pay for gas: stop. */
  | "funds"
  /** Neither: a mistake in the program or in its settings. */
  | "unknown";

const NODE_CODES = new Set(["NETWORK_ERROR", "SERVER_ERROR", "TIMEOUT", "BAD_DATA", "CANCELLED"]);
const STATE_CODES = new Set(["CALL_EXCEPTION", "NONCE_EXPIRED", "REPLACEMENT_UNDERPRICED", "TRANSACTION_REPLACED"]);
const SOCKET_CODES = /^(E[A-Z]+|UND_ERR_[A-Z_]+)$/;
const NODE_WORDS = /timeout|timed out|fetch failed|socket|network error|connection|\b(502|503|504)\b/i;
/** How a node says that it is asked too often. */
const BUSY_WORDS = /too many requests|\brate|compute units|capacity|quota|\b429\b/i;
/** How a node says that it has not yet, or no longer, what it is asked for. */
const ANSWER_WORDS =
  /header not found|missing trie node|unknown block|internal error|upstream|state .*(discarded|not available)/i;
/** How Hardhat says that an answer is none, such as a page for people, whose words mean nothing. */
const NO_ANSWER = /invalid json-rpc response/i;
const STATE_WORDS = /nonce|replacement|already known|revert/i;
/** JSON-RPC and HTTP number their errors. */
const NUMBER = /^-?\d+$/;
/** Hardhat's number of what did not come to an answer. */
const UNSENT = "-1";
const FUNDS_WORDS = /insufficient funds|enough funds|doesn't have enough/i;

/** Sorts an error by what can be done about it. */
export function faultOf(error: unknown): Fault {
  const chain = chainOf(error);
  if (chain.some(({ message }) => NO_ANSWER.test(message))) return "node";
  if (isError(error, "INSUFFICIENT_FUNDS") || chain.some(({ message }) => FUNDS_WORDS.test(message))) return "funds";
  for (const { code, message } of chain) {
    if (STATE_CODES.has(code)) return "state";
    if (NODE_CODES.has(code) || SOCKET_CODES.test(code)) return "node";
    if (STATE_WORDS.test(message)) return "state";
    if (NODE_WORDS.test(message) || BUSY_WORDS.test(message)) return "node";
  }
  if (revertDataOf(error) !== null) return "state";
  return chain.some(({ code, message }) => NUMBER.test(code) || ANSWER_WORDS.test(message)) ? "node" : "unknown";
}

/** What a node has answered in place of a result, by a number of JSON-RPC or of HTTP; null if nothing came. */
export function answerOf(error: unknown): Answer | null {
  return chainOf(error).findLast(({ code }) => NUMBER.test(code) && code !== UNSENT) ?? null;
}

/** Whether a node says that it is asked too often. */
export function isBusy(error: unknown): boolean {
  return chainOf(error).some(({ code, message }) => code === "429" || BUSY_WORDS.test(message));
}

/** Whether the same question may be answered later: a node is silent, busy or behind, and does not refuse what is asked. */
export function isPassing(error: unknown): boolean {
  if (faultOf(error) !== "node") return false;
  if (answerOf(error) === null || isBusy(error)) return true;
  return chainOf(error).some(({ message }) => NODE_WORDS.test(message) || ANSWER_WORDS.test(message));
}

/** The message of an error without what follows its first line. */
export function messageOf(error: unknown): string {
  const short = error instanceof Object && "shortMessage" in error ? error.shortMessage : undefined;
  const message = typeof short === "string" ? short : error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0] ?? "";
}

interface Answer {
  readonly code: string;
  readonly message: string;
}

type Part = "code" | "statusCode" | "message" | "error" | "cause";

/** An error and what caused it, the outermost first. */
function chainOf(error: unknown): Answer[] {
  const chain: Answer[] = [];
  let next = error;
  while (next instanceof Object && chain.length < 8) {
    const { code, statusCode, message, error: inner, cause } = next as Record<Part, unknown>;
    const number = statusCode ?? code;
    chain.push({
      code: typeof number === "string" || typeof number === "number" ? String(number) : "",
      message: typeof message === "string" ? message : "",
    });
    next = cause ?? inner;
  }
  return chain;
}

/** The data that a call reverted with, wherever in the error the node has put it. */
export function revertDataOf(error: unknown): string | null {
  const seen = new Set<unknown>();
  const queue = [error];
  while (queue.length > 0 && seen.size < 32) {
    const next = queue.shift();
    if (!(next instanceof Object) || seen.has(next)) continue;
    seen.add(next);
    const { data, error: inner, cause, info } = next as Record<"data" | "error" | "cause" | "info", unknown>;
    if (typeof data === "string" && /^0x[0-9a-f]{8,}$/i.test(data)) return data;
    queue.push(data, inner, cause, info);
  }
  return null;
}
