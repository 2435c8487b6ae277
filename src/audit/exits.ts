import { amount, text } from "./events.ts";
import type { LogEvent } from "./events.ts";

const INDEX_ONE = 10n ** 27n;

interface Batch {
  units: bigint;
  openUnits: bigint;
  paid: bigint;
  begunAt: bigint | null;
  askedAt: bigint;
  closedAt: bigint | null;
}

/** What an account asked for in one batch, in that batch's units. */
interface Exit {
  readonly batch: bigint;
  units: bigint;
}

interface Account {
  readonly exits: Exit[];
  deposited: bigint;
  withdrawn: bigint;
}

/** How long the exits of a batch waited: from the first request until the last unit was funded, in seconds. */
export interface Waiting {
  readonly batch: bigint;
  readonly assets: bigint;
  readonly askedAt: bigint;
  readonly fundedAt: bigint | null;
}

/** The exits of all accounts, told by logs alone (docs/spec.md §2). */
export class ExitLedger {
  owed = 0n;
  /** Everything ever set aside for exits, and everything ever paid or restaked from exits and deposits. */
  funded = 0n;
  deposits = 0n;
  taken = 0n;
  private index = INDEX_ONE;
  private readonly batches = new Map<bigint, Batch>();
  private readonly accounts = new Map<string, Account>();

  /** Takes in one log. @returns wei that moved to the shares because nobody is owed them any more. */
  read(event: LogEvent): bigint {
    switch (event.name) {
      case "Deposited":
        this.account(text(event, "account")).deposited += amount(event, "assets");
        this.deposits += amount(event, "assets");
        return 0n;
      case "Unstaked":
        this.request(event);
        return 0n;
      case "Withdrawn":
      case "Restaked":
        this.account(text(event, "account")).withdrawn += amount(event, "assets");
        this.taken += amount(event, "assets");
        return 0n;
      case "BatchFunded":
        return this.fund(event);
      case "ExitsWrittenDown":
        this.owed -= amount(event, "loss");
        this.index = amount(event, "lossIndex");
        return 0n;
      case "BatchesVoided":
        return this.voidAll();
      default:
        return 0n;
    }
  }

  /** What the account can still claim: deposits and exits, funded or not, less what it took. In wei, rounded down. */
  unstakedOf(address: string): bigint {
    const account = this.accounts.get(address);
    if (account === undefined) return 0n;
    let sum = account.deposited - account.withdrawn;
    for (const exit of account.exits) {
      const batch = this.batch(exit.batch);
      sum += (exit.units * batch.paid) / batch.units;
      sum += (exit.units * ((batch.openUnits * this.index) / INDEX_ONE)) / batch.units;
    }
    return sum;
  }

  addresses(): string[] {
    return [...this.accounts.keys()];
  }

  waiting(): Waiting[] {
    return [...this.batches].map(([batch, { units, paid, askedAt, closedAt }]) => ({
      batch,
      assets: closedAt === null ? units : paid,
      askedAt,
      fundedAt: closedAt,
    }));
  }

  private request(event: LogEvent): void {
    const units = amount(event, "units");
    if (units === 0n) return;
    const id = amount(event, "batch");
    this.owed += amount(event, "assets");

    let batch = this.batches.get(id);
    if (batch === undefined) {
      batch = { units: 0n, openUnits: 0n, paid: 0n, begunAt: null, askedAt: event.timestamp, closedAt: null };
      this.batches.set(id, batch);
    }
    batch.units += units;
    batch.openUnits += units;

    const { exits } = this.account(text(event, "account"));
    const last = exits.at(-1);
    if (last?.batch === id) last.units += units;
    else exits.push({ batch: id, units });
  }

  private fund(event: LogEvent): bigint {
    const batch = this.batch(amount(event, "batch"));
    const assets = amount(event, "assets");
    this.owed -= assets;
    this.funded += assets;
    batch.paid += assets;
    if (event.args.closed === true) {
      batch.openUnits = 0n;
      batch.closedAt = event.timestamp;
    } else {
      batch.openUnits -= (assets * INDEX_ONE + this.index - 1n) / this.index;
    }
    return [...this.batches.values()].some(({ openUnits }) => openUnits > 0n) ? 0n : this.forgive();
  }

  private voidAll(): bigint {
    for (const batch of this.batches.values()) batch.openUnits = 0n;
    this.index = INDEX_ONE;
    return this.forgive();
  }

  private forgive(): bigint {
    const rest = this.owed;
    this.owed = 0n;
    return rest;
  }

  private batch(id: bigint): Batch {
    const batch = this.batches.get(id);
    if (batch === undefined) throw new Error(`batch ${id} was funded, but nobody asked for it`);
    return batch;
  }

  private account(address: string): Account {
    let account = this.accounts.get(address);
    if (account === undefined) {
      account = { exits: [], deposited: 0n, withdrawn: 0n };
      this.accounts.set(address, account);
    }
    return account;
  }
}
