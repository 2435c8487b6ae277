/** How a world reaches its chain: by bare requests, because nothing is to be estimated, priced or waited for. */
import { type ContractRunner, toQuantity, type TransactionResponse } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

/** Where every sequence begins: the start of a day that no clock has reached yet. */
export const BEGINNING = 4_102_444_800n;

/** An estimate would find what does not revert; every transaction may use what a chain allows one to. */
const GAS = toQuantity(16_777_216n);
/** Above what the first block asks for, after which nearly empty ones only ask for less. */
const GAS_PRICE = toQuantity(2_000_000_000n);

export interface Log {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

export interface Chain {
  /** Makes the next block happen at a time. */
  readonly setTime: (time: bigint) => Promise<void>;
  readonly mine: () => Promise<void>;
  /** Puts ether into an account without a call, as a validator's rewards or a dying contract can. */
  readonly force: (address: string, amount: bigint) => Promise<void>;
  /** Sends what a contract is asked to do, in a block of its own. */
  readonly by: (account: { readonly address: string }) => ContractRunner;
  readonly logsOf: (transaction: string) => Promise<readonly Log[]>;
}

export function chainOf({ ethers, networkHelpers, provider }: NetworkConnection): Chain {
  const runners = new Map<string, ContractRunner>();
  const runnerOf = (from: string): ContractRunner => ({
    provider: ethers.provider,
    sendTransaction: async ({ to, data, value }) => {
      const asked = { from, to, data, value: toQuantity(value ?? 0n), gas: GAS, gasPrice: GAS_PRICE };
      const hash = (await provider.request({ method: "eth_sendTransaction", params: [asked] })) as string;
      return { hash } as unknown as TransactionResponse; // the rest of one would have to be asked for
    },
  });
  return {
    setTime: (time) => networkHelpers.time.setNextBlockTimestamp(time),
    mine: () => networkHelpers.mine(),
    force: async (address, amount) => {
      await networkHelpers.setBalance(address, (await ethers.provider.getBalance(address)) + amount);
    },
    by: ({ address }) => {
      const runner = runners.get(address) ?? runnerOf(address);
      runners.set(address, runner);
      return runner;
    },
    logsOf: async (transaction) => {
      const request = { method: "eth_getTransactionReceipt", params: [transaction] };
      const { logs } = (await provider.request(request)) as { logs: Log[] };
      return logs;
    },
  };
}
