/** The model of HostilePool: a pool that fails, lies, or pays less than it says, as it is told. */
import { id } from "ethers";

import { atomically, Revert } from "../../src/model/errors.ts";
import type { OperatorPool } from "../../src/model/operators.ts";
import { Mode } from "../fixtures/allocator.ts";

/** How the allocator says which call of a pool failed. */
export function failed(pool: string, method: string): Revert {
  return new Revert("PoolFailed", pool, id(method).slice(0, 10));
}

const DELAY = 4n * 3600n;

/** Modes that a sequence uses: not re-entry, which tests of their own follow. */
export const MODES = Object.values(Mode).filter((mode) => mode !== Mode.reenters);

export interface HostileState {
  mode: bigint;
  staked: bigint;
  unstaked: bigint;
  bond: bigint;
  exits: { amount: bigint; maturesAt: bigint }[];
  trickle: bigint; // most that can be withdrawn at once; 0 for all
}

export function newHostileState(): HostileState {
  return { mode: Mode.honest, staked: 0n, unstaked: 0n, bond: 2n ** 96n - 1n, exits: [], trickle: 0n };
}

export function withdrawableOf(state: HostileState, now: bigint): bigint {
  if (state.mode === Mode.neverPays) return 0n;
  const waiting = state.exits.filter(({ maturesAt }) => maturesAt > now).reduce((sum, { amount }) => sum + amount, 0n);
  const due = state.unstaked > waiting ? state.unstaked - waiting : 0n;
  return state.trickle !== 0n && state.trickle < due ? state.trickle : due;
}

/** The allocator's account at such a pool. */
export function hostilePool(state: HostileState, name: string): OperatorPool {
  const fails = (method: string, ...modes: bigint[]) => {
    if ([Mode.reverts, Mode.burnsGas, Mode.returnsFloods, ...modes].includes(state.mode)) {
      throw failed(name, method);
    }
  };
  const look = () => {
    fails("get_account_staked_balance(address)");
    const { mode, staked, unstaked } = state;
    return { staked: mode === Mode.liesUp ? staked * 10n : mode === Mode.liesDown ? staked / 10n : staked, unstaked };
  };
  const pull = (now: bigint, amount: bigint, all: boolean) => {
    const { staked: shown } = look();
    fails("unstake(uint256)", Mode.revertsOnUnstake);
    if (state.mode === Mode.keepsStake) return look();
    const asked = all || amount >= shown ? state.staked : amount;
    if (asked > state.staked) throw failed(name, "unstake(uint256)");
    state.staked -= asked;
    state.unstaked += asked;
    state.exits.push({ amount: asked, maturesAt: now + DELAY });
    return look();
  };
  const collect = (now: bigint) => {
    fails("ping()", Mode.revertsOnPing);
    const unstaked = state.mode === Mode.restakes ? 0n : state.unstaked;
    const staked = state.mode === Mode.restakes ? state.staked + state.unstaked : state.staked;
    const due = withdrawableOf({ ...state, unstaked }, now);
    if (due > 0n) fails("withdraw(uint256)", Mode.revertsOnWithdraw);
    Object.assign(state, { staked, unstaked: unstaked - due });
    const arrived = state.mode === Mode.underpays ? due - due / 10n : due;
    return { arrived, ...look(), total: state.staked, bond: state.bond };
  };
  return {
    collect: (now) => atomically([state], () => collect(now)),
    peek: look,
    peekBond: () => {
      fails("bond()");
      return state.bond;
    },
    push: (_, amount) => {
      fails("deposit_and_stake()", Mode.revertsOnStake);
      if (state.mode !== Mode.swallowsStake) state.staked += amount;
      return look();
    },
    pull,
    unbondingTime: DELAY,
  };
}
