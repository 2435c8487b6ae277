import { formatAmount, parseAddress, parseAmount } from "../cli/amounts.ts";
import { type CommandFactory, inSigningSession, sendingCommand } from "../cli/command.ts";
import type { Place } from "../cli/session.ts";
import { write } from "../cli/write.ts";
import { chainTime } from "../keeper/contracts.ts";

interface Options extends Place {
  readonly amount: string;
  readonly receiver?: string;
  readonly minShares?: string;
  readonly dryRun: boolean;
}

/** How long a stake with a minimum is valid, in seconds. */
const VALIDITY = 1_200n;

export const stakeCommand: CommandFactory = (world) =>
  sendingCommand("stake", "Stakes ether and receives shares.")
    .requiredOption("--amount <ether>", "how much")
    .option("--receiver <address>", "who gets the shares, if not the sender")
    .option("--min-shares <shares>", "fewer are refused")
    .action(async (options: Options) => {
      const amount = parseAmount(options.amount);
      const minShares = options.minShares === undefined ? 0n : parseAmount(options.minShares);
      const receiver = options.receiver === undefined ? undefined : parseAddress(options.receiver);

      await inSigningSession(world, options, async (session) => {
        const { metaPool } = session.contracts;
        const to = receiver ?? session.account;
        const shares = await metaPool.previewStake(amount);
        world.out(`Stake ${formatAmount(amount, 18)} ETH for about ${formatAmount(shares)} shares of ${to}.`);

        const guarded = receiver !== undefined || minShares > 0n;
        const deadline = (await chainTime(session.provider)) + VALIDITY;
        const call = guarded
          ? metaPool.stakeFor.populateTransaction(to, minShares, deadline, { value: amount })
          : metaPool.deposit_and_stake.populateTransaction({ value: amount });
        const receipt = await write(world, session, options.dryRun, await call);
        if (receipt !== null) {
          world.out(`${to} has ${formatAmount(await metaPool.get_account_staked_balance(to))} ETH staked.`);
        }
      });
    });
