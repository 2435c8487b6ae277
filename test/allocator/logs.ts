import type { BaseContract, ContractTransactionResponse } from "ethers";

/** All events of a transaction by these contracts, in their order: the name, then the arguments. */
export async function logsOf(
  sent: Promise<ContractTransactionResponse>,
  ...contracts: readonly BaseContract[]
): Promise<unknown[][]> {
  const byAddress = new Map(
    await Promise.all(contracts.map(async (by) => [(await by.getAddress()).toLowerCase(), by] as const)),
  );
  const receipt = (await (await sent).wait())!;
  return receipt.logs.flatMap((log) => {
    const event = byAddress.get(log.address.toLowerCase())?.interface.parseLog(log);
    return event ? [[event.name, ...(event.args.toArray(true) as unknown[])]] : [];
  });
}
