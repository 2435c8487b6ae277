import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { hashOf } from "./files.ts";
import type { Mutant } from "./mutants.ts";
import type { Reached } from "./statements.ts";
import type { Verdict } from "./trial.ts";

/** A verdict, and what it rests on: the sources (in the key), and the tests. */
interface Entry extends Verdict {
  readonly key: string;
  readonly id: string;
  /** A kill rests on the test that failed; a survival on all of them; what the compiler says, on none. */
  readonly tests: string;
}

/** What a test file reaches, as long as neither it nor the contracts change. */
interface ReachEntry {
  readonly key: string;
  readonly reached: readonly Reached[];
}

/** Verdicts on disk, one a line, so that an interrupted run loses nothing. */
export class Store {
  readonly #verdicts: string;
  readonly #reach: string;
  readonly #entries: Map<string, Entry>;
  readonly #killers: Map<string, string>;
  readonly #reached: Map<string, ReachEntry>;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#verdicts = path.join(folder, "verdicts.jsonl");
    this.#reach = path.join(folder, "reach.jsonl");
    const entries = readLines<Entry>(this.#verdicts);
    this.#entries = new Map(entries.map((entry) => [entry.key, entry]));
    this.#killers = new Map(entries.flatMap(({ id, status, test }) => (status === "killed" ? [[id, test!]] : [])));
    this.#reached = new Map(readLines<ReachEntry>(this.#reach).map((entry) => [entry.key, entry]));
  }

  /** The verdict on a mutant of `sources`, if the tests that it rests on are as they were. */
  verdict(mutant: Mutant, sources: string, hashes: TestHashes): Verdict | undefined {
    const entry = this.#entries.get(keyOf(mutant, sources));
    if (entry === undefined) return undefined;
    return entry.tests === basisOf(entry, hashes) ? entry : undefined;
  }

  /** The tests that a mutant of `sources` was tried on in vain, if their files are as they were. */
  passed(mutant: Mutant, sources: string, hashes: TestHashes): ReadonlySet<string> {
    const { passed = [] } = this.#entries.get(keyOf(mutant, sources)) ?? {};
    const tests = passed.map((each) => each.slice(each.indexOf(SEPARATOR) + SEPARATOR.length));
    return new Set(tests.filter((test, index) => passed[index] === withHash(test, hashes)));
  }

  /** The test that killed a mutant at the same place when it was tried last, if any: likely to do so again. */
  killerOf({ id }: Mutant): string | undefined {
    return this.#killers.get(id);
  }

  save(mutant: Mutant, sources: string, hashes: TestHashes, verdict: Verdict): void {
    const all = verdict.passed && [...this.passed(mutant, sources, hashes), ...verdict.passed];
    const passed = all?.map((test) => withHash(test, hashes));
    const found = passed === undefined ? verdict : { ...verdict, passed };
    const entry = { key: keyOf(mutant, sources), id: mutant.id, tests: basisOf(verdict, hashes), ...found };
    this.#entries.set(entry.key, entry);
    appendFileSync(this.#verdicts, `${JSON.stringify(entry)}\n`);
  }

  reached(key: string): readonly Reached[] | undefined {
    return this.#reached.get(key)?.reached;
  }

  saveReached(key: string, reached: readonly Reached[]): void {
    this.#reached.set(key, { key, reached });
    appendFileSync(this.#reach, `${JSON.stringify({ key, reached })}\n`);
  }
}

/** Between a file's hash and a test in it. */
const SEPARATOR = " ";

/** A hash for each test file that a mutant is mapped to. */
export type TestHashes = ReadonlyMap<string, string>;

function keyOf({ id, text }: Mutant, sources: string): string {
  return hashOf([sources, id, text]);
}

function basisOf({ status, test = "" }: Verdict, hashes: TestHashes): string {
  if (status === "equal" || status === "uncompilable") return "";
  return status === "killed" ? (hashes.get(fileOf(test)) ?? "gone") : hashOf([...hashes]);
}

function withHash(test: string, hashes: TestHashes): string {
  return (hashes.get(fileOf(test)) ?? "") + SEPARATOR + test;
}

/** The file in the name of a test. */
export function fileOf(test: string): string {
  return test.slice(0, test.indexOf(": "));
}

function readLines<T>(file: string): T[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}
