import { amount, field, struct } from "./events.ts";
import type { Finding, LogEvent } from "./events.ts";

const BPS = 10_000n;
const NO_SHARE = 65_535n;
const NO_CAP = 2n ** 96n - 1n;
const DIMENSIONS = 5n;

interface Operator {
  position: bigint;
  unbonding: bigint;
  /** What of it increases in its groups leave room for: none while it is faulted. */
  recordedUnbonding: bigint;
  /** Its stake is taken off its groups' caps instead. */
  faulted: boolean;
  fixedCap: bigint;
  others: bigint;
  groups: bigint[];
}

/** Positions and caps, told by logs alone: every increase is held against the caps of the last snapshot. */
export class CapLedger {
  readonly findings: Finding[] = [];
  readonly operators = new Map<bigint, Operator>();
  private readonly groupCaps = new Map<bigint, bigint>();
  private policy = { poolShareBps: 0n, netShareBps: NO_SHARE };
  private snapshotPolicy = this.policy;
  private total = 0n;
  private networkStake = 0n;

  /** Takes in one log of the allocator or the registry. */
  read(event: LogEvent): void {
    switch (event.name) {
      case "PolicyChanged": {
        const policy = struct(event, "newPolicy");
        this.policy = { poolShareBps: field(policy, "poolShareBps"), netShareBps: field(policy, "netShareBps") };
        break;
      }
      case "RoundBegun":
        if (event.source === "Allocator") this.snapshotPolicy = this.policy;
        break;
      case "OperatorRead":
        this.operator(amount(event, "id")).unbonding = amount(event, "unbonding");
        break;
      case "OperatorSnapshot":
        this.takeSnapshot(event);
        break;
      case "GroupSnapshotTaken":
        this.groupCaps.set(amount(event, "group"), amount(event, "cap"));
        break;
      case "RoundCompleted":
        if (event.source === "Allocator") this.complete(event);
        break;
      case "OperatorWrittenDown":
        Object.assign(this.operator(amount(event, "id")), { position: 0n, unbonding: 0n });
        break;
      case "LossSeen":
        Object.assign(this.operator(amount(event, "id")), held(event));
        break;
      case "Moved":
        this.move(event);
        break;
    }
  }

  private takeSnapshot(event: LogEvent): void {
    const snapshot = struct(event, "snapshot");
    const operator = this.operator(amount(event, "id"));
    operator.position = amount(event, "position");
    operator.faulted = event.args.faulted === true;
    operator.recordedUnbonding = operator.faulted ? 0n : operator.unbonding;
    operator.fixedCap = field(snapshot, "fixedCap");
    operator.others = field(snapshot, "others");
    const groups = field(snapshot, "groups");
    operator.groups = [];
    for (let k = 0n; k < DIMENSIONS; k++) {
      const group = (groups >> (8n * k)) & 0xffn;
      if (group !== 0n) operator.groups.push(group);
    }
  }

  private complete(event: LogEvent): void {
    const snapshot = struct(event, "snapshot");
    this.total = field(snapshot, "total") + field(snapshot, "faultedStake");
    this.networkStake = field(snapshot, "networkStake");
  }

  private move(event: LogEvent): void {
    const id = amount(event, "id");
    const operator = this.operator(id);
    const before = operator.position;
    Object.assign(operator, held(event));
    if (event.args.up !== true || operator.position <= before) return;

    const cap = this.capOf(operator);
    const most = operator.position + operator.unbonding;
    if (most > cap) {
      this.report(event, `operator ${id} was lifted to ${most} wei, above its cap of ${cap} wei`);
    }
    for (const group of operator.groups) {
      const groupCap = this.groupCaps.get(group) ?? NO_CAP;
      const sum = this.sumOf(group);
      if (groupCap !== NO_CAP && sum > groupCap) {
        this.report(event, `group ${group} was lifted to ${sum} wei, above its cap of ${groupCap} wei`);
      }
    }
  }

  /** c_i of design §7, and of two policies the stricter one. */
  private capOf(operator: Operator): bigint {
    let cap = operator.fixedCap;
    for (const { poolShareBps, netShareBps } of [this.policy, this.snapshotPolicy]) {
      if (poolShareBps !== NO_SHARE) cap = smaller(cap, (this.total * poolShareBps) / BPS);
      if (netShareBps === NO_SHARE) continue;
      const share = (this.networkStake * netShareBps) / BPS;
      cap = smaller(cap, share > operator.others ? share - operator.others : 0n);
    }
    return cap;
  }

  private sumOf(group: bigint): bigint {
    let sum = 0n;
    for (const { faulted, groups, position, recordedUnbonding } of this.operators.values()) {
      if (!faulted && groups.includes(group)) sum += position + recordedUnbonding;
    }
    return sum;
  }

  private operator(id: bigint): Operator {
    let operator = this.operators.get(id);
    if (operator === undefined) {
      operator = {
        position: 0n,
        unbonding: 0n,
        recordedUnbonding: 0n,
        faulted: false,
        fixedCap: 0n,
        others: 0n,
        groups: [],
      };
      this.operators.set(id, operator);
    }
    return operator;
  }

  private report(event: LogEvent, message: string): void {
    this.findings.push({ promise: "P2", message, block: event.block });
  }
}

/** What the log of a move or a loss says that an operator holds. */
function held(event: LogEvent): Pick<Operator, "position" | "unbonding"> {
  return { position: amount(event, "position"), unbonding: amount(event, "unbonding") };
}

function smaller(first: bigint, second: bigint): bigint {
  return first < second ? first : second;
}
