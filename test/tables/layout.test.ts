import { expect } from "chai";

import { artifacts } from "../../rocketh/deploy.ts";
import { NAMES } from "./access.ts";
import { CONTRACTS, ENUMS, NAMESPACES, STRUCTS } from "./layout.ts";
import { enumMembers, lineageOf } from "./syntax.ts";
import { deploySystem, ethers, networkHelpers } from "./system.ts";

/** What the compiler says of a contract's storage, as far as it matters. */
interface Layout {
  readonly storage: readonly Variable[];
  readonly types: Readonly<Record<string, { readonly label: string; readonly members?: readonly Variable[] }>> | null;
}

interface Variable {
  readonly label: string;
  readonly offset: number;
  readonly slot: string;
  readonly type: string;
}

type Name = "MetaPool" | "Allocator" | "OperatorRegistry" | "StakingPool";

/** Not ours: neither is upgraded, and both keep their storage as OpenZeppelin lays it out. */
const FOREIGN = ["AccessManager", "ERC1967Proxy"];

/** Where a contract's own variables begin; 0 without a namespace. */
function baseOf(contract: string): bigint {
  return BigInt(NAMESPACES[`trellis.${contract}`]?.at ?? 0);
}

function layoutOf(contract: string): Layout {
  return (artifacts as unknown as Record<string, { storageLayout: Layout }>)[contract]!.storageLayout;
}

/** As the tables write it. */
function rowsOf(variables: readonly Variable[], types: Layout["types"], base = 0n): string[] {
  return variables.map(({ label, offset, slot, type }) => {
    return `${BigInt(slot) - base}:${offset} ${types![type]!.label} ${label}`;
  });
}

/** A written table by its groups: the reason, and rows with single spaces. */
function groupsOf(table: string): { why: string; rows: string[] }[] {
  const groups: { why: string; rows: string[] }[] = [];
  for (const line of table.split("\n").map((each) => each.trim())) {
    if (line.startsWith("#")) groups.push({ why: line.slice(1).trim(), rows: [] });
    else if (line !== "") groups.at(-1)!.rows.push(line.replaceAll(/ +/g, " "));
  }
  return groups;
}

function written(table: string): string[] {
  return groupsOf(table).flatMap(({ rows }) => rows);
}

describe("Storage layout", () => {
  it("tables have every contract, and a reason for every slot", () => {
    expect(Object.keys(CONTRACTS)).to.have.members(NAMES.filter((name) => !FOREIGN.includes(name)));

    for (const [name, table] of Object.entries({ ...CONTRACTS, ...STRUCTS })) {
      const seen = new Set<string>();
      for (const { why, rows } of groupsOf(table)) {
        expect(why, name).to.not.equal("");
        const slots = new Set(rows.map((row) => row.slice(0, row.indexOf(":"))));
        for (const slot of slots) expect(seen.has(slot), `${name}: slot ${slot} has two reasons`).to.equal(false);
        for (const slot of slots) seen.add(slot);
      }
    }
  });

  for (const [name, table] of Object.entries(CONTRACTS)) {
    it(`of ${name} is as written`, () => {
      const { storage, types } = layoutOf(name);

      expect(rowsOf(storage, types, baseOf(name))).to.deep.equal(written(table));
    });
  }

  for (const [name, table] of Object.entries(STRUCTS)) {
    it(`of the struct ${name} is as written, wherever it is stored`, () => {
      const found = Object.keys(CONTRACTS).flatMap((contract) => {
        const { types } = layoutOf(contract);
        const struct = Object.values(types ?? {}).find(({ label }) => label === `struct ${name}`);
        return struct === undefined ? [] : [rowsOf(struct.members!, types)];
      });

      expect(found).to.not.deep.equal([]);
      for (const rows of found) expect(rows).to.deep.equal(written(table));
    });
  }

  it("tables have every struct and enum that is stored, and enums keep their numbers", async () => {
    const structs = new Set<string>();
    const enums = new Map<string, string>();
    for (const contract of Object.keys(CONTRACTS)) {
      for (const { label } of Object.values(layoutOf(contract).types ?? {})) {
        const [, kind, name] = /^(struct|enum) (\S+?)(?:\[\])?$/.exec(label) ?? [];
        if (kind === "struct") structs.add(name!);
        if (kind === "enum") enums.set(name!, (await enumMembers(contract, name!)).join(" "));
      }
    }

    expect([...structs]).to.have.members(Object.keys(STRUCTS));
    const table = Object.entries(ENUMS).map(([name, { members }]) => [name, members] as const);
    expect(Object.fromEntries(enums)).to.deep.equal(Object.fromEntries(table));
  });

  describe("namespaces", () => {
    for (const [name, { at, of, why }] of Object.entries(NAMESPACES)) {
      it(`${name} of ${of.join(", ")} is where ERC-7201 says: ${why}`, () => {
        const hash = ethers.toBeHex(BigInt(ethers.id(name)) - 1n, 32);

        expect(BigInt(at)).to.equal(BigInt(ethers.keccak256(hash)) & ~0xffn);
      });
    }

    it("are all that the contracts have, and hold what is written", async () => {
      const found: string[] = [];
      for (const contract of Object.keys(CONTRACTS)) {
        const { storage } = layoutOf(contract);
        if (storage.length !== 0 && BigInt(storage[0]!.slot) > 2n ** 32n) {
          found.push(`trellis.${contract} ${contract} ${ethers.toBeHex(BigInt(storage[0]!.slot), 32)} ours`);
        }
        for (const { node } of await lineageOf(contract)) {
          for (const { nodeType, documentation, members } of node.nodes!) {
            const namespace = /@custom:storage-location erc7201:(\S+)/.exec(documentation?.text ?? "")?.[1];
            if (nodeType !== "StructDefinition" || namespace === undefined) continue;
            const constants = node.nodes!.filter(({ name, constant }) => constant && /storage(Location)?$/i.test(name));
            const described = members!.map(({ name, typeDescriptions }) => `${typeDescriptions!.typeString} ${name}`);
            found.push(
              `${namespace} ${contract} ${constants.map(({ value }) => value!.value).join()} ${described.join(", ")}`,
            );
          }
        }
      }

      const table = Object.entries(NAMESPACES).flatMap(([name, { at, of, members }]) =>
        of.map((contract) => `${name} ${contract} ${at} ${members ?? "ours"}`),
      );
      expect(found).to.have.members(table);
    });

    it("are where the chain keeps what is in them", async () => {
      const { contracts, metaPool, accessManager, callers } = await networkHelpers.loadFixture(deploySystem);
      /** `bytes` from the end of a word, `offset` bytes further left. */
      const read = async (contract: Name, namespace: string, slot: bigint, offset: number, bytes: number) => {
        const base = namespace === "" ? 0n : BigInt(NAMESPACES[namespace]!.at);
        const word = await ethers.provider.getStorage(contracts[contract], base + slot);
        return BigInt(ethers.dataSlice(word, 32 - offset - bytes, 32 - offset));
      };

      for (const contract of ["MetaPool", "Allocator", "OperatorRegistry", "StakingPool"] as const) {
        expect(await read(contract, "openzeppelin.storage.Initializable", 0n, 0, 8), contract).to.equal(1n);
        if (contract === "StakingPool") continue;
        const authority = BigInt(await accessManager.getAddress());
        expect(await read(contract, "openzeppelin.storage.AccessManaged", 0n, 0, 20), contract).to.equal(authority);
      }
      const pool = BigInt(await metaPool.getAddress());
      expect(await read("Allocator", "trellis.Allocator", 0n, 0, 20)).to.equal(pool);
      expect(await read("OperatorRegistry", "trellis.OperatorRegistry", 0n, 0, 20)).to.equal(pool);
      const { assets, locked } = await metaPool.getBook();
      expect(await read("MetaPool", "trellis.MetaPool", 0n, 0, 12)).to.equal(assets + locked);
      expect(await read("MetaPool", "trellis.MetaPool", 0n, 12, 16)).to.equal(await metaPool.totalSupply());
      expect(await read("MetaPool", "openzeppelin.storage.ERC20", 2n, 0, 32), "our book counts").to.equal(0n);
      expect(await read("StakingPool", "openzeppelin.storage.Ownable", 0n, 0, 20)).to.equal(BigInt(callers.poolOwner));
      expect(await read("StakingPool", "", 1n, 12, 16)).to.equal((await contracts.StakingPool.getBook()).bondShares);
    });
  });
});
