import { formatAmount, parseAddress, parseAmount } from "../cli/amounts.ts";
import { type CommandFactory, exactlyOne, inSigningSession, sendingCommand } from "../cli/command.ts";
import { Failure } from "../cli/failure.ts";
import { isRefusal } from "../cli/explain.ts";
import type { Place, Session } from "../cli/session.ts";
import { write } from "../cli/write.ts";

interface Options extends Place {
  readonly amount?: string;
  readonly all: boolean;
  readonly receiver?: string;
  readonly for?: string;
  readonly dryRun: boolean;
}

export const withdrawCommand: CommandFactory = (world) =>
  sendingCommand("withdraw", "Takes out what exits have been paid.")
    .option("--amount <ether>", "how much")
    .option("--all", "everything that can be withdrawn now", false)
    .option("--receiver <address>", "who is paid, if not the sender")
    .option("--for <address>", "pay that account all it can withdraw")
    .action(async (options: Options) => {
      exactlyOne(options, ["amount", "all", "for"]);
      if (options.for !== undefined && options.receiver !== undefined) {
        throw new Failure("With --for the account itself is paid: leave --receiver out.");
      }
      const amount = options.amount === undefined ? null : parseAmount(options.amount);
      const receiver = options.receiver === undefined ? undefined : parseAddress(options.receiver);
      const owner = options.for === undefined ? undefined : parseAddress(options.for);

      await inSigningSession(world, options, async (session) => {
        const { metaPool } = session.contracts;
        const of = owner ?? session.account;
        const can = amount ?? (await withdrawable(session, of));
        const to = receiver ?? of;
        world.out(`Withdraw ${formatAmount(can, 18)} ETH of ${of}${to === of ? "" : ` to ${to}`}.`);

        const call =
          owner !== undefined
            ? metaPool.withdrawFor.populateTransaction(owner)
            : receiver !== undefined
              ? metaPool.withdrawTo.populateTransaction(receiver, can)
              : amount !== null
                ? metaPool.withdraw.populateTransaction(amount)
                : metaPool.withdraw_all.populateTransaction();
        await write(world, session, options.dryRun, await call);
      });
    });

/** What `account` would be paid: a withdrawal funds waiting exits first, so it may be more than the view says. */
async function withdrawable({ contracts: { metaPool } }: Session, account: string): Promise<bigint> {
  try {
    return await metaPool.withdrawFor.staticCall(account);
  } catch (error) {
    if (!isRefusal(error, "ZeroAmount")) throw error;
    throw new Failure(`${account} cannot withdraw anything now.`, { cause: error });
  }
}
