import { Result } from "ethers";

import { readAccess } from "../cli/access.ts";
import { type CommandFactory, inSession, placedCommand } from "../cli/command.ts";
import { findAddress } from "../cli/deployment.ts";
import { type Files, readParameters } from "../cli/parameters.ts";
import type { Place } from "../cli/session.ts";
import { toJson } from "../keeper/log.ts";
import { readStatus, type Status } from "../status/read.ts";
import { renderStatus } from "../status/render.ts";
import { Attributes__factory } from "../../types/index.ts";

interface Options extends Place {
  readonly json: boolean;
}

/** `files` is rocketh/config.ts. */
export const statusCommand =
  (files: Files): CommandFactory =>
  (world) =>
    placedCommand("status", "Shows the pool: price, yield, money, exits, rounds and every operator.")
      .option("--json", "as JSON, amounts in wei", false)
      .action(async (options: Options) => {
        await inSession(world, options, async (session) => {
          const { contracts, provider, deployment } = session;
          const address = findAddress(options.deployments, options.network, "Attributes");
          const attributes = address === null ? null : Attributes__factory.connect(address, provider);
          const status = await readStatus({
            ...contracts,
            attributes,
            provider,
            firstBlock: deployment.firstBlock,
            readAccess: (block) => readAccess(session, files.accounts, block),
            readParameters: (block) => readParameters(session, files, block),
          });
          if (options.json) world.out(toJson(plain(status), 2));
          else renderStatus(status).forEach(world.out);
        });
      });

/** Without the parts that are only there for the table. */
function plain({ pool, ...rest }: Status): object {
  const { book, rate, round, snapshot, live, timestamp, fillingBatch, fundedThrough, stakingPaused } = pool;
  return {
    ...rest,
    timestamp,
    rate,
    stakingPaused,
    fillingBatch,
    fundedThrough,
    book: named(book),
    round: named(round),
    snapshot: named(snapshot),
    live: named(live),
  };
}

/** A struct of the chain as an object. */
function named(struct: object): object {
  return struct instanceof Result ? (struct.toObject() as object) : struct;
}
