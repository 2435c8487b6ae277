import type { NetworkConnection } from "hardhat/types/network";

/** What a pool holds for an account, whichever kind of pool it is. */
interface Pool {
  get_account_total_balance(account: string): Promise<bigint>;
}

type Party = readonly { readonly address: string }[];

/**
 * Measures what parties win or lose: ether in hand, shares, exits and free balances in all `pools`. Gas is not counted.
 * Whatever happens between this call and a call of `changes` is the attack.
 */
export async function openLedger<Name extends string>(
  { ethers }: NetworkConnection,
  pools: readonly Pool[],
  parties: Readonly<Record<Name, Party>>,
): Promise<{ changes: () => Promise<Record<Name, bigint>> }> {
  const { provider } = ethers;
  const names = Object.keys(parties) as Name[];
  const firstBlock = await provider.getBlockNumber();

  async function worthOf(account: string): Promise<bigint> {
    const held = await Promise.all(pools.map((pool) => pool.get_account_total_balance(account)));
    return held.reduce((total, amount) => total + amount, await provider.getBalance(account));
  }

  async function worths(): Promise<Record<Name, bigint>> {
    const sums = names.map(async (name) => {
      const amounts = await Promise.all(parties[name].map(({ address }) => worthOf(address)));
      return [name, amounts.reduce((total, amount) => total + amount, 0n)] as const;
    });
    return Object.fromEntries(await Promise.all(sums)) as Record<Name, bigint>;
  }

  async function gasSince(): Promise<Record<Name, bigint>> {
    const spent = Object.fromEntries(names.map((name) => [name, 0n])) as Record<Name, bigint>;
    for (let number = await provider.getBlockNumber(); number > firstBlock; number -= 1) {
      const block = (await provider.getBlock(number))!;
      for (const hash of block.transactions) {
        const receipt = (await provider.getTransactionReceipt(hash))!;
        for (const name of names) {
          if (parties[name].some(({ address }) => address === receipt.from)) spent[name] += receipt.fee;
        }
      }
    }
    return spent;
  }

  const before = await worths();
  return {
    changes: async () => {
      const [after, gas] = [await worths(), await gasSince()];
      return Object.fromEntries(names.map((name) => [name, after[name] + gas[name] - before[name]])) as Record<
        Name,
        bigint
      >;
    },
  };
}
