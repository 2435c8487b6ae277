import { readFile } from "node:fs/promises";

import { expect } from "chai";
import { artifacts } from "hardhat";

import { NOTICE_ROLES, noticed, RESTRICTIONS, roleIdOf, ROLES } from "../../src/roles.ts";
import { ethers, loadRegistry } from "../fixtures/registry.ts";

/** The rows of the tables of docs/roles.md: contract, function, role, notice. */
async function documented(): Promise<string[]> {
  const rows: string[] = [];
  let contract = "";
  for (const line of (await readFile("docs/roles.md", "utf8")).split("\n")) {
    contract = /^## (\w+)/.exec(line)?.[1] ?? contract;
    const [, name, role, notice] = /^\| `(\w+)` +\| (\w+) +\| (yes|no) +\|/.exec(line) ?? [];
    if (name !== undefined) rows.push(`${contract} ${name} ${role!} ${notice!}`);
  }

  return rows.sort();
}

describe("roles", function () {
  it("are in docs/roles.md as in src/roles.ts", async function () {
    const rows = RESTRICTIONS.map(
      ({ contract, signature, role, notice }) =>
        `${contract} ${signature.slice(0, signature.indexOf("("))} ${role} ${notice ? "yes" : "no"}`,
    );

    expect(await documented()).to.deep.equal(rows.sort());
  });

  it("name functions that the contracts have", async function () {
    for (const { contract, signature } of RESTRICTIONS) {
      const { abi } = await artifacts.readArtifact(contract);
      expect(new ethers.Interface(abi).hasFunction(signature), `${contract}.${signature}`).to.equal(true);
    }
  });

  it("cover every function of the registry that a stranger cannot call", async function () {
    const { registry, stranger } = await loadRegistry();
    const refused: string[] = [];
    for (const fragment of registry.interface.fragments.filter((any) => ethers.FunctionFragment.isFragment(any))) {
      if (fragment.stateMutability === "view" || fragment.stateMutability === "pure") continue;
      const data = fragment.selector + "00".repeat(32 * 16);
      const error: unknown = await stranger.call({ to: registry, data }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (JSON.stringify(error, Object.getOwnPropertyNames(error ?? {})).includes("AccessManagedUnauthorized")) {
        refused.push(fragment.format("sighash"));
      }
    }

    const listed = RESTRICTIONS.filter(({ contract }) => contract === "OperatorRegistry");
    // AccessManager alone calls setAuthority.
    expect(refused.filter((signature) => signature !== "setAuthority(address)").sort()).to.deep.equal(
      listed.map(({ signature }) => signature).sort(),
    );
  });

  it("are set on chain as listed, and the deployer keeps none", async function () {
    const { registry, accessManager, notice, deployer } = await loadRegistry();

    for (const restriction of RESTRICTIONS.filter(({ contract }) => contract === "OperatorRegistry")) {
      const selector = ethers.id(restriction.signature).slice(0, 10);
      expect(await accessManager.getTargetFunctionRole(registry, selector), restriction.signature).to.equal(
        roleIdOf(restriction),
      );
    }
    for (const role of NOTICE_ROLES) expect((await accessManager.hasRole(role, notice)).isMember).to.equal(true);
    for (const role of [...Object.values(ROLES), noticed("governance"), noticed("foundation")]) {
      expect((await accessManager.hasRole(role, deployer)).isMember).to.equal(false);
    }
  });
});
