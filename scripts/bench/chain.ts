import type { ContractTransactionReceipt, ContractTransactionResponse } from "ethers";
import { id } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

/** The day on which everything is measured: a day, not today, so that every run is the same. */
const START = Date.UTC(2030, 0, 1) / 1_000;
export const DAY = 86_400n;

const ACCOUNTS = 24;
const BALANCE = 10n ** 24n;

/** A chain on which each transaction has a block of its own, whose time is known beforehand. */
export interface Chain {
  readonly connection: NetworkConnection;
  /** Lets the next transaction be at the start of the next day, and as many `seconds` later as are given. */
  readonly nextDay: (seconds?: bigint) => void;
  /** Sends one transaction, a second after the last one. */
  readonly send: (call: () => Promise<ContractTransactionResponse>) => Promise<ContractTransactionReceipt>;
  /** The gas of that. */
  readonly gasOf: (call: () => Promise<ContractTransactionResponse>) => Promise<number>;
  /** Does something, and undoes it. */
  readonly rehearse: <Result>(what: () => Promise<Result>) => Promise<Result>;
}

/** An in-process chain of fixed accounts and times. The caller closes its connection. */
export async function openChain(): Promise<Chain> {
  const connection = await network.create({
    network: "default",
    override: {
      initialDate: new Date(START * 1_000).toISOString(),
      accounts: Array.from({ length: ACCOUNTS }, (_, i) => ({
        privateKey: id(`trellis bench ${i}`),
        balance: BALANCE,
      })),
    },
  });
  const { provider } = connection;
  let time = BigInt(START);
  const send: Chain["send"] = async (call) => {
    time += 1n;
    await provider.request({ method: "evm_setNextBlockTimestamp", params: [`0x${time.toString(16)}`] });
    return (await (await call()).wait())!;
  };

  return {
    connection,
    send,
    gasOf: async (call) => Number((await send(call)).gasUsed),
    nextDay: (seconds = 0n) => {
      time = (time / DAY + 1n) * DAY + seconds;
    },
    rehearse: async (what) => {
      const before = time;
      const snapshot: unknown = await provider.request({ method: "evm_snapshot" });
      const result = await what();
      await provider.request({ method: "evm_revert", params: [snapshot] });
      time = before;
      return result;
    },
  };
}
