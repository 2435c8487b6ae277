import { expect } from "chai";
import { makeError } from "ethers";

import { explain } from "../../src/cli/explain.ts";
import { faultOf } from "../../src/keeper/errors.ts";
import { toJsonLine, toLine } from "../../src/keeper/log.ts";
import { errorOf } from "../fixtures/nodes.ts";
import { MetaPool__factory } from "../../types/index.ts";

const withCode = (code: string, message = "oh") => Object.assign(new Error(message), { code });

/** What ethers makes of a node's answer that it does not know. */
function answered(code: number, message: string): Error {
  const error = { code, message };
  return makeError("could not coalesce error", "UNKNOWN_ERROR", { error });
}

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

    it("are the node's where it has not yet, or no longer, what it is asked for", () => {
      const answers = [
        [-32_000, "header not found"],
        [-32_000, "missing trie node 1234 (path ) state 0x12 is not available"],
        [-32_000, "unknown block"],
        [-32_000, "state already discarded"],
        [-32_001, "resource not found"],
        [-32_099, "busy"],
        [-32_603, "Internal error"],
        [-32_603, "upstream unavailable"],
        [-32_601, "the method is not known"],
        [-32_602, "block is out of range"],
        [-32_100, "something else"],
        [429, "Your app has exceeded its compute units per second capacity."],
      ] as const;
      for (const [code, message] of answers) {
        expect(faultOf(answered(code, message)), message).to.equal("node");
        expect(faultOf(Object.assign(new Error(message), { code })), message).to.equal("node");
      }
      for (const message of ["header not found", "missing trie node", "unknown block", "state already discarded"]) {
        expect(faultOf(new Error(message)), message).to.equal("node");
      }
    });

    it("are what they were where such an answer says more", () => {
      expect(faultOf(answered(-32_000, "insufficient funds for gas * price + value"))).to.equal("funds");
      expect(faultOf(answered(-32_000, "nonce too low"))).to.equal("state");
      expect(faultOf(answered(-32_000, "replacement transaction underpriced"))).to.equal("state");
      expect(faultOf(answered(-32_603, "execution reverted"))).to.equal("state");
      const data = "0x12345678";
      expect(faultOf(Object.assign(answered(-32_015, "VM execution error"), { data }))).to.equal("state");
    });

    it("are the node's whatever it answers in place of a result", async () => {
      const json = (code: number, message: string): string =>
        JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code, message } });
      const silent = "The node does not answer: check that it runs and that its address is right.";
      const refused = "The node refuses the key: check the one that its address has.";
      const answers = [
        [200, json(429, "Too much capacity."), "The node answers with an error: Too much capacity."],
        [200, json(-32_602, "block is out of range"), "The node answers with an error: block is out of range."],
        [200, "<html><script nonce=1>insufficient funds</script></html>", silent],
        [401, json(-32_600, "Must be authenticated!"), refused],
        [403, "no", refused],
        [200, json(401, "bad project"), refused],
        [500, "oh", "The node answers with an error: Response status code 500: Internal Server Error."],
      ] as const;
      for (const [status, body, sentence] of answers) {
        const error = await errorOf(status, body);
        expect(faultOf(error), body).to.equal("node");
        expect(explain(error)).to.equal(sentence);
      }
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
