import { expect } from "chai";

import { byTier, tierOf } from "../../src/scoring/jito.ts";

const OLD = { maxCommission: 5n, mevCommissionBps: 0n, age: 400n, creditRatio: 9_900_000n };
const FREE = { maxCommission: 0n, mevCommissionBps: 800n, age: 100n, creditRatio: 9_800_000n };

describe("G10: tierOf", () => {
  it("prefers a commission of 0 with 8 % of MEV to one of 5 % without", () => {
    expect(tierOf(OLD)).to.equal(6_889_451_912_145_866_720n);
    expect(tierOf(FREE)).to.equal(7_246_221_435_060_193_600n);
    expect(byTier([OLD, FREE])).to.deep.equal([FREE, OLD]);
  });

  it("lets MEV decide between equal commissions, then age, then credits", () => {
    const dearer = { ...FREE, mevCommissionBps: 801n, age: 16_000n, creditRatio: 10_000_000n };
    const younger = { ...FREE, age: 99n, creditRatio: 10_000_000n };
    const poorer = { ...FREE, creditRatio: 9_799_999n };

    expect(byTier([dearer, younger, poorer, FREE])).to.deep.equal([FREE, poorer, younger, dearer]);
  });

  it("leaves equal ones in their order", () => {
    const twin = { ...FREE };

    expect(byTier([FREE, OLD, twin])).to.deep.equal([FREE, twin, OLD]);
    expect(byTier([FREE, twin])[0]).to.equal(FREE);
  });
});
