import { expect } from "chai";

import {
  agreeOn,
  counters,
  epochCounters,
  honest,
  lie,
  loadReports,
  OPERATORS,
  pageOf,
  structOf,
  waitForEpoch,
} from "../fixtures/reports.ts";
import { buildReport } from "../../src/reports/pages.ts";

/** A report of `ended` is agreed, and none of its pages delivered. */
async function loadAgreed() {
  const reports = await loadReports();
  const made = honest(reports.ended);
  await agreeOn(reports, made.report);
  return { ...reports, made };
}

describe("ReportOracle", () => {
  describe("deliver", () => {
    it("reverts before the first agreed report", async () => {
      const { oracle, ended } = await loadReports();
      await expect(oracle.deliver(ended, 0, ...pageOf(honest(ended), 0)))
        .to.be.revertedWithCustomError(oracle, "NotAgreed")
        .withArgs(ended, 0);
      await expect(oracle.deliver(0, 0, ...pageOf(honest(ended), 0)))
        .to.be.revertedWithCustomError(oracle, "UnknownPage")
        .withArgs(0, 0);
    });

    it("reverts for the epoch before and after the agreed one", async () => {
      const { oracle, ended, made } = await loadAgreed();
      for (const epoch of [ended - 1n, ended + 1n]) {
        await expect(oracle.deliver(epoch, 0, ...pageOf(made, 0)))
          .to.be.revertedWithCustomError(oracle, "NotAgreed")
          .withArgs(epoch, ended);
      }
    });

    it("reverts for what is left of a report once a later one is agreed", async () => {
      const reports = await loadAgreed();
      const { oracle, ended, made } = reports;
      await oracle.deliver(ended, 1, ...pageOf(made, 1));
      await waitForEpoch(reports, ended + 2n);
      await agreeOn(reports, honest(ended + 1n).report);

      await expect(oracle.deliver(ended, 0, ...pageOf(made, 0)))
        .to.be.revertedWithCustomError(oracle, "NotAgreed")
        .withArgs(ended, ended + 1n);
      expect(await oracle.missingPages()).to.equal(3n);
      expect(await oracle.isDelivered(1)).to.equal(false);
    });

    it("reverts for a page of another epoch under the present one's number", async () => {
      const { oracle, ended, made } = await loadAgreed();
      const older = buildReport(ended - 1n, made.report.refBlockHash, {
        ...epochCounters(),
        operators: made.pages.flatMap((page) => page.counters.map((each) => ({ ...each, done: each.done - 1n }))),
      });
      const [contents, proof] = pageOf(older, 0);

      await expect(oracle.deliver(ended, 0, contents, proof))
        .to.be.revertedWithCustomError(oracle, "WrongProof")
        .withArgs(0, await oracle.leafOf(0, contents), made.report.root);
    });

    it("reverts for a page that the report does not have", async () => {
      const { oracle, ended, made } = await loadAgreed();
      for (const page of [3n, 2n ** 256n - 1n]) {
        await expect(oracle.deliver(ended, page, ...pageOf(made, 0)))
          .to.be.revertedWithCustomError(oracle, "UnknownPage")
          .withArgs(page, 3);
      }
    });

    it("reverts for the contents and proof of another page", async () => {
      const { oracle, ended, made } = await loadAgreed();
      const [contents, proof] = pageOf(made, 1);
      await expect(oracle.deliver(ended, 0, contents, proof))
        .to.be.revertedWithCustomError(oracle, "WrongProof")
        .withArgs(0, await oracle.leafOf(0, contents), made.report.root);
    });

    it("reverts for two pages that have the same contents when one stands for the other", async () => {
      const reports = await loadReports();
      const { oracle, ended } = reports;
      const operators = Array.from({ length: 64 }, () => counters(1));
      const made = buildReport(ended, `0x${"11".repeat(32)}`, epochCounters({ operators }));
      await agreeOn(reports, made.report);
      const [contents, proof] = pageOf(made, 1);

      await expect(oracle.deliver(ended, 0, contents, proof))
        .to.be.revertedWithCustomError(oracle, "WrongProof")
        .withArgs(0, await oracle.leafOf(0, contents), made.report.root);
      await oracle.deliver(ended, 1, contents, proof);
      expect(await oracle.isDelivered(0)).to.equal(false);
    });

    it("reverts for a page that is one operator short, or one too long", async () => {
      const { oracle, ended, made } = await loadAgreed();
      for (const [page, expected] of [
        [0, 32],
        [1, 32],
        [2, 6],
      ] as const) {
        const [contents, proof] = pageOf(made, page);
        for (const wrong of [contents.slice(1), [...contents, counters(1)], []]) {
          await expect(oracle.deliver(ended, page, wrong, proof))
            .to.be.revertedWithCustomError(oracle, "WrongPageLength")
            .withArgs(page, wrong.length, expected);
        }
      }
    });

    it("reverts for a last page of 32 when the report has fewer operators", async () => {
      const reports = await loadReports();
      const { oracle, ended } = reports;
      // A root over two full pages, agreed with 33 operators: the second page has one.
      const operators = Array.from({ length: 64 }, (_, index) => counters(index + 1));
      const made = buildReport(ended, `0x${"11".repeat(32)}`, epochCounters({ operators }));
      await agreeOn(reports, { ...made.report, operators: 33n });

      await expect(oracle.deliver(ended, 1, ...pageOf(made, 1)))
        .to.be.revertedWithCustomError(oracle, "WrongPageLength")
        .withArgs(1, 32, 1);
    });

    it("reverts for one counter that differs", async () => {
      const { oracle, ended, made } = await loadAgreed();
      const [contents, proof] = pageOf(made, 2);
      const [first, ...rest] = contents;
      for (const change of [
        { assigned: first!.assigned + 1n },
        { done: first!.done - 1n },
        { active: !first!.active },
        { commissionBps: first!.commissionBps + 1n },
        { stake: first!.stake + 1n },
        { external_: first!.external_ - 1n },
        { reward: first!.reward + 1n },
        { slashed: first!.slashed + 1n },
      ]) {
        const wrong = [{ ...first!, ...change }, ...rest];
        await expect(oracle.deliver(ended, 2, wrong, proof))
          .to.be.revertedWithCustomError(oracle, "WrongProof")
          .withArgs(2, await oracle.leafOf(2, wrong), made.report.root);
      }
    });

    it("reverts for a proof that is cut short, too long, empty or of another report", async () => {
      const { oracle, ended, made } = await loadAgreed();
      const [contents, proof] = pageOf(made, 0);
      const [, foreign] = pageOf(lie(ended), 0);
      const wrongProofs = [proof.slice(1), proof.slice(0, -1), [...proof, made.report.root], [], foreign];
      for (const wrong of wrongProofs) {
        await expect(oracle.deliver(ended, 0, contents, wrong))
          .to.be.revertedWithCustomError(oracle, "WrongProof")
          .withArgs(0, await oracle.leafOf(0, contents), made.report.root);
      }
    });

    it("reverts for a page that has been delivered", async () => {
      const { oracle, ended, made } = await loadAgreed();
      await oracle.deliver(ended, 1, ...pageOf(made, 1));
      await expect(oracle.deliver(ended, 1, ...pageOf(made, 1)))
        .to.be.revertedWithCustomError(oracle, "AlreadyDelivered")
        .withArgs(ended, 1);
      expect(await oracle.missingPages()).to.equal(2n);
    });

    it("leaves a page open that the scores refuse", async () => {
      const { oracle, scores, ended, made } = await loadAgreed();
      await scores.setRefuses(true);
      await expect(oracle.deliver(ended, 1, ...pageOf(made, 1))).to.be.revertedWithCustomError(scores, "Refused");
      expect(await oracle.missingPages()).to.equal(3n);

      await scores.setRefuses(false);
      await oracle.deliver(ended, 1, ...pageOf(made, 1));
      expect(await oracle.missingPages()).to.equal(2n);
    });

    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      it(`hands pages on in the order ${order.join(", ")}, whoever brings them, and closes with the last`, async () => {
        const { oracle, scores, ended, made, stranger, committee } = await loadAgreed();
        for (const [index, page] of order.entries()) {
          const caller = index === 0 ? stranger : committee[index]!;
          const [contents, proof] = pageOf(made, page);
          const missing = order.length - index - 1;
          const delivery = oracle.connect(caller).deliver(ended, page, contents, proof);

          await expect(delivery).to.emit(oracle, "PageDelivered").withArgs(ended, page, caller, missing);
          await expect(delivery)
            .to.emit(scores, "Recorded")
            .withArgs(ended, 32 * page + 1, contents.map(structOf));
          expect(await oracle.missingPages()).to.equal(missing);
          expect(await oracle.isDelivered(page)).to.equal(true);
          if (missing !== 0) {
            await expect(delivery).to.not.emit(scores, "Closed");
            await expect(delivery).to.not.emit(oracle, "ReportCompleted");
            continue;
          }
          await expect(delivery).to.emit(oracle, "ReportCompleted").withArgs(ended, OPERATORS);
          await expect(delivery).to.emit(scores, "Closed").withArgs(ended, made.report.networkStake, OPERATORS);
        }
      });
    }

    for (const [count, pages] of [
      [1, 1],
      [31, 1],
      [32, 1],
      [33, 2],
      [64, 2],
      [65, 3],
    ] as const) {
      it(`takes ${count} operators in ${pages} pages`, async () => {
        const reports = await loadReports();
        const { oracle, scores, ended } = reports;
        const operators = Array.from({ length: count }, (_, index) => counters(index + 1));
        const made = buildReport(ended, `0x${"11".repeat(32)}`, epochCounters({ operators }));
        await agreeOn(reports, made.report);
        expect(await oracle.missingPages()).to.equal(pages);

        for (let page = 0; page < pages - 1; page += 1) await oracle.deliver(ended, page, ...pageOf(made, page));
        await expect(oracle.deliver(ended, pages - 1, ...pageOf(made, pages - 1)))
          .to.emit(scores, "Closed")
          .withArgs(ended, made.report.networkStake, count);
      });
    }

    it("takes pages however late, until a later report is agreed", async () => {
      const reports = await loadAgreed();
      const { oracle, scores, ended, made } = reports;
      await waitForEpoch(reports, ended + 30n);
      for (const page of [0, 1]) await oracle.deliver(ended, page, ...pageOf(made, page));

      await expect(oracle.deliver(ended, 2, ...pageOf(made, 2))).to.emit(scores, "Closed");
    });
  });
});
