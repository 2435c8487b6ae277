import { amount, text } from "./events.ts";
import type { LogEvent } from "./events.ts";
import { ExitLedger } from "./exits.ts";

const ZERO = "0x0000000000000000000000000000000000000000";

/** One point of the share price. */
export interface PricePoint {
  readonly block: number;
  readonly timestamp: bigint;
  /** Assets of all shares, in wei, and the number of shares. */
  readonly assets: bigint;
  readonly supply: bigint;
  readonly cause: string;
  /** A loss that was booked on the shares right then, in wei. */
  readonly loss: bigint;
}

/** The pool's book, told by logs alone (docs/spec.md §1). */
export class BookLedger {
  readonly exits = new ExitLedger();
  readonly points: PricePoint[] = [];
  equity = 0n;
  supply = 0n;
  delegated = 0n;
  roundGain = 0n;
  private locked = 0n;
  private lockedAt = 0n;
  private releaseEnd = 0n;
  private readonly shares = new Map<string, bigint>();

  /** Takes in one log of the pool. */
  read(event: LogEvent): void {
    this.equity += this.exits.read(event);
    let loss = 0n;
    switch (event.name) {
      case "Transfer":
        this.transfer(event);
        break;
      case "Staked":
        this.equity += amount(event, "assets");
        return; // the shares follow in the next log
      case "Unstaked":
      case "InstantExit":
        this.equity -= amount(event, "assets");
        return;
      case "GainBooked":
        this.delegated += amount(event, "assets");
        this.roundGain += amount(event, "assets");
        break;
      case "LossRestored":
        this.delegated += amount(event, "assets");
        this.equity += amount(event, "assets");
        break;
      case "LossBooked":
        loss = this.lose(event);
        break;
      case "Funded":
        this.delegated += amount(event, "assets");
        break;
      case "Returned":
        this.delegated -= amount(event, "assets");
        break;
      case "RoundEnded":
        this.endRound(event);
        if (amount(event, "feeShares") !== 0n) return; // they follow in the next log
        break;
      default:
        return;
    }
    this.points.push({
      block: event.block,
      timestamp: event.timestamp,
      assets: this.assetsAt(event.timestamp),
      supply: this.supply,
      cause: event.name,
      loss,
    });
  }

  /** E at a moment: gain that is not released yet does not count. */
  assetsAt(timestamp: bigint): bigint {
    return this.equity - this.lockedNow(timestamp);
  }

  /** Ether that the pool must hold at least: idle, set aside, deposited. */
  etherNeeded(): bigint {
    const buffer = this.equity + this.exits.owed + this.roundGain - this.delegated;
    return buffer + this.exits.funded + this.exits.deposits - this.exits.taken;
  }

  sharesOf(address: string): bigint {
    return this.shares.get(address) ?? 0n;
  }

  holders(): string[] {
    return [...this.shares.keys()];
  }

  private lockedNow(timestamp: bigint): bigint {
    if (timestamp >= this.releaseEnd) return 0n;
    const duration = this.releaseEnd - this.lockedAt;
    return (this.locked * (this.releaseEnd - timestamp) + duration - 1n) / duration;
  }

  private transfer(event: LogEvent): void {
    const [from, to, value] = [text(event, "from"), text(event, "to"), amount(event, "value")];
    if (from === ZERO) this.supply += value;
    else this.shares.set(from, this.sharesOf(from) - value);
    if (to === ZERO) this.supply -= value;
    else this.shares.set(to, this.sharesOf(to) + value);
  }

  /** @returns what the shares bore. */
  private lose(event: LogEvent): bigint {
    const fromLocked = amount(event, "fromLocked");
    const fromShares = amount(event, "fromShares");
    if (fromLocked !== 0n) {
      this.locked = this.lockedNow(event.timestamp) - fromLocked;
      this.lockedAt = event.timestamp;
    }
    this.equity -= fromLocked + fromShares;
    this.roundGain -= amount(event, "fromRoundGain");
    this.delegated -= amount(event, "assets");
    return fromShares;
  }

  private endRound(event: LogEvent): void {
    this.equity += amount(event, "gain");
    this.roundGain = 0n;
    this.locked = amount(event, "locked");
    this.lockedAt = event.timestamp;
    this.releaseEnd = amount(event, "releaseEnd");
  }
}
