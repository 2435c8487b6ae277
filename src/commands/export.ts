import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Command } from "commander";

import type { CommandFactory } from "../cli/command.ts";
import { findAddress, readChain } from "../cli/deployment.ts";
import { Failure } from "../cli/failure.ts";
import { type Addresses, bundle, type Compiled, PUBLISHED } from "../integration/bundle.ts";

interface Options {
  readonly out: string;
  readonly artifacts: string;
  readonly deployments: string;
}

export const exportCommand: CommandFactory = (world) =>
  new Command("export")
    .description("Writes ABIs, TypeScript types and addresses for who builds on the pool.")
    .option("--out <folder>", "where to", "export")
    .option("--artifacts <folder>", "what the build wrote", "artifacts")
    .option("--deployments <folder>", "where deployments are recorded", "deployments")
    .action(({ out, artifacts, deployments }: Options) => {
      const files = bundle(
        PUBLISHED.map((name) => readCompiled(artifacts, name)),
        readAddresses(deployments),
      );
      rmSync(out, { recursive: true, force: true });
      for (const [name, content] of files) {
        const file = path.join(out, name);
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
      world.out(`Wrote ${files.size} files to ${out}.`);
    });

function readCompiled(artifacts: string, name: string): Compiled {
  const folder = path.join(artifacts, "contracts");
  const file = [folder, path.join(folder, "periphery")]
    .map((parent) => path.join(parent, `${name}.sol`, `${name}.json`))
    .find(existsSync);
  if (file === undefined) throw new Failure(`${name} is not built: run npm run build.`);
  return { name, abi: (JSON.parse(readFileSync(file, "utf8")) as { abi: unknown[] }).abi };
}

function readAddresses(deployments: string): Addresses {
  if (!existsSync(deployments)) return {};
  const networks = readdirSync(deployments).filter((network) => existsSync(path.join(deployments, network, ".chain")));
  return Object.fromEntries(
    networks.map((network) => {
      const contracts = PUBLISHED.flatMap((name): [string, string][] => {
        const address = findAddress(deployments, network, name);
        return address === null ? [] : [[name, address]];
      });
      const chainId = Number(readChain(deployments, network).chainId);
      return [network, { chainId, contracts: Object.fromEntries(contracts) }];
    }),
  );
}
