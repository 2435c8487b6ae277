import { createRequire } from "node:module";

import { type Build, type Codes, compile, PROJECT } from "./compiler.ts";
import type { Range } from "./tree.ts";

/** A statement of a contract. */
export interface Statement extends Range {
  readonly file: string;
}

/** Which statements a test runs through, by their places in a list, and how long it goes on. */
export interface Reached {
  readonly name: string;
  readonly milliseconds: number;
  readonly statements: readonly number[];
}

interface Instrumentation {
  readonly source: string;
  readonly metadata: readonly { kind: string; tag: Uint8Array; startUtf16: number; endUtf16: number }[];
}

/** Hardhat's own coverage: a call in front of each statement, of which the chain tells. */
const fromHardhat = createRequire(createRequire(import.meta.url).resolve("hardhat"));
const { addStatementCoverageInstrumentation: instrument } = fromHardhat("@nomicfoundation/edr") as {
  addStatementCoverageInstrumentation: (source: string, name: string, version: string) => Instrumentation;
};
const { getCoverageLibrary } = fromHardhat("@nomicfoundation/edr/coverage") as {
  getCoverageLibrary: () => { readonly filename: string; readonly content: string };
};
/** The language of the sources; the instrumentation knows no newer one. */
const LANGUAGE = "0.8.35";

/** The statements of `files`, each with the tag by which the chain tells of it. */
export function statementsOf(build: Build, files: readonly string[]): { statements: Statement[]; tags: string[] } {
  const found = files.flatMap((file) => {
    const { content } = build.sources[PROJECT + file]!;
    const bytes = (end: number) => Buffer.byteLength(content.slice(0, end));
    return instrument(content, PROJECT + file, LANGUAGE)
      .metadata.filter(({ kind }) => kind === "statement")
      .map(({ tag, startUtf16, endUtf16 }) => ({
        tag: Buffer.from(tag).toString("hex"),
        statement: { file, start: bytes(startUtf16), end: bytes(endUtf16) },
      }));
  });
  return { statements: found.map(({ statement }) => statement), tags: found.map(({ tag }) => tag) };
}

/** The innermost statement around a place; undefined where there is none, as in the head of a function. */
export function statementAround(
  statements: readonly Statement[],
  file: string,
  { start, end }: Range,
): number | undefined {
  let best: number | undefined;
  statements.forEach((statement, index) => {
    if (statement.file !== file || statement.start > start || statement.end < end) return;
    const isSmaller =
      best === undefined || statement.end - statement.start <= statements[best]!.end - statements[best]!.start;
    if (isSmaller) best = index;
  });
  return best;
}

/** Contracts that tell of each statement of `files` that they run. */
export function compileTraced(build: Build, files: readonly string[], contracts: readonly string[]): Codes {
  const library = getCoverageLibrary();
  const sources = { ...build.sources, [library.filename]: { content: library.content } };
  const traced = files.map((file) => [
    file,
    instrument(sources[PROJECT + file]!.content, PROJECT + file, LANGUAGE).source,
  ]);
  return compile({ ...build, sources }, contracts, Object.fromEntries(traced) as Record<string, string>, "plain");
}
