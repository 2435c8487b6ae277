/** What runs reached in one file. */
export interface FileCoverage {
  /** How often each line with code ran. */
  readonly lines: Map<number, number>;
  /** By line: whether each way out of its branches was taken. */
  readonly branches: Map<number, boolean[]>;
}

export type Coverage = Map<string, FileCoverage>;

/** Reads an LCOV trace file (geninfo(1)): the lines (`DA`) and branches (`BRDA`) of each source file. */
export function parseLcov(text: string): Coverage {
  const coverage: Coverage = new Map();
  let file: FileCoverage = { lines: new Map(), branches: new Map() };
  for (const record of text.split("\n")) {
    const [kind, rest = ""] = splitOnce(record, ":");
    const values = rest.split(",");
    if (kind === "SF") {
      file = { lines: new Map(), branches: new Map() };
      coverage.set(rest, file);
    } else if (kind === "DA") {
      file.lines.set(Number(values[0]), Number(values[1]));
    } else if (kind === "BRDA") {
      const line = Number(values[0]);
      const taken = values[3] !== "-" && values[3] !== "0";
      file.branches.set(line, [...(file.branches.get(line) ?? []), taken]);
    }
  }
  return coverage;
}

/** Lines with code that never ran. */
export function uncoveredLines({ lines }: FileCoverage): number[] {
  return [...lines]
    .filter(([, hits]) => hits === 0)
    .map(([line]) => line)
    .sort((a, b) => a - b);
}

/** Lines with a branch of which a way out was never taken. */
export function openBranches({ branches }: FileCoverage): number[] {
  return [...branches]
    .filter(([, ways]) => ways.includes(false))
    .map(([line]) => line)
    .sort((a, b) => a - b);
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
