import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";
import { network } from "hardhat";

import { LEAF, leafOf, reportHash } from "../../src/reports/encoding.ts";
import { agreeOn, epochCounters, ethers, honest, lie, loadReports, OPERATORS } from "../fixtures/reports.ts";
import { pagesOf } from "../../src/reports/pages.ts";

const CHAIN = 31337n;

describe("ReportOracle", () => {
  describe("reportHash", () => {
    it("is what members' programs compute", async () => {
      const { oracle, ended } = await loadReports();
      for (const { report } of [honest(ended), lie(ended), honest(ended - 1n)]) {
        expect(await oracle.reportHash(report)).to.equal(reportHash(CHAIN, await oracle.getAddress(), report));
      }
    });

    it("is of the largest values, too", async () => {
      const { oracle } = await loadReports();
      const report = {
        epoch: 2n ** 40n - 1n,
        refBlock: 2n ** 64n - 1n,
        refBlockHash: `0x${"ff".repeat(32)}`,
        networkStake: 2n ** 96n - 1n,
        operators: 2n ** 32n - 1n,
        root: `0x${"ff".repeat(32)}`,
      };
      expect(await oracle.reportHash(report)).to.equal(reportHash(CHAIN, await oracle.getAddress(), report));
    });

    it("is another one at another oracle of the same chain, whose votes are its own", async () => {
      const { oracle, args, ended, committee } = await loadReports();
      const [manager, allocator, registry, scores, members, quorum] = args;
      const twin = await ethers.deployContract("ReportOracle", [
        manager,
        allocator,
        registry,
        scores,
        [...members],
        quorum,
      ]);
      const { report } = honest(ended);
      for (const member of committee.slice(0, 2)) await twin.connect(member).vote(report);
      await oracle.connect(committee[2]).vote(report);

      expect(await twin.reportHash(report)).to.not.equal(await oracle.reportHash(report));
      expect(await oracle.votesOf(await twin.reportHash(report))).to.equal(0n);
      expect(await oracle.votesOf(await oracle.reportHash(report))).to.equal(1n);
      expect((await oracle.agreed()).epoch).to.equal(0n);
    });

    it("is another one on another chain, at the same address", async () => {
      const { oracle, args, ended } = await loadReports();
      const [manager, allocator, registry, scores, members, quorum] = args;
      const { report } = honest(ended);
      const elsewhere = await network.create({ network: "default", override: { chainId: 560048 } });
      const [deployer] = await elsewhere.ethers.getSigners();
      const factory = await elsewhere.ethers.getContractFactory("ReportOracle", deployer);
      const twin = await factory.deploy(manager, allocator, registry, scores, [...members], quorum);

      const address = await twin.getAddress();
      expect(await twin.reportHash(report)).to.equal(reportHash(560048n, address, report));
      expect(await twin.reportHash(report)).to.not.equal(reportHash(CHAIN, address, report));
      expect(reportHash(560048n, await oracle.getAddress(), report)).to.not.equal(await oracle.reportHash(report));
      await elsewhere.close();
    });
  });

  describe("leafOf", () => {
    it("is what members' programs compute, for full pages and the last one", async () => {
      const { oracle, ended } = await loadReports();
      for (const { page, counters } of honest(ended).pages) {
        expect(await oracle.leafOf(page, [...counters])).to.equal(leafOf(page, counters));
      }
      expect(await oracle.leafOf(7, [])).to.equal(leafOf(7, []));
    });

    it("makes the tree that OpenZeppelin's StandardMerkleTree makes", async () => {
      const reports = await loadReports();
      const { oracle, ended } = reports;
      const { report } = honest(ended);
      const contents = pagesOf(epochCounters().operators);
      const tree = StandardMerkleTree.of(
        contents.map((content, page) => [page, content.map((each) => Object.values(each) as unknown[])]),
        LEAF.map((type) => type.replace(/^tuple| \w+(?=[,)])/g, "").replaceAll(" ", "")),
      );

      expect(tree.root).to.equal(report.root);
      await agreeOn(reports, report);
      await oracle.deliver(ended, 2, [...contents[2]!], tree.getProof(2));
      expect(await oracle.missingPages()).to.equal(BigInt(Math.ceil(OPERATORS / 32)) - 1n);
    });
  });
});
