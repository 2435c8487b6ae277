import { formatAmount, formatTime, parseAddress } from "../cli/amounts.ts";
import { type CommandFactory, inSession, placedCommand } from "../cli/command.ts";
import { Failure } from "../cli/failure.ts";
import type { Place } from "../cli/session.ts";
import { renderCsv, renderTable } from "../cli/table.ts";
import { type HistoryRow, readHistory } from "../history/read.ts";
import { toJson } from "../keeper/log.ts";

interface Options extends Place {
  readonly csv: boolean;
  readonly json: boolean;
}

export const historyCommand: CommandFactory = (world) =>
  placedCommand("history", "Shows what happened to an account, from the pool's logs.")
    .argument("<address>", "the account")
    .option("--csv", "as comma-separated values, amounts in wei", false)
    .option("--json", "as JSON, amounts in wei", false)
    .action(async (text: string, options: Options) => {
      if (options.csv && options.json) throw new Failure("Say one of --csv and --json.");
      const account = parseAddress(text);

      await inSession(world, options, async ({ contracts, provider, deployment }) => {
        const rows = await readHistory(
          {
            ...contracts,
            provider,
            firstBlock: deployment.firstBlock,
            onProgress: (block, last) => {
              if (block < last) world.err(`read logs up to block ${block} of ${last}`);
            },
          },
          account,
        );
        if (rows.length === 0) throw new Failure(`${account} has never used this pool.`);
        if (options.json) world.out(toJson(rows, 2));
        else (options.csv ? csvOf(rows) : tableOf(rows)).forEach(world.out);
      });
    });

function tableOf(rows: readonly HistoryRow[]): string[] {
  const heading = ["time", "event", "ETH", "shares", "shares after", "note"];
  const optional = (amount: bigint | null): string => (amount === null ? "" : formatAmount(amount));
  return renderTable(
    heading,
    rows.map(({ timestamp, event, assets, shares, balance, note }) => [
      formatTime(timestamp),
      event,
      optional(assets),
      optional(shares),
      formatAmount(balance),
      note,
    ]),
    [2, 3, 4],
  );
}

function csvOf(rows: readonly HistoryRow[]): string[] {
  return [
    renderCsv(["time", "block", "transaction", "event", "assets", "shares", "balance", "note"]),
    ...rows.map(({ timestamp, block, transaction, event, assets, shares, balance, note }) =>
      renderCsv([
        new Date(timestamp * 1_000).toISOString(),
        block.toString(),
        transaction,
        event,
        assets?.toString() ?? "",
        shares?.toString() ?? "",
        balance.toString(),
        note,
      ]),
    ),
  ];
}
