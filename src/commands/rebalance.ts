import { planLegs } from "../allocation/plan.ts";
import { formatAmount } from "../cli/amounts.ts";
import { type CommandFactory, inSession, inSigningSession, sendingCommand } from "../cli/command.ts";
import { Failure } from "../cli/failure.ts";
import type { Place, Session } from "../cli/session.ts";
import { renderTable } from "../cli/table.ts";
import { rebalanceJob } from "../keeper/rebalance.ts";
import { readSnapshot } from "../lens/snapshot.ts";
import { logTo } from "./keeper.ts";

interface Options extends Place {
  readonly dryRun: boolean;
}

export const rebalanceCommand: CommandFactory = (world) =>
  sendingCommand("rebalance", "Plans what may move between the pool and its operators now, and sends it.").action(
    async (options: Options) => {
      /** Prints the plan; says whether there is one. */
      const show = async ({ contracts }: Session): Promise<boolean> => {
        const reading = await readSnapshot(contracts.lens);
        if (reading === null) throw new Failure("Nothing can move before the round has been settled: run the keeper.");
        const { legs, moved } = planLegs(reading.snapshot, reading.certified);
        if (legs.length === 0) {
          world.out("Nothing is to be moved.");
          return false;
        }
        const rows = legs.map(({ operator, amount, up, charged }) => [
          operator.toString(),
          up ? "up" : "down",
          formatAmount(amount),
          ...charged.map((part) => (part === 0n ? "" : formatAmount(part))),
        ]);
        const heading = ["operator", "leg", "ETH", "violations", "for exits", "optimisation"];
        renderTable(heading, rows, [0, 2, 3, 4, 5]).forEach(world.out);
        const down = moved.class0 + moved.class1 + moved.class2;
        world.out(`In all ${formatAmount(moved.up)} ETH up and ${formatAmount(down)} ETH down.`);
        if (reading.certified === null) world.out("The levels are not certified yet: more may move afterwards.");
        return true;
      };

      if (options.dryRun) {
        await inSession(world, options, show);
        world.out("Dry run: nothing was sent.");
        return;
      }
      await inSigningSession(world, options, async (session) => {
        if (!(await show(session))) return;
        const contracts = { ...session.contracts, signer: session.signer };
        const { outcome, reason, transactions, gasUsed } = await rebalanceJob(contracts, { log: logTo(world, false) });
        world.out(`${transactions} transactions, ${gasUsed} gas.`);
        if (outcome !== "done" && outcome !== "nothing") throw new Failure(`Something is left to do: ${reason ?? ""}.`);
      });
    },
  );
