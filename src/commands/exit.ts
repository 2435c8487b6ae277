import { setTimeout as sleep } from "node:timers/promises";

import { formatAmount, formatDuration, formatTime } from "../cli/amounts.ts";
import { type CommandFactory, inSigningSession, sendingCommand } from "../cli/command.ts";
import { Failure } from "../cli/failure.ts";
import type { Place } from "../cli/session.ts";
import { write } from "../cli/write.ts";
import { chainTime } from "../keeper/contracts.ts";
import { leave } from "../keeper/leave.ts";
import { DEFAULT_PATIENCE, withRetries } from "../keeper/retry.ts";
import { logTo } from "./keeper.ts";

interface Options extends Place {
  readonly all: boolean;
  readonly wait: boolean;
  readonly dryRun: boolean;
}

/** How often the chain's clock is looked at while waiting, in milliseconds. */
const POLL = 15_000;

export const exitCommand: CommandFactory = (world) =>
  sendingCommand("exit", "The way out when no keeper is alive: settles, fetches money for exits, withdraws.")
    .option("--all", "first unstake everything", false)
    .option("--wait", "stay until everything is paid", false)
    .action(async (options: Options) => {
      await inSigningSession(world, options, async (session) => {
        const { account, contracts, provider, signer } = session;
        const { metaPool } = contracts;
        const keeper = { ...contracts, signer };
        const settings = { dryRun: options.dryRun, log: logTo(world, false) };

        const shares = await ask(() => metaPool.balanceOf(account));
        const unstaked = await ask(() => metaPool.get_account_unstaked_balance(account));
        if (unstaked === 0n && shares === 0n) throw new Failure(`${account} has nothing in the pool.`);
        if (unstaked === 0n && !options.all) {
          throw new Failure(`${account} has not asked for anything back: say --all to unstake everything.`);
        }
        if (options.all && shares > 0n) {
          const assets = await ask(() => metaPool.get_account_staked_balance(account));
          world.out(`Unstake everything: ${formatAmount(assets)} ETH.`);
          await write(world, session, options.dryRun, await metaPool.unstake_all.populateTransaction());
        }

        for (;;) {
          const { state, paid, open, comeBackAt } = await leave(keeper, settings);
          if (paid > 0n) world.out(`Withdrew ${formatAmount(paid, 18)} ETH.`);
          if (state !== "waiting") {
            world.out(state === "out" ? "Done: nothing is left in the pool." : "Done: every exit is paid.");
            return;
          }
          const now = await ask(() => chainTime(provider));
          const pause = formatDuration(comeBackAt - now);
          world.out(
            `${formatAmount(open)} ETH is still on its way: come back at ${formatTime(comeBackAt)}, in ${pause}.`,
          );
          if (!options.wait || options.dryRun) return;

          while ((await ask(() => chainTime(provider))) < comeBackAt) {
            if (world.signal?.aborted === true) return;
            await sleep(POLL, undefined, { signal: world.signal }).catch(() => undefined);
          }
        }
      });
    });

/** Reads, patiently. */
function ask<T>(question: () => Promise<T>): Promise<T> {
  return withRetries(DEFAULT_PATIENCE, question);
}
