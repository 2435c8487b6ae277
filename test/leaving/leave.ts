/** What a staker can do now, and how it may differ after a call by somebody else. */
import type { Interface } from "ethers";

import { all } from "../fixtures/allocator.ts";
import { ask, balanceOf, encode, EPOCH, pass, type Receipt, send, type System } from "./system.ts";

interface PoolReading {
  readonly name: string;
  readonly address: string;
  readonly shares: bigint;
  readonly staked: bigint;
  /** Whether `unstake_all` goes through; true with nothing to unstake. */
  readonly canUnstake: boolean;
  /** What `withdraw_all` pays now, having funded what it can. */
  readonly pays: bigint;
  readonly withdrawable: bigint;
  /** Whether `withdraw` of exactly that goes through. */
  readonly paysExactly: boolean;
  readonly unstaked: bigint;
  readonly exits: ReadonlyMap<bigint, bigint>; // open wei by batch
  readonly assets: bigint;
  readonly owed: bigint;
  readonly fundedThrough: bigint;
}

export interface Reading {
  readonly ether: bigint;
  readonly pools: readonly PoolReading[];
}

/** Roundings of a wei per exit, and of the loss index, whose steps can be a billionth of a billionth. */
const DUST = 16n;
const INDEX_STEP = 10n ** 17n;

export async function read(system: System): Promise<Reading> {
  const { metaPool, contracts, addresses, alice, pools } = system;
  const staker = alice.address;
  const metaPoolReading = await readPool("MetaPool", metaPool.interface, addresses.metaPool, staker);
  const readings = [metaPoolReading];
  for (const [index, address] of pools.slice(0, 2).entries()) {
    readings.push(await readPool(`StakingPool ${index + 1}`, contracts.StakingPool.interface, address, staker));
  }
  return { ether: await balanceOf(staker), pools: readings };
}

async function readPool(name: string, abi: Interface, address: string, staker: string): Promise<PoolReading> {
  const view = async (method: string, args: unknown[] = []) => {
    const answer = await ask(staker, address, encode(abi, method, args));
    if (answer === undefined) throw new Error(`${name}.${method} reverts`);
    return abi.decodeFunctionResult(method, answer);
  };
  const isMetaPool = name === "MetaPool";
  const shares = (await view(isMetaPool ? "balanceOf" : "sharesOf", [staker]))[0] as bigint;
  const [account] = (await view("get_account", [staker])) as unknown as [
    { unstaked_balance: bigint; staked_balance: bigint },
  ];
  const [exits] = (await view("exitsOf", [staker])) as unknown as [{ batch: bigint; open: bigint }[]];
  const [book] = (await view("getBook")) as unknown as [{ assets?: bigint; equity?: bigint; owed: bigint }];
  const paid = await ask(staker, address, encode(abi, "withdraw_all"));
  const open = exits.reduce((sum, exit) => sum + exit.open, 0n);
  const withdrawable = account.unstaked_balance - open;
  return {
    name,
    address,
    shares,
    staked: account.staked_balance,
    canUnstake: shares === 0n || (await ask(staker, address, encode(abi, "unstake_all"))) !== undefined,
    pays: paid === undefined ? 0n : BigInt(paid),
    withdrawable,
    paysExactly:
      withdrawable === 0n || (await ask(staker, address, encode(abi, "withdraw", [withdrawable]))) !== undefined,
    unstaked: account.unstaked_balance,
    exits: new Map(exits.map(({ batch, open }) => [batch, open])),
    assets: isMetaPool ? book.assets! : book.equity!,
    owed: book.owed,
    fundedThrough: (await view("fundedThrough"))[0] as bigint,
  };
}

/** What the call's own events say that it lost, of a pool: of shares and of exits, in wei. */
function losses(system: System, name: string, address: string, { logs }: Receipt): { shares: bigint; exits: bigint } {
  const { metaPool, network } = system;
  let [shares, exits] = [0n, 0n];
  for (const log of logs) {
    const inPool = log.address.toLowerCase() === address.toLowerCase();
    const event = inPool && name === "MetaPool" ? metaPool.interface.parseLog(log) : network.interface.parseLog(log);
    if (event?.name === "LossBooked") {
      shares += event.args.fromShares as bigint;
      exits += event.args.fromExits as bigint;
    } else if (event?.name === "BatchesVoided") {
      exits += event.args.rest as bigint;
    } else if (event?.name === "Slashed" && (event.args[0] as string).toLowerCase() === address.toLowerCase()) {
      // Bond, shares and exits bear it; at worst a staker bears its part of all of it.
      const lost = (event.args[2] as bigint) + (event.args[3] as bigint);
      shares += lost;
      exits += lost;
    }
  }
  return { shares, exits };
}

function namesOf({ network }: System, { logs }: Receipt): (string | undefined)[] {
  return logs.map((log) => network.interface.parseLog(log)?.name);
}

/** Why a staker could leave less well after the call than before it; nothing if it can leave as well. */
export function worsened(system: System, before: Reading, after: Reading, receipt: Receipt): string[] {
  const broken: string[] = [];
  let received = after.ether - before.ether;
  if (received < 0n) broken.push(`took ${(-received).toString()} wei from the staker's account`);

  for (const [index, then] of before.pools.entries()) {
    const now = after.pools[index]!;
    const say = (what: string) => broken.push(`${then.name}: ${what}`);
    const lost = losses(system, then.name, then.address, receipt);
    const isSlashed = then.name !== "MetaPool" && lost.shares !== 0n;
    const wasPaid = received;

    if (!now.canUnstake) say("unstake_all reverts");
    if (now.shares < then.shares) say(`shares fell from ${then.shares.toString()} to ${now.shares.toString()}`);
    const shareLoss = lost.shares === 0n ? 0n : partUp(lost.shares, then.staked, then.assets) + 2n;
    if (now.staked + shareLoss < then.staked) {
      say(`the stake fell from ${then.staked.toString()} to ${now.staked.toString()}, by no booked loss`);
    }

    const open = [...then.exits.values()].reduce((sum, amount) => sum + amount, 0n);
    const exitLoss = lost.exits === 0n ? 0n : partUp(lost.exits, open, then.owed) + open / INDEX_STEP;
    if (now.unstaked + wasPaid + exitLoss + DUST < then.unstaked) {
      say(`unstaked fell from ${then.unstaked.toString()} to ${now.unstaked.toString()}, by no booked loss`);
    }
    const waiting = isSlashed
      ? exitLoss
      : then.pays - then.withdrawable < exitLoss
        ? then.pays - then.withdrawable
        : exitLoss;
    if (now.pays + wasPaid + waiting + (exitLoss === 0n ? 0n : DUST) < then.pays) {
      say(`withdraw_all pays ${now.pays.toString()} instead of ${then.pays.toString()}`);
    }
    if (!isSlashed && now.withdrawable + wasPaid < then.withdrawable) {
      say(`withdrawable fell from ${then.withdrawable.toString()} to ${now.withdrawable.toString()}`);
    }
    if (!now.paysExactly) say(`withdraw(${now.withdrawable.toString()}) reverts`);
    // A pool's views tell of what it has not booked yet: a reward can make up for a loss that would close its batches.
    const isRewarded = then.name !== "MetaPool" && namesOf(system, receipt).includes("Rewarded");
    if (now.fundedThrough < then.fundedThrough && !isRewarded) say("fundedThrough went back");
    for (const batch of now.exits.keys()) if (!then.exits.has(batch)) say(`an exit moved to batch ${batch.toString()}`);

    // `withdrawFor` pays out of one pool; what it paid is no excuse for another.
    const fell = then.unstaked - now.unstaked - exitLoss;
    if (received > 0n && fell > 0n) received = fell >= received ? 0n : received - fell;
  }
  return broken;
}

function partUp(loss: bigint, part: bigint, whole: bigint): bigint {
  if (whole === 0n) return part;
  const share = (loss * part + whole - 1n) / whole;
  return share < part ? share : part;
}

/**
 * Epochs until the staker, with nobody's help, has every wei that it has asked for from the pool, and for `all` of its
 * shares, too; `most` if it takes as long.
 */
export async function epochsToLeave(system: System, everything: boolean, most: number): Promise<number> {
  const { metaPool, allocator, addresses, alice, time } = system;
  const by = (to: string, abi: Interface, name: string, args: unknown[] = []) =>
    send(system, { name, from: alice.address, to, data: encode(abi, name, args), value: 0n });
  const pool = (name: string, args: unknown[] = []) => by(addresses.metaPool, metaPool.interface, name, args);
  const keeper = (name: string, args: unknown[]) => by(addresses.allocator, allocator.interface, name, args);
  const asked = new Set((await metaPool.exitsOf(alice)).map(({ batch }) => batch));
  if (everything) await pool("unstake_all");
  for (let epochs = 0; epochs < most; epochs += 1) {
    for (let page = 0; page < 20; page += 1) {
      await keeper("settle", [1_000n]);
      if ((await allocator.openRound()).round === 0n) break;
    }
    await keeper("rebalance", [all("down", 7)]);
    await pool("fundExits", [32n]);
    const { exits } = await readPool("MetaPool", metaPool.interface, addresses.metaPool, alice.address);
    const waiting = [...exits].some(([batch, open]) => open !== 0n && (everything || asked.has(batch)));
    if (!waiting) return epochs;
    await pass(system, EPOCH - (time.now % EPOCH));
  }
  return most;
}
