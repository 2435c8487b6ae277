import { expect } from "chai";

import { explain } from "../../src/cli/explain.ts";
import { faultOf } from "../../src/keeper/errors.ts";
import { toJsonLine, toLine } from "../../src/keeper/log.ts";
import { MetaPool__factory } from "../../types/index.ts";

const withCode = (code: string, message = "oh") => Object.assign(new Error(message), { code });

describe("keeper", () => {
  describe("faults", () => {
    it("are sorted by what can be done about them", () => {
      expect(faultOf(withCode("TIMEOUT"))).to.equal("node");
      expect(faultOf(withCode("ECONNREFUSED"))).to.equal("node");
      expect(faultOf(new Error("fetch failed", { cause: withCode("ENOTFOUND") }))).to.equal("node");
      expect(faultOf(new Error("429 Too Many Requests"))).to.equal("node");
      expect(faultOf(withCode("NONCE_EXPIRED"))).to.equal("state");
      expect(faultOf(withCode("REPLACEMENT_UNDERPRICED"))).to.equal("state");
      expect(faultOf(withCode("CALL_EXCEPTION"))).to.equal("state");
      expect(faultOf(new Error("VM Exception: reverted with a custom error"))).to.equal("state");
      expect(faultOf(new Error("sender doesn't have enough funds to send tx"))).to.equal("funds");
      expect(faultOf(new TypeError("undefined is not a function"))).to.equal("unknown");
      expect(faultOf("a string")).to.equal("unknown");
    });

    it("are explained in one sentence, with the arguments of a custom error", () => {
      const data = MetaPool__factory.createInterface().encodeErrorResult("ExceedsAssetCap", [
        10n ** 18n,
        5n * 10n ** 17n,
      ]);
      const error = Object.assign(new Error("reverted"), { info: { error: { data } } });

      expect(explain(error)).to.equal("The pool is nearly full: 1 ETH does not fit, 0.5 ETH would.");
      expect(explain(Object.assign(new Error("reverted"), { data: "0x12345678" }))).to.equal(
        "The contract refused the call with an error that is not ours (0x12345678).",
      );
      expect(explain(withCode("TIMEOUT"))).to.equal(
        "The node does not answer: check that it runs and that its address is right.",
      );
      expect(explain(new Error("something else\n    at a line"))).to.equal("something else.");
    });
  });

  describe("log", () => {
    it("is one line for people or one of JSON, amounts in full", () => {
      const entry = { level: "info", job: "settle", message: "read a page", fields: { gas: 2n ** 70n } } as const;

      expect(toLine(entry)).to.equal("settle: read a page gas=1180591620717411303424");
      expect(toLine({ ...entry, level: "warn" })).to.equal("settle: warning: read a page gas=1180591620717411303424");
      expect(JSON.parse(toJsonLine(entry))).to.eql({
        level: "info",
        job: "settle",
        message: "read a page",
        gas: "1180591620717411303424",
      });
    });
  });
});
