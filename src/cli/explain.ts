import { type ErrorDescription, Interface, isError } from "ethers";

import { answerOf, faultOf, messageOf, revertDataOf } from "../keeper/errors.ts";
import {
  Allocator__factory,
  Attributes__factory,
  MetaPool__factory,
  Notice__factory,
  OperatorRegistry__factory,
  ReportOracle__factory,
  Scores__factory,
  StakingPool__factory,
} from "../../types/index.ts";
import { formatAmount, formatTime } from "./amounts.ts";
import { Failure } from "./failure.ts";

/** All errors that the contracts know, each once. */
const ERRORS = new Interface([
  ...new Map(
    [
      MetaPool__factory,
      Allocator__factory,
      OperatorRegistry__factory,
      StakingPool__factory,
      Notice__factory,
      ReportOracle__factory,
      Scores__factory,
      Attributes__factory,
    ]
      .flatMap(({ abi }) => new Interface(abi).fragments)
      .filter(({ type }) => type === "error")
      .map((fragment) => [fragment.format("sighash"), fragment]),
  ).values(),
]);

const TIMES = new Set(["until", "deadline", "timestamp", "earliest", "expiry", "allowedAt", "readyAt"]);
const AMOUNTS = new Set(["requested", "available", "assets", "amount", "actual", "minimum", "supply", "value"]);

/** How a node says that it does not know who asks. */
const KEY_CODES = new Set(["401", "403"]);

type Words = (args: Readonly<Record<string, string>>) => string;

/** What the errors that a user meets mean. */
const SENTENCES: Readonly<Record<string, Words>> = {
  ZeroAmount: () => "There is nothing to do: the amount is zero.",
  InsufficientStake: ({ requested, available }) => `You asked for ${requested}, but only ${available} is staked.`,
  InsufficientWithdrawable: ({ requested, available }) =>
    `You asked for ${requested}, but only ${available} can be withdrawn now.`,
  StakeTooSmall: ({ assets }) => `A stake of ${assets} would buy no share.`,
  BelowMinimum: ({ actual, minimum }) => `You would get ${actual}, less than the minimum of ${minimum}.`,
  DeadlineExpired: ({ deadline }) => `The call was valid until ${deadline} only.`,
  TransferFailed: ({ receiver, amount }) => `${receiver} did not take ${amount}.`,
  InvalidReceiver: ({ receiver }) => `${receiver} cannot be the receiver.`,
  PoolInsolvent: () => "The pool has closed for good after losing nearly everything; leaving works.",
  StakingIsPaused: ({ until }) => `Deposits and stakes are paused until ${until}.`,
  ExceedsAssetCap: ({ assets, available }) => `The pool is nearly full: ${assets} does not fit, ${available} would.`,
  InstantExitUnavailable: ({ requested, available }) => `Only ${available} of ${requested} can leave at once now.`,
};

/** Any error in one sentence. */
export function explain(error: unknown): string {
  if (error instanceof Failure) return error.message;

  const data = revertDataOf(error);
  if (data !== null) return sentenceOf(ERRORS.parseError(data), data);
  switch (faultOf(error)) {
    case "funds":
      return "The account does not have enough ether for this and its gas.";
    case "node":
      return answerInWords(error) ?? "The node does not answer: check that it runs and that its address is right.";
    case "state":
      return isError(error, "CALL_EXCEPTION")
        ? "The contract refused the call without saying why."
        : `The transaction was not accepted: ${messageOf(error)}.`;
    case "unknown":
      return endedWithDot(messageOf(error));
  }
}

/** What a node has answered in place of a result, in a sentence; null if nothing came. */
export function answerInWords(error: unknown): string | null {
  const answer = answerOf(error);
  if (answer === null) return null;
  if (KEY_CODES.has(answer.code)) return "The node refuses the key: check the one that its address has.";
  return endedWithDot(`The node answers with an error: ${answer.message.replace(/\n[^]*/, "")}`);
}

/** Whether a contract refused with the error of that name. */
export function isRefusal(error: unknown, name: string): boolean {
  const data = revertDataOf(error);
  return data !== null && ERRORS.parseError(data)?.name === name;
}

function sentenceOf(description: ErrorDescription | null, data: string): string {
  if (description === null) {
    if (data.startsWith("0x08c379a0")) {
      const [reason] = new Interface(["error Error(string)"]).decodeErrorResult("Error", data);
      return endedWithDot(`The contract refused the call: ${String(reason)}`);
    }
    return `The contract refused the call with an error that is not ours (${data.slice(0, 10)}).`;
  }
  const args = Object.fromEntries(
    description.fragment.inputs.map(({ name }, index) => [name, inWords(name, description.args[index])]),
  );
  const sentence = SENTENCES[description.name];
  if (sentence !== undefined) return sentence(args);

  const values = Object.entries(args).map(([name, value]) => `${name} ${value}`);
  return `The contract refused the call: ${description.name}${values.length === 0 ? "" : ` (${values.join(", ")})`}.`;
}

function inWords(name: string, value: unknown): string {
  if (typeof value !== "bigint") return String(value);
  if (TIMES.has(name)) return formatTime(value);
  return AMOUNTS.has(name) ? `${formatAmount(value, 18)} ETH` : value.toString();
}

function endedWithDot(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
