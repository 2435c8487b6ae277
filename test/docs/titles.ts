import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";

/** Of each file under test/, without its ending; in titles … stands for what a template fills in. */
export type Titles = ReadonlyMap<string, readonly string[]>;

/** Titles of tests, or of the suites that they are in. */
export async function readTitles(kind: "it" | "describe" = "it"): Promise<Titles> {
  const calls = new RegExp(`\\b${kind}\\(\\s*(["\`])((?:\\\\.|(?!\\1).)*)\\1`, "gs");
  return readFiles(".test.ts", (text) =>
    [...text.matchAll(calls)].map((match) => match[2]!.replaceAll(/\$\{[^}]*\}/g, "…")),
  );
}

/** Names of the tests and invariants in Solidity. */
export async function readSolidityTitles(): Promise<Titles> {
  return readFiles(".t.sol", (text) =>
    [...text.matchAll(/function (?:invariant|testFuzz|test)_(\w+)\(/g)].map(([, name]) => name!),
  );
}

async function readFiles(ending: string, titlesIn: (text: string) => string[]): Promise<Titles> {
  const files = (await readdir("test", { recursive: true })).filter((file) => file.endsWith(ending));
  const entries = files.map(async (file) => {
    const titles = titlesIn(await readFile(join("test", file), "utf8"));
    return [file.slice(0, -ending.length).replaceAll(sep, "/"), titles] as const;
  });
  return new Map(await Promise.all(entries));
}
