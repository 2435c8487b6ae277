import { readFile } from "node:fs/promises";

import { expect } from "chai";

type Versions = Readonly<Record<string, string>>;

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, "utf8"));
}

/** A86 of docs/attacks.md. */
describe("dependencies", () => {
  it("have exact versions in package.json, never a range", async () => {
    const own = (await readJson("package.json")) as Readonly<Record<string, Versions>>;
    const kinds = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides"];
    const versions = kinds.flatMap((kind) => Object.entries(own[kind] ?? {}));
    expect(versions.length).to.be.greaterThan(30);
    for (const [name, version] of versions) expect(version, name).to.match(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  });

  it("are locked with a hash each", async () => {
    const { packages } = (await readJson("package-lock.json")) as { packages: Readonly<Record<string, Versions>> };
    const entries = Object.entries(packages).filter(([path]) => path !== "");
    expect(entries.length).to.be.greaterThan(300);
    for (const [path, { integrity }] of entries) expect(integrity, path).to.match(/^sha512-[\w+/]{86}==$/);
  });
});
