import type { ContractTransactionResponse } from "ethers";
import { MaxUint256 } from "ethers";

import type { PlainVault } from "../../types/contracts/mocks/PlainVault.ts";
import type { WrappedEther } from "../../types/contracts/mocks/WrappedEther.ts";
import { openChain } from "./chain.ts";
import { AMOUNTS } from "./stage.ts";
import type { Costs, UserCosts } from "./users.ts";

type Step = () => Promise<ContractTransactionResponse>;

/**
 * What the same costs with OpenZeppelin's ERC-4626 over WETH as it comes, without a proxy: all transactions that a user of
 * ether sends, one after the other. Somebody else has shares, and the vault has earned.
 */
export async function measureBaseline(): Promise<UserCosts> {
  const chain = await openChain();
  const { send, gasOf, rehearse, connection } = chain;
  const [whale, user, friend] = await connection.ethers.getSigners();
  const deploy = async (name: string, args: readonly string[]): Promise<string> => {
    const factory = await connection.ethers.getContractFactory(name, whale);
    const receipt = await send(async () => (await factory.deploy(...args)).deploymentTransaction()!);
    return receipt.contractAddress!;
  };
  const wethAddress = await deploy("WrappedEther", []);
  const vaultAddress = await deploy("PlainVault", [wethAddress]);
  const weth: WrappedEther = await connection.ethers.getContractAt("WrappedEther", wethAddress, user);
  const vault: PlainVault = await connection.ethers.getContractAt("PlainVault", vaultAddress, user);
  const steps = async (...all: readonly Step[]): Promise<number> => {
    let gas = 0;
    for (const step of all) gas += await gasOf(step);
    return gas;
  };

  const wrap =
    (amount: bigint): Step =>
    () =>
      weth.deposit({ value: amount });
  const approve: Step = () => weth.approve(vault, MaxUint256);
  const deposit =
    (amount: bigint): Step =>
    () =>
      vault.deposit(amount, user!);
  const stake = () => steps(wrap(AMOUNTS.stake), approve, deposit(AMOUNTS.stake));
  const twice = async (first: readonly Step[], repeat = first, between: readonly Step[] = []): Promise<Costs> => {
    const cost = await steps(...first);
    await steps(...between);
    return { first: cost, repeat: await steps(...repeat) };
  };
  const again = [wrap(AMOUNTS.more), deposit(AMOUNTS.more)];
  const leave =
    (amount: bigint): Step =>
    () =>
      vault.withdraw(amount, user!, user!);
  const leaveWith =
    (shares: bigint): Step =>
    () =>
      vault.redeem(shares, user!, user!);
  const leaveWithAll: Step = async () => vault.redeem(await vault.balanceOf(user!), user!, user!);
  const unwrap =
    (amount: bigint): Step =>
    () =>
      weth.withdraw(amount);
  const unwrapAll: Step = async () => weth.withdraw(await weth.balanceOf(user!));

  await send(() => weth.connect(whale).deposit({ value: AMOUNTS.whale }));
  await send(() => weth.connect(whale).approve(vault, MaxUint256));
  await send(() => vault.connect(whale).deposit(AMOUNTS.whale - AMOUNTS.other, whale!));
  await send(() => weth.connect(whale).transfer(vault, AMOUNTS.reward));

  const costs: UserCosts = {
    // Wrap, approve once for ever, deposit.
    deposit_and_stake: await rehearse(() => twice([wrap(AMOUNTS.stake), approve, deposit(AMOUNTS.stake)], again)),
    // Out of the vault at once: it has no queue. The ether is still wrapped.
    unstake: await rehearse(async () => {
      await stake();
      return twice([leave(AMOUNTS.unstake)]);
    }),
    unstake_all: await rehearse(async () => {
      await stake();
      return twice([leaveWithAll], [leaveWithAll], again);
    }),
    // Unwrap all that came out, and a part of it.
    withdraw_all: await rehearse(async () => {
      await stake();
      await steps(leave(AMOUNTS.unstake));
      const first = await rehearse(() => steps(unwrapAll));
      return { first, repeat: await steps(unwrap(AMOUNTS.shares)) };
    }),
    transfer: await rehearse(() => twice([() => vault.connect(whale).transfer(friend!, AMOUNTS.shares)])),
    // Out of the vault and unwrapped.
    unstakeInstant: await rehearse(async () => {
      await stake();
      return twice([leaveWith(AMOUNTS.shares), unwrapAll]);
    }),
  };
  await connection.close();
  return costs;
}
