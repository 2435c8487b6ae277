import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/** The test files of mocha behind a list of files and folders; what is not there is left out. */
export function testFilesOf(paths: readonly string[], leftOut: readonly RegExp[]): string[] {
  const found = paths
    .filter((each) => existsSync(each))
    .flatMap((each) => (statSync(each).isDirectory() ? filesBelow(each) : [each]))
    .filter((file) => file.endsWith(".test.ts") && !leftOut.some((pattern) => pattern.test(file)));
  return [...new Set(found)].sort();
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => path.join(folder, file));
}

/** A hash of a file and of all files that it imports from this repository. */
export function hashOfImports(file: string): string {
  const seen = new Map<string, string>();
  const open = [path.normalize(file)];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name) || !existsSync(name)) continue;
    const content = readFileSync(name, "utf8");
    seen.set(name, content);
    for (const [, imported] of content.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
      open.push(path.join(path.dirname(name), imported!));
    }
  }
  const contracts = [...seen].filter(([name]) => !name.startsWith("generated") && !name.startsWith("types"));
  return hashOf(contracts.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
