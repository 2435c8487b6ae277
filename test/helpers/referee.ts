import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { type LensReading, readLens } from "../../src/lens/read.ts";
import { settleAll, sum, type World } from "../fixtures/allocator.ts";

const BPS = 10_000n;

/** A leg that moved stake. */
export interface Move {
  readonly id: bigint;
  readonly isUp: boolean;
  readonly moved: bigint;
  readonly charged: readonly [class0: bigint, class1: bigint, class2: bigint];
}

/** What of an operator's unbonding is on its way, oldest first. */
interface Sent {
  amount: bigint;
  class2: bigint;
}

/** Looks at a pool after every transaction of legs, and holds it to what nobody who sends them can do. */
export class Referee {
  private readonly world: World;
  private readonly sent = new Map<bigint, Sent[]>();
  private readonly class1 = new Map<string, bigint>();
  private readonly class0 = new Map<bigint, bigint>();

  constructor(world: World) {
    this.world = world;
  }

  /** Settles what is due, and notes what came back. */
  async watchRound(): Promise<void> {
    const { allocator } = this.world;
    const from = (await this.world.connection.ethers.provider.getBlockNumber()) + 1;
    await settleAll(this.world);
    for (const { args } of await allocator.queryFilter(allocator.filters.OperatorRead, from)) {
      this.receive(args.id, args.arrived);
    }
  }

  private receive(id: bigint, arrived: bigint): void {
    let rest = arrived;
    for (const entry of this.sent.get(id) ?? []) {
      const amount = rest < entry.amount ? rest : entry.amount;
      rest -= amount;
      entry.amount -= amount;
      if (entry.class2 > entry.amount) entry.class2 = entry.amount;
    }
  }

  /** Sends a transaction of legs. Returns what moved. */
  async watch(send: () => Promise<ContractTransactionResponse>): Promise<Move[]> {
    const { lens, allocator } = this.world;
    const before = await readLens(lens);
    const receipt = (await (await send()).wait())!;
    const after = await readLens(lens);
    const moves = receipt.logs
      .map((log) => allocator.interface.parseLog(log))
      .filter((log) => log?.name === "Moved")
      .map((log) => ({
        id: log!.args.getValue("id") as bigint,
        isUp: log!.args.getValue("up") as boolean,
        moved: log!.args.getValue("moved") as bigint,
        charged: [...(log!.args.getValue("charged") as bigint[])] as [bigint, bigint, bigint],
      }));

    checkCaps(before, after);
    checkExcess(before, after);
    expect(after.pool.book.buffer + after.pool.book.delegated, "stake and buffer").to.equal(
      before.pool.book.buffer + before.pool.book.delegated,
    );
    for (const move of moves) if (!move.isUp) this.charge(before, move);
    if (moves.some(({ charged }) => charged[0] + charged[2] !== 0n)) this.checkBudgets(before);
    if (before.pool.snapshot.certified && moves.every(({ charged }) => charged[0] + charged[1] === 0n)) {
      checkDistance(before, after, moves);
    }
    return moves;
  }

  private charge({ pool, operators }: LensReading, { id, moved, charged }: Move): void {
    const entries = this.sent.get(id) ?? [];
    this.sent.set(id, [...entries, { amount: moved, class2: charged[2] }]);
    const { round, need, healthy, certified } = pool.snapshot;
    this.class0.set(round, (this.class0.get(round) ?? 0n) + charged[0]);

    const key = `${round} ${id}`;
    const taken = (this.class1.get(key) ?? 0n) + charged[1];
    this.class1.set(key, taken);
    const { record, rooms } = operators[Number(id) - 1]!;
    const part = healthy === 0n ? 0n : (4n * need * record.base + healthy - 1n) / healthy;
    const surplus = certified && record.base > rooms.target ? record.base - rooms.target : 0n;
    expect(taken, `class 1 of operator ${id} in round ${round}`).to.be.at.most(part > surplus ? part : surplus);
  }

  private checkBudgets({ pool }: LensReading): void {
    const { total, round } = pool.snapshot;
    const onItsWay = sum([...this.sent.values()].flat().map(({ class2 }) => class2));
    expect(onItsWay, "class 2 that is unbonding").to.be.at.most((total * pool.parameters.budget2Bps) / BPS);
    expect(this.class0.get(round) ?? 0n, "class 0 of a round").to.be.at.most(
      (total * pool.parameters.budget0Bps) / BPS,
    );
  }
}

/** Whoever has risen is within the caps of the snapshot and of the moment before. */
function checkCaps(before: LensReading, after: LensReading): void {
  after.operators.forEach(({ id, position, rooms }, index) => {
    const was = before.operators[index]!;
    if (position.position <= was.position.position) return;
    const cap = rooms.cap < was.rooms.increaseCap ? rooms.cap : was.rooms.increaseCap;
    expect(position.position, `operator ${id}`).to.be.at.most(cap);
  });
  after.groups.forEach(({ id, snapshot }, index) => {
    const was = before.groups[index]!;
    if (snapshot.position <= was.snapshot.position) return;
    expect(snapshot.position, `group ${id}`).to.be.at.most(was.live.increaseCap);
    expect(snapshot.position, `group ${id} at the snapshot`).to.be.at.most(snapshot.cap);
  });
}

/** What operators and groups hold above their caps never rises. */
function checkExcess(before: LensReading, after: LensReading): void {
  after.operators.forEach(({ id, position, rooms }, index) => {
    const was = excess(before.operators[index]!.position.position, rooms.cap);
    expect(excess(position.position, rooms.cap), `excess of operator ${id}`).to.be.at.most(was);
  });
  after.groups.forEach(({ id, snapshot }, index) => {
    const was = excess(before.groups[index]!.snapshot.position, snapshot.cap);
    expect(excess(snapshot.position, snapshot.cap), `excess of group ${id}`).to.be.at.most(was);
  });
}

function excess(position: bigint, cap: bigint): bigint {
  return position > cap ? position - cap : 0n;
}

/** Positions come nearer to their targets by exactly what moved. */
export function checkDistance(before: LensReading, after: LensReading, moves: readonly Move[]): void {
  const moved = sum(moves.map((move) => move.moved));
  expect(distanceOf(before) - distanceOf(after), "distance from the targets").to.equal(moved);
}

function distanceOf({ operators }: LensReading): bigint {
  return sum(
    operators.map(({ position: { position }, rooms: { target } }) =>
      position > target ? position - target : target - position,
    ),
  );
}
