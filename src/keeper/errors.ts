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
const NODE_WORDS =
  /timeout|timed out|fetch failed|socket|network error|connection|too many requests|rate limit|\b(429|502|503|504)\b/i;
/** How a node says that it has not yet, or no longer, what it is asked for. */
const ANSWER_WORDS =
  /header not found|missing trie node|unknown block|internal error|upstream|state .*(discarded|not available)/i;
const STATE_WORDS = /nonce|replacement|already known|revert/i;
const FUNDS_WORDS = /insufficient funds|enough funds|doesn't have enough/i;

/** Sorts an error by what can be done about it. */
export function faultOf(error: unknown): Fault {
  const chain = chainOf(error);
  if (isError(error, "INSUFFICIENT_FUNDS") || chain.some(({ message }) => FUNDS_WORDS.test(message))) return "funds";
  for (const { code, message } of chain) {
    if (STATE_CODES.has(code)) return "state";
    if (NODE_CODES.has(code) || SOCKET_CODES.test(code)) return "node";
    if (STATE_WORDS.test(message)) return "state";
    if (NODE_WORDS.test(message)) return "node";
  }
  return chain.some(({ code, message }) => isServerError(code) || ANSWER_WORDS.test(message)) ? "node" : "unknown";
}

/** JSON-RPC: an internal error, or one that the server has a meaning of its own for. */
function isServerError(code: string): boolean {
  const number = Number(code);
  return number === -32_603 || (number >= -32_099 && number <= -32_000);
}

/** The message of an error without what follows its first line. */
export function messageOf(error: unknown): string {
  const short = error instanceof Object && "shortMessage" in error ? error.shortMessage : undefined;
  const message = typeof short === "string" ? short : error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0] ?? "";
}

/** An error and what caused it, the outermost first. */
function chainOf(error: unknown): { code: string; message: string }[] {
  const chain: { code: string; message: string }[] = [];
  let next = error;
  while (next instanceof Object && chain.length < 8) {
    const { code, message, error: inner, cause } = next as Record<"code" | "message" | "error" | "cause", unknown>;
    chain.push({
      code: typeof code === "string" || typeof code === "number" ? String(code) : "",
      message: typeof message === "string" ? message : "",
    });
    next = cause ?? inner;
  }
  return chain;
}
