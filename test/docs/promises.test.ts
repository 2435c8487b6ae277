import { readFile } from "node:fs/promises";

import { expect } from "chai";

import { readSolidityTitles, readTitles } from "./titles.ts";

/** What a row names: tests of these files, in these suites, with this title or all of them. */
interface Claim {
  readonly files: readonly string[];
  readonly suites: readonly string[];
  readonly title: string;
}

/** `file`, `file` › suite › title; without files those of the claim before it. */
const CLAIM = /^(?:[^`]*: )?((?:`[\w/.-]+`(?:, )?)+) › (.+)$/;

function claimsIn(cell: string): Claim[] {
  let files: string[] = [];
  return cell.split(" · ").map((text) => {
    const [, names, rest = text] = CLAIM.exec(text) ?? [];
    const found = [...(names ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    // A name without a folder is a neighbour.
    let folder = files[0]?.split("/")[0] ?? "";
    if (found.length !== 0) {
      files = found.map((name) => {
        if (!name.includes("/")) return `${folder}/${name}`;
        folder = name.split("/")[0]!;
        return name;
      });
    }
    const parts = rest.split(" › ");
    return { files, suites: parts.slice(0, -1), title: parts.at(-1)! };
  });
}

async function readClaims(): Promise<Claim[]> {
  const lines = (await readFile("docs/promises.md", "utf8")).split("\n").filter((line) => line.includes(" › "));
  const rows = lines.filter((line) => line.startsWith("|")).map((line) => line.split("|").slice(2, -1));
  return rows.flatMap((cells) => cells.flatMap((cell) => claimsIn(cell.trim())));
}

/** Whether a title is the one that is named, with … for anything. */
function isNamed(title: string, name: string): boolean {
  const parts = name.split("…").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(title);
}

describe("docs/promises.md", () => {
  it("names tests that exist", async () => {
    const [claims, suites] = await Promise.all([readClaims(), readTitles("describe")]);
    const titles = new Map([...(await readTitles()), ...(await readSolidityTitles())]);

    const missing = claims.flatMap(({ files, suites: named, title }) =>
      files.flatMap((file) => {
        const found = titles.get(file) ?? [];
        const isThere = title === "all" ? found.length !== 0 : found.some((each) => isNamed(each, title));
        const noSuites = named.filter((suite) => suites.get(file)?.includes(suite) !== true);
        return [...(isThere ? [] : [title]), ...noSuites].map((name) => `${file} › ${name}`);
      }),
    );
    expect(missing).to.deep.equal([]);
    expect(claims.filter(({ files }) => files.length === 0)).to.deep.equal([]);
    expect(claims.length).to.be.greaterThan(70);
  });
});
