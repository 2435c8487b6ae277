import { formatAmount, formatTime, parseAmount } from "../cli/amounts.ts";
import { type CommandFactory, exactlyOne, inSigningSession, sendingCommand } from "../cli/command.ts";
import type { Place } from "../cli/session.ts";
import { write } from "../cli/write.ts";

interface Options extends Place {
  readonly amount?: string;
  readonly all: boolean;
  readonly dryRun: boolean;
}

export const unstakeCommand: CommandFactory = (world) =>
  sendingCommand("unstake", "Asks for staked ether back; it is paid out later by withdraw.")
    .option("--amount <ether>", "how much")
    .option("--all", "everything", false)
    .action(async (options: Options) => {
      exactlyOne(options, ["amount", "all"]);
      const amount = options.amount === undefined ? null : parseAmount(options.amount);

      await inSigningSession(world, options, async (session) => {
        const { account, contracts } = session;
        const { metaPool } = contracts;
        const asked = amount ?? (await metaPool.get_account_staked_balance(account));
        world.out(`Unstake ${formatAmount(asked, 18)} ETH of ${account}.`);

        const call =
          amount === null ? metaPool.unstake_all.populateTransaction() : metaPool.unstake.populateTransaction(amount);
        const receipt = await write(world, session, options.dryRun, await call);
        if (receipt === null) return;
        for (const { open, estimated } of await metaPool.exitsOf(account)) {
          if (open > 0n) world.out(`${formatAmount(open)} ETH can be withdrawn at about ${formatTime(estimated)}.`);
        }
      });
    });
