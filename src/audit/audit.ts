import { CapLedger } from "./caps.ts";
import { amount } from "./events.ts";
import type { Finding, LogEvent } from "./events.ts";
import { BookLedger } from "./price.ts";

/** What the chain says at the end, to be held against what the logs tell. Amounts in wei or shares. */
export interface EndState {
  readonly timestamp: bigint;
  readonly assets: bigint;
  readonly supply: bigint;
  /** The pool's balance of ether. */
  readonly balance: bigint;
  /** Staked shares and unstaked balance of every account that appears in the logs. */
  readonly accounts: ReadonlyMap<string, { readonly shares: bigint; readonly unstaked: bigint }>;
}

export interface Audit {
  readonly findings: readonly Finding[];
  readonly book: BookLedger;
  readonly caps: CapLedger;
  readonly rounds: number;
  readonly faultyReadings: number;
  readonly rejectedSheets: number;
}

/**
 * Recomputes the promises from the logs of the three contracts, oldest first, and the state that the chain ended in.
 * It knows nothing of what was meant to happen.
 */
export function audit(events: readonly LogEvent[], end: EndState): Audit {
  const book = new BookLedger();
  const caps = new CapLedger();
  let [rounds, faultyReadings, rejectedSheets] = [0, 0, 0];
  for (const event of events) {
    if (event.source === "MetaPool") book.read(event);
    else caps.read(event);
    if (event.name === "RoundCompleted") rounds++;
    if (event.name === "OperatorFaulted") faultyReadings++;
    if (event.name === "LevelsRejected") rejectedSheets++;
  }
  const findings = [...priceFindings(book), ...caps.findings, ...roundFindings(events), ...endFindings(book, end)];
  return { findings, book, caps, rounds, faultyReadings, rejectedSheets };
}

/** P5 and P7: between two logs the price falls only by the loss that was booked on the shares. */
function priceFindings(book: BookLedger): Finding[] {
  const findings: Finding[] = [];
  for (const [i, point] of book.points.entries()) {
    const before = book.points[i - 1];
    if (before === undefined || before.supply === 0n) continue;
    if ((point.assets + point.loss) * before.supply >= before.assets * point.supply) continue;
    findings.push({
      promise: point.cause === "Transfer" ? "P7" : "P5",
      message:
        `the price fell from ${before.assets}/${before.supply} to ${point.assets}/${point.supply} by ${point.cause}, ` +
        `which booked a loss of only ${point.loss} wei`,
      block: point.block,
    });
  }
  return findings;
}

/** P3 and P6: a round that began was completed before the next one. */
function roundFindings(events: readonly LogEvent[]): Finding[] {
  const findings: Finding[] = [];
  let open: bigint | null = null;
  for (const event of events) {
    if (event.source !== "Allocator") continue;
    if (event.name === "RoundBegun") {
      if (open !== null) {
        findings.push({ promise: "P6", message: `round ${open} was never completed`, block: event.block });
      }
      open = amount(event, "round");
    }
    if (event.name === "RoundCompleted") open = null;
  }
  return findings;
}

/** P1 and P5: what the chain ends in is what the logs add up to, for the pool and for every account. */
function endFindings(book: BookLedger, end: EndState): Finding[] {
  const findings: Finding[] = [];
  const find = (promise: Finding["promise"], message: string) => findings.push({ promise, message, block: null });

  const assets = book.assetsAt(end.timestamp);
  if (assets !== end.assets)
    find("P5", `the pool says that its shares are worth ${end.assets} wei, the logs ${assets}`);
  if (book.supply !== end.supply)
    find("P5", `the pool says that there are ${end.supply} shares, the logs ${book.supply}`);
  if (end.balance < book.etherNeeded()) {
    find("P1", `the pool holds ${end.balance} wei and needs ${book.etherNeeded()} wei for what it owes at once`);
  }
  for (const address of new Set([...book.holders(), ...book.exits.addresses()])) {
    const account = end.accounts.get(address);
    if (account === undefined) continue;
    const unstaked = book.exits.unstakedOf(address);
    if (account.unstaked !== unstaked) {
      find("P1", `${address} is owed ${unstaked} wei by the logs, but the pool says ${account.unstaked}`);
    }
    const shares = book.sharesOf(address);
    if (account.shares !== shares) {
      find("P7", `${address} holds ${shares} shares by the logs, but the pool says ${account.shares}`);
    }
  }
  return findings;
}
