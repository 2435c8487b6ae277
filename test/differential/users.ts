/** What users, the guardian and governance do with the pool: in every world that has a MetaPool. */
import { Signature, ZeroAddress } from "ethers";

import { NO_CAP } from "../../rocketh/parameters.ts";
import * as book from "../../src/model/book.ts";
import { atomically, required } from "../../src/model/errors.ts";
import * as metaPool from "../../src/model/metaPool.ts";
import type { PoolWorld } from "./pool.ts";
import type { Random } from "./random.ts";
import { type Operation, operation } from "./runner.ts";

const UNLIMITED = 2n ** 256n - 1n;
const PERMIT = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

export const addressOf = (world: PoolWorld, who: number) => world.users[who]!.address;
export const poolOf = (world: PoolWorld, who: number) => world.pool.connect(world.by(world.users[who]!));
export const someone = (world: PoolWorld, random: Random) => random.below(world.users.length);

/** Mostly a user for whom there is something to do. */
function someoneWith(world: PoolWorld, random: Random, has: (address: string) => boolean): number {
  const indices = world.users.flatMap(({ address }, index) => (has(address) ? [index] : []));
  return indices.length === 0 || random.once(6) ? someone(world, random) : random.pick(indices);
}

const someHolder = (world: PoolWorld, random: Random) =>
  someoneWith(world, random, (address) => book.accountOf(world.state, address).shares > 0n);

const somePayee = (world: PoolWorld, random: Random) =>
  someoneWith(world, random, (address) => metaPool.withdrawable(world.state, address) > 0n);

/** A payment that its receiver, here a contract that takes no ether, rejects changes nothing. */
function rejected(world: PoolWorld, operate: () => bigint): void {
  atomically([world.state], () => {
    const amount = operate();
    required(false, "TransferFailed", world.reader.address, amount);
  });
}

/** To another user, to a contract that takes no ether, or to nobody. */
type Receiver = number | "refuser" | "nobody";

function someReceiver(world: PoolWorld, random: Random): Receiver {
  return random.once(10) ? random.pick(["refuser", "nobody"] as const) : someone(world, random);
}

function receiverOf(world: PoolWorld, receiver: Receiver): string {
  if (receiver === "refuser") return world.reader.address;
  return receiver === "nobody" ? ZeroAddress : addressOf(world, receiver);
}

/** Pays what `operate` returns. */
function pay(world: PoolWorld, receiver: Receiver, operate: () => bigint): void {
  if (receiver === "refuser") rejected(world, operate);
  else if (receiver === "nobody") {
    atomically([world.state], () => {
      operate();
      required(false, "InvalidReceiver", ZeroAddress);
    });
  } else operate();
}

/** Everything that a user can do with the pool. */
export function userOperations<W extends PoolWorld>(): Record<string, Operation<W>> {
  return {
    deposit: operation(
      3,
      (w: W, random) => ({ who: someone(w, random), amount: random.amount(w.size) }),
      (w, { who, amount }) => ({
        model: () => {
          metaPool.deposit(w.state, w.time, addressOf(w, who), amount);
        },
        send: () => poolOf(w, who).deposit({ value: amount }),
      }),
    ),
    depositAndStake: operation(
      8,
      (w: W, random) => ({ who: someone(w, random), amount: random.amount(w.size) }),
      (w, { who, amount }) => ({
        model: () => metaPool.depositAndStake(w.state, w.time, addressOf(w, who), amount),
        send: () => poolOf(w, who).deposit_and_stake({ value: amount }),
      }),
    ),
    stakeFor: operation(
      2,
      (w: W, random) => {
        const amount = random.amount(w.size);
        const fair = metaPool.previewStake(w.state, w.time, amount);
        const minShares = random.once(3) ? fair + BigInt(random.below(2)) : random.amount(fair);
        return {
          who: someone(w, random),
          receiver: someone(w, random),
          amount,
          minShares,
          deadline: BigInt(random.below(8)) - 1n, // after the call
        };
      },
      (w, { who, receiver, amount, minShares, deadline }) => ({
        model: () =>
          metaPool.stakeFor(w.state, w.time, amount, {
            receiver: addressOf(w, receiver),
            minShares,
            deadline: w.time + deadline,
          }),
        send: () => poolOf(w, who).stakeFor(addressOf(w, receiver), minShares, w.time + deadline, { value: amount }),
      }),
    ),
    stake: operation(
      3,
      (w: W, random) => {
        const who = somePayee(w, random);
        return { who, amount: random.amount(metaPool.withdrawable(w.state, addressOf(w, who))) };
      },
      (w, { who, amount }) => ({
        model: () => metaPool.stake(w.state, w.time, addressOf(w, who), amount),
        send: () => poolOf(w, who).stake(amount),
      }),
    ),
    stakeAll: operation(
      2,
      (w: W, random) => ({ who: somePayee(w, random) }),
      (w, { who }) => ({
        model: () => metaPool.stakeAll(w.state, w.time, addressOf(w, who)),
        send: () => poolOf(w, who).stake_all(),
      }),
    ),
    unstake: operation(
      8,
      (w: W, random) => {
        const who = someHolder(w, random);
        const most = metaPool.stakedBalance(w.state, w.time, addressOf(w, who));
        return { who, amount: random.amount(random.once(4) ? most : most / 5n) };
      },
      (w, { who, amount }) => ({
        model: () => {
          metaPool.unstake(w.state, w.time, addressOf(w, who), amount);
        },
        send: () => poolOf(w, who).unstake(amount),
      }),
    ),
    unstakeAll: operation(
      1,
      (w: W, random) => ({ who: someHolder(w, random) }),
      (w, { who }) => ({
        model: () => metaPool.unstakeAll(w.state, w.time, addressOf(w, who)),
        send: () => poolOf(w, who).unstake_all(),
      }),
    ),
    unstakeShares: operation(
      4,
      (w: W, random) => {
        const who = someHolder(w, random);
        const shares = random.amount(book.accountOf(w.state, addressOf(w, who)).shares / 3n);
        const fair = metaPool.convertToAssets(w.state, w.time, shares);
        return { who, shares, minAssets: random.once(4) ? fair + BigInt(random.below(2)) : random.amount(fair) };
      },
      (w, { who, shares, minAssets }) => ({
        model: () => metaPool.unstakeShares(w.state, w.time, addressOf(w, who), shares, minAssets),
        send: () => poolOf(w, who).unstakeShares(shares, minAssets),
      }),
    ),
    unstakeInstant: operation(
      5,
      (w: W, random) => {
        const who = someHolder(w, random);
        const held = book.accountOf(w.state, addressOf(w, who)).shares;
        const allowed = metaPool.convertToShares(w.state, w.time, metaPool.instantAllowance(w.state, w.time));
        const shares = random.amount(random.once(3) || allowed > held ? held : allowed);
        return {
          who,
          shares,
          minAssets: random.once(5) ? random.amount(shares) : 0n,
          receiver: someReceiver(w, random),
        };
      },
      (w, { who, shares, minAssets, receiver }) => ({
        model: () => {
          pay(w, receiver, () => metaPool.unstakeInstant(w.state, w.time, addressOf(w, who), shares, minAssets));
        },
        send: () => poolOf(w, who).unstakeInstant(shares, minAssets, receiverOf(w, receiver)),
      }),
    ),
    withdraw: operation(
      3,
      (w: W, random) => {
        const who = somePayee(w, random);
        return { who, amount: random.amount(metaPool.withdrawable(w.state, addressOf(w, who))) };
      },
      (w, { who, amount }) => ({
        model: () => {
          metaPool.withdraw(w.state, addressOf(w, who), amount);
        },
        send: () => poolOf(w, who).withdraw(amount),
      }),
    ),
    withdrawTo: operation(
      3,
      (w: W, random) => {
        const who = somePayee(w, random);
        const amount = random.amount(metaPool.withdrawable(w.state, addressOf(w, who)));
        return { who, amount, receiver: someReceiver(w, random) };
      },
      (w, { who, amount, receiver }) => ({
        model: () => {
          pay(w, receiver, () => {
            metaPool.withdraw(w.state, addressOf(w, who), amount);
            return amount;
          });
        },
        send: () => poolOf(w, who).withdrawTo(receiverOf(w, receiver), amount),
      }),
    ),
    withdrawAll: operation(
      4,
      (w: W, random) => ({ who: somePayee(w, random) }),
      (w, { who }) => ({
        model: () => metaPool.withdrawAll(w.state, addressOf(w, who)),
        send: () => poolOf(w, who).withdraw_all(),
      }),
    ),
    withdrawFor: operation(
      3,
      (w: W, random) => ({ who: someone(w, random), account: somePayee(w, random) }),
      (w, { who, account }) => ({
        model: () => metaPool.withdrawAll(w.state, addressOf(w, account)),
        send: () => poolOf(w, who).withdrawFor(addressOf(w, account)),
      }),
    ),
    fundExits: operation(
      4,
      (w: W, random) => ({ who: someone(w, random), batches: random.below(4) }),
      (w, { who, batches }) => ({
        model: () => metaPool.fundExits(w.state, batches),
        send: () => poolOf(w, who).fundExits(batches),
      }),
    ),
    transfer: operation(
      3,
      (w: W, random) => {
        const who = someHolder(w, random);
        const amount = random.amount(book.accountOf(w.state, addressOf(w, who)).shares);
        return { who, receiver: someone(w, random), amount: random.once(9) ? amount * 2n : amount };
      },
      (w, { who, receiver, amount }) => ({
        model: () => {
          metaPool.transfer(w.state, addressOf(w, who), addressOf(w, receiver), amount);
        },
        send: () => poolOf(w, who).transfer(addressOf(w, receiver), amount),
      }),
    ),
    approve: operation(
      2,
      (w: W, random) => ({
        who: someone(w, random),
        spender: someone(w, random),
        amount: random.once(4) ? UNLIMITED : random.amount(w.size),
      }),
      (w, { who, spender, amount }) => ({
        model: () => {
          metaPool.approve(w.state, addressOf(w, who), addressOf(w, spender), amount);
        },
        send: () => poolOf(w, who).approve(addressOf(w, spender), amount),
      }),
    ),
    permit: operation(
      2,
      (w: W, random) => ({
        who: someone(w, random),
        owner: someone(w, random),
        spender: someone(w, random),
        amount: random.amount(w.size),
        deadline: BigInt(random.below(8)) - 1n, // after the call
      }),
      (w, { who, owner, spender, amount, deadline }) => {
        const message = {
          owner: addressOf(w, owner),
          spender: addressOf(w, spender),
          value: amount,
          nonce: w.state.nonces.get(addressOf(w, owner)) ?? 0n,
          deadline: w.time + deadline,
        };
        return {
          model: () => {
            metaPool.permit(w.state, w.time, message.owner, message.spender, amount, message.deadline);
          },
          send: async () => {
            const signed = Signature.from(await w.users[owner]!.signTypedData(w.domain, PERMIT, message));
            const { v, r, s } = signed;
            return poolOf(w, who).permit(message.owner, message.spender, amount, message.deadline, v, r, s);
          },
        };
      },
    ),
    transferFrom: operation(
      3,
      (w: W, random) => {
        const [who, sender] = [someone(w, random), someone(w, random)];
        const held = book.accountOf(w.state, addressOf(w, sender)).shares;
        const allowed = metaPool.allowance(w.state, addressOf(w, sender), addressOf(w, who));
        const most = random.once(4) || allowed > held ? held : allowed;
        return { who, sender, receiver: someone(w, random), amount: random.amount(most) };
      },
      (w, { who, sender, receiver, amount }) => {
        const [from, to] = [addressOf(w, sender), addressOf(w, receiver)];
        return {
          model: () => {
            metaPool.transferFrom(w.state, addressOf(w, who), from, to, amount);
          },
          send: () => poolOf(w, who).transferFrom(from, to, amount),
        };
      },
    ),
    forceEther: operation(
      1,
      (_: W, random) => ({ amount: random.amount(10n ** 18n) }),
      (w, { amount }) => ({
        model: () => {
          w.forced += amount;
        },
        send: async () => {
          await w.force(w.poolAddress, amount);
          return undefined;
        },
      }),
    ),
    pause: operation(
      1,
      (_: W, random) => ({ duration: random.once(5) ? 0n : BigInt(random.below(2 * 86_400)) }),
      (w, { duration }) => ({
        model: () => {
          metaPool.pauseStaking(w.state, w.time, duration);
        },
        send: () => w.pool.connect(w.by(w.guardian)).pauseStaking(duration),
      }),
    ),
    resume: operation(
      2,
      () => ({}),
      (w: W) => ({
        model: () => {
          metaPool.resumeStaking(w.state);
        },
        send: () => w.pool.connect(w.by(w.governance)).resumeStaking(),
      }),
    ),
    setPoolParameters: operation(
      2,
      (w: W, random) => ({
        feeBps: BigInt(random.below(2100)),
        bufferTargetBps: BigInt(random.below(random.once(3) ? 1010 : 300)),
        assetCap: random.once(3) ? book.assetsAt(w.state, w.time) + random.amount(w.size * 4n) : NO_CAP,
      }),
      (w, given) => {
        const { assetCap } = given;
        const cap = assetCap === NO_CAP ? undefined : assetCap;
        return {
          model: () => {
            metaPool.setParameters(w.state, { ...given, assetCap: cap, treasury: w.treasury });
          },
          send: () => w.pool.connect(w.by(w.governance)).setParameters({ ...given, treasury: w.treasury }),
        };
      },
    ),
  };
}
