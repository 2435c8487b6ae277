import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import solc from "solc";

/** The package types the compiler loosely. */
const compile = solc.compile as (
  input: string,
  callbacks: { smtSolver: (query: string) => { contents: string } },
) => string;

/** `vacuous`: no input meets the conditions, so what follows them says nothing. */
export type Verdict = "proved" | "violated" | "unproved" | "vacuous";

export interface Finding {
  readonly law: string;
  readonly verdict: Verdict;
  /** What was not shown, in the compiler's words and with its counterexample. */
  readonly open: readonly string[];
}

export interface ProverOptions {
  /** For one question to the solver. */
  readonly seconds: number;
  /** Called after each question. */
  readonly progress?: (questions: number) => void;
}

type Sources = Readonly<Record<string, string>>;

interface Message {
  readonly severity: string;
  readonly message: string;
  readonly formattedMessage: string;
  readonly sourceLocation?: { readonly file: string; readonly start: number };
  /** Of a finding inside a call: who called. Other entries have no file. */
  readonly secondarySourceLocations?: readonly { readonly file?: string; readonly start: number }[];
}

const SOLVER = fileURLToPath(new URL("./z3.ts", import.meta.url));
const ASSERT = /\bassert\(.*\);/g;
const EVERYTHING = ["assert", "overflow", "underflow", "divByZero"];

/**
 * What the compiler's model checker (bounded, which is complete where nothing loops) and Z3 say of each function of
 * `contract`, which is in the file of its name. A function is proved if all its asserts hold and nothing in it overflows or
 * divides by zero, for all inputs that its conditions allow; and some input must get past the conditions.
 */
export function prove(sources: Sources, contract: string, options: ProverOptions): Finding[] {
  const file = `${contract}.sol`;
  const source = sources[file]!;
  const check = checker(contract, options);

  const messages = check(sources, EVERYTHING);
  // Where an assert of nothing at all holds, every other one holds as well.
  const reached = check({ ...sources, [file]: source.replace(ASSERT, "assert(false);") }, ["assert"]);
  const falsified = source.replace(ASSERT, "assert(false);");

  return lawsOf(source).map((law) => {
    const own = messages.filter((message) => lawAt(source, file, message) === law);
    const open = own.filter(({ severity }) => severity !== "info");
    const isReached = reached.some(
      (message) => message.message.includes("happens here") && lawAt(falsified, file, message) === law,
    );
    return { law, verdict: judge(own, open, isReached), open: open.map(({ formattedMessage }) => formattedMessage) };
  });
}

function judge(own: readonly Message[], open: readonly Message[], isReached: boolean): Verdict {
  if (open.some(({ message }) => message.includes("happens here"))) return "violated";
  if (open.length > 0 || own.length === 0) return "unproved";
  return isReached ? "proved" : "vacuous";
}

function checker(contract: string, { seconds, progress }: ProverOptions) {
  let questions = 0;
  const smtSolver = (query: string) => {
    const contents = ask(query, seconds);
    progress?.(++questions);
    return { contents };
  };

  return (sources: Sources, targets: readonly string[]): Message[] => {
    const input = {
      language: "Solidity",
      sources: Object.fromEntries(Object.entries(sources).map(([name, content]) => [name, { content }])),
      settings: {
        modelChecker: {
          engine: "bmc",
          solvers: ["smtlib2"],
          targets,
          contracts: { [`${contract}.sol`]: [contract] },
          showProvedSafe: true,
          showUnproved: true,
        },
        outputSelection: { "*": { "*": [] } },
      },
    };
    const output = JSON.parse(compile(JSON.stringify(input), { smtSolver })) as { errors?: Message[] };
    const messages = output.errors ?? [];
    const error = messages.find(({ severity }) => severity === "error");
    if (error) throw new Error(error.formattedMessage);
    return messages.filter(({ message }) => message.startsWith("BMC: ") && /happen|safe/.test(message));
  };
}

/** The solver's answer; no answer in time counts as not knowing. */
function ask(query: string, seconds: number): string {
  try {
    return execFileSync(process.execPath, ["--import", "tsx", SOLVER], {
      input: query,
      timeout: seconds * 1_000,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "ignore"],
    });
  } catch {
    return "unknown\n";
  }
}

function lawsOf(source: string): string[] {
  return [...source.matchAll(/function (\w+)\(/g)].map(([, name]) => name!);
}

/** The function that a message is about: the one it points into, or the one that called what it points into. */
function lawAt(source: string, file: string, message: Message): string | undefined {
  const places = [message.sourceLocation, ...(message.secondarySourceLocations ?? [])];
  const place = places.find((candidate) => candidate?.file === file);
  return place && lawsOf(source.slice(0, place.start)).at(-1);
}
