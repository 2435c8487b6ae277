import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { expect } from "chai";

import {
  connection,
  createGroups,
  createOperators,
  ethers,
  impersonated,
  networkHelpers,
  now,
  packGroups,
} from "../fixtures/allocator.ts";
import { deployTrellis } from "../fixtures/deployment.ts";

/** As in IAttributes.Kind. */
const Kind = { entity: 0n, jurisdiction: 1n, infrastructure: 2n, client: 3n, geography: 4n } as const;
const NEVER = [0n, 0n, "0x0000000000000000000000000000000000000000", 0n, ""];

function load() {
  return networkHelpers.loadFixture(deploy);
}

/** Groups 1 to 5 are of dimensions 1 to 5; of three operators the third is delisted. */
async function deploy() {
  const trellis = await deployTrellis(connection, { handover: false });
  const { registry, guardian, attester, attributes, others } = trellis;
  await createGroups(
    trellis,
    [1, 2, 3, 4, 5].map((dimension) => ({ dimension })),
  );
  await createOperators(trellis, [{ groups: [1, 2] }, {}, {}]);
  await trellis.handOver();
  await registry.connect(guardian).delist(3);
  return { ...trellis, attributes: attributes.connect(attester), stranger: others.at(-1)! };
}

describe("Attributes", () => {
  describe("attest", () => {
    it("reverts for whoever is no attester, the operator's owner and governance among them", async () => {
      const { attributes, stranger, governance, foundation, others, committee } = await load();
      for (const caller of [stranger, governance, foundation, others[0]!, committee[0]!]) {
        await expect(attributes.connect(caller).attest(1, Kind.entity, 1, "Example Ltd"))
          .to.be.revertedWithCustomError(attributes, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    });

    it("reverts for an id that was never given, and for a tombstone", async () => {
      const { attributes, registry } = await load();
      await attributes.attest(3, Kind.entity, 0, "still listed as delisted");
      await registry.remove(3);
      for (const operator of [0n, 3n, 4n, 2n ** 256n - 1n]) {
        await expect(attributes.attest(operator, Kind.entity, 0, "Example Ltd"))
          .to.be.revertedWithCustomError(attributes, "UnknownOperator")
          .withArgs(operator);
      }
    });

    it("reverts for a group of another dimension, and for one that does not exist", async () => {
      const { attributes } = await load();
      for (const kind of [Kind.entity, Kind.jurisdiction, Kind.infrastructure, Kind.client]) {
        for (const group of [1n, 2n, 3n, 4n, 5n, 6n, 255n]) {
          if (group === kind + 1n) continue;
          await expect(attributes.attest(1, kind, group, "Example Ltd"))
            .to.be.revertedWithCustomError(attributes, "WrongDimension")
            .withArgs(group, group > 5n ? 0n : group, kind + 1n);
        }
      }
    });

    it("reverts for a group of geography", async () => {
      const { attributes } = await load();
      await expect(attributes.attest(1, Kind.geography, 2, "52.5 N 13.4 E"))
        .to.be.revertedWithCustomError(attributes, "GroupOfGeography")
        .withArgs(2);
    });

    it("reverts for a kind that does not exist", async () => {
      const { attributes } = await load();
      await expect(attributes.attest(1, 5, 0, "Example Ltd")).to.be.revertedWithoutReason(ethers);
    });

    it("reverts for a value that is too long, and takes the longest", async () => {
      const { attributes } = await load();
      await expect(attributes.attest(1, Kind.entity, 1, "é".repeat(32) + "!"))
        .to.be.revertedWithCustomError(attributes, "ValueTooLong")
        .withArgs(65, 64);

      await attributes.attest(1, Kind.entity, 1, "é".repeat(32));
      expect((await attributes.attributeOf(1, Kind.entity)).value).to.equal("é".repeat(32));
    });

    it("keeps who attested what, and when, by operator and kind", async () => {
      const trellis = await load();
      const { attributes, attester } = trellis;
      for (const [kind, group, value] of [
        [Kind.entity, 1n, "Example Ltd"],
        [Kind.jurisdiction, 2n, "DE"],
        [Kind.infrastructure, 3n, "AS64496"],
        [Kind.client, 4n, "agave"],
        [Kind.geography, 0n, "52.5 N 13.4 E"],
      ] as const) {
        await expect(attributes.attest(1, kind, group, value))
          .to.emit(attributes, "Attested")
          .withArgs(1, kind, attester, 1, group, value);
        const at = await now(trellis);
        expect([...(await attributes.attributeOf(1, kind))]).to.deep.equal([1n, at, attester.address, group, value]);
        expect([...(await attributes.attributeOf(2, kind))]).to.deep.equal(NEVER);
      }
    });

    it("counts versions, whoever attests, the same again among them", async () => {
      const trellis = await load();
      const { attributes, accessManager, attester, stranger } = trellis;
      const notice = await impersonated(await trellis.notice.getAddress());
      await accessManager.connect(notice).grantRole(6, stranger, 0);
      await attributes.attest(1, Kind.client, 4, "agave");
      await attributes.attest(1, Kind.client, 4, "agave");

      await expect(attributes.connect(stranger).attest(1, Kind.client, 0, ""))
        .to.emit(attributes, "Attested")
        .withArgs(1, Kind.client, stranger, 3, 0, "");

      const { version, attester: who, group, value } = await attributes.attributeOf(1, Kind.client);
      expect([version, who, group, value]).to.deep.equal([3n, stranger.address, 0n, ""]);
      await expect(attributes.connect(attester).attest(2, Kind.client, 4, "agave"))
        .to.emit(attributes, "Attested")
        .withArgs(2, Kind.client, anyValue, 1, 4, "agave");
    });

    it("changes neither the registry's groups nor what it shows of the operator", async () => {
      const { attributes, registry } = await load();
      const before = [...(await registry.operator(1))];
      await attributes.attest(1, Kind.entity, 0, "somebody else");
      await attributes.attest(1, Kind.client, 4, "agave");

      expect([...(await registry.operator(1))]).to.deep.equal(before);
    });
  });

  describe("attestedGroups", () => {
    it("is nothing where nothing is attested", async () => {
      const { attributes } = await load();
      expect(await attributes.attestedGroups(1)).to.equal(0n);
      expect(await attributes.attestedGroups(99)).to.equal(0n);
    });

    it("packs the groups as the registry does, without tenure, and follows what is withdrawn", async () => {
      const { attributes, registry } = await load();
      await attributes.attest(1, Kind.jurisdiction, 2, "DE");
      expect(await attributes.attestedGroups(1)).to.equal(packGroups([0, 2]));
      await attributes.attest(1, Kind.entity, 1, "Example Ltd");
      expect(await attributes.attestedGroups(1)).to.equal((await registry.operator(1)).groups);
      await attributes.attest(1, Kind.infrastructure, 3, "AS64496");
      await attributes.attest(1, Kind.client, 4, "agave");
      await attributes.attest(1, Kind.geography, 0, "52.5 N 13.4 E");
      expect(await attributes.attestedGroups(1)).to.equal(packGroups([1, 2, 3, 4]));

      await attributes.attest(1, Kind.infrastructure, 0, "");
      expect(await attributes.attestedGroups(1)).to.equal(packGroups([1, 2, 0, 4]));
      expect(await attributes.attestedGroups(2)).to.equal(0n);
    });
  });
});
