import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { expect } from "chai";
import { network } from "hardhat";

import type { MetaPool } from "../../types/index.ts";
import { deployTrellis } from "../fixtures/deployment.ts";

const connection = await network.create();
const { ethers } = connection;

type ListAccounts = (pool: MetaPool, fromBlock: number, page?: number) => Promise<Map<string, bigint>>;

/** The example of docs/integrating.md, as a reader would run it. */
async function example(): Promise<ListAccounts> {
  const guide = await readFile("docs/integrating.md", "utf8");
  const code = /```ts\n([\s\S]*?)```/.exec(guide)?.[1];
  if (code === undefined) throw new Error("docs/integrating.md has no example any more");
  const file = join(await mkdtemp(join(tmpdir(), "trellis-")), "listAccounts.ts");
  await writeFile(file, code);
  return ((await import(pathToFileURL(file).href)) as { listAccounts: ListAccounts }).listAccounts;
}

describe("docs/integrating.md", () => {
  it("lists every account that holds shares, from logs in pages", async () => {
    const { metaPool, others } = await deployTrellis(connection);
    const [alice, bob, carol] = others;
    const stake = (amount: string) => ({ value: ethers.parseEther(amount) });
    await metaPool.connect(alice).deposit_and_stake(stake("3"));
    await metaPool.connect(bob).deposit_and_stake(stake("2"));
    await metaPool.connect(bob).transfer(carol!, await metaPool.balanceOf(bob!));
    await metaPool.connect(alice).unstake(ethers.parseEther("1"));

    const listAccounts = await example();
    const expected = new Map([
      [alice!.address, await metaPool.balanceOf(alice!)],
      [carol!.address, await metaPool.balanceOf(carol!)],
    ]);
    expect(await listAccounts(metaPool, 0)).to.deep.equal(expected);
    expect(await listAccounts(metaPool, 0, 3)).to.deep.equal(expected);
    expect(await metaPool.get_number_of_accounts()).to.equal(2n); // that ever staked: alice and bob
  });
});
