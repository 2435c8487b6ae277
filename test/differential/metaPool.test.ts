import { suite } from "./metaPool.ts";
import { playAll } from "./sequences.ts";

describe("differential: MetaPool", function () {
  this.timeout(0);

  it("does what the model does, wei by wei", () => playAll(suite));
});
