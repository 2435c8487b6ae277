import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { type Coverage, parseLcov } from "./lcov.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BINARY = path.join(ROOT, "node_modules/@foundry-rs/forge-linux-amd64/bin/forge");

/** npm has forge for Linux on x64 only. */
export const hasForge = (): boolean => existsSync(BINARY);

/** Branches and lines that the Solidity tests reach, by forge. `folder` takes what it writes. */
export function runForge(folder: string): Coverage {
  mkdirSync(folder, { recursive: true });
  const config = path.join(folder, "foundry.toml");
  const trace = path.join(folder, "forge.info");
  writeFileSync(config, renderConfig(folder, writeCompiler(folder)));
  const args = ["coverage", "--root", ROOT, "--report", "lcov", "--report-file", trace];
  // By --config-path, the folder of the configuration would be taken for the project.
  const env = { ...process.env, FOUNDRY_CONFIG: config };
  execFileSync(BINARY, args, { env, stdio: ["ignore", "ignore", "inherit"] });
  return parseLcov(readFileSync(trace, "utf8"));
}

/** forge wants a native compiler; this script answers as far as it asks, with the compiler of the project. */
function writeCompiler(folder: string): string {
  const solc = JSON.stringify(createRequire(import.meta.url).resolve("solc"));
  const compiler = path.join(folder, "solc.cjs");
  writeFileSync(
    compiler,
    `#!/usr/bin/env -S ${process.execPath}
const solc = require(${solc});
if (process.argv.includes("--version")) console.log("solc, the solidity compiler commandline interface\\nVersion: " + solc.version());
else process.stdout.write(solc.compile(require("node:fs").readFileSync(0, "utf8")));
`,
  );
  chmodSync(compiler, 0o755);
  return compiler;
}

function renderConfig(folder: string, compiler: string): string {
  const packages = ["@openzeppelin/contracts", "@openzeppelin/contracts-upgradeable"];
  const remappings = packages.map((name) => `${name}/=node_modules/${name}/`);
  return `[profile.default]
src = "contracts"
test = "test"
out = ${JSON.stringify(path.join(folder, "out"))}
cache_path = ${JSON.stringify(path.join(folder, "cache"))}
libs = ["node_modules"]
solc = ${JSON.stringify(compiler)}
evm_version = "cancun"
auto_detect_remappings = false
remappings = ${JSON.stringify(remappings)}
offline = true
[fuzz]
runs = 256
[invariant]
runs = 16
depth = 64
`;
}
