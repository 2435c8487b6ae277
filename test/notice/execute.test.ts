import { expect } from "chai";

import {
  type Call,
  LEAVING,
  LIFETIME,
  loadNotice,
  pass,
  passStrictly,
  PATIENCE,
  SALT,
  Status,
  WAIT,
} from "../fixtures/notice.ts";
import { days, ether, ethers, networkHelpers, State } from "../fixtures/registry.ts";

type Notice = Awaited<ReturnType<typeof loadNotice>>["notice"];

async function announcedAt(notice: Notice, call: Call): Promise<bigint> {
  return (await notice.announcement(await notice.idOf(...call))).announcedAt;
}

describe("Notice", function () {
  describe("execute", function () {
    it("reverts for a call that nobody announced", async function () {
      const { notice, calls, idOf } = await loadNotice();

      await expect(notice.execute(...calls.cap))
        .to.be.revertedWithCustomError(notice, "NotPending")
        .withArgs(await idOf(calls.cap), Status.none);
    });

    it("reverts for a call that was announced with other data", async function () {
      const { notice, byGovernance, calls, metaPool, registry } = await loadNotice();
      await byGovernance.announce(...calls.cap);
      await pass(metaPool);
      const other = [calls.cap[0], registry.interface.encodeFunctionData("setAbsoluteCap", [1, 6]), SALT] as const;

      await expect(notice.execute(...other)).to.be.revertedWithCustomError(notice, "NotPending");
    });

    it("reverts for a cancelled call", async function () {
      const { notice, byGovernance, calls, idOf, metaPool } = await loadNotice();
      await byGovernance.announce(...calls.cap);
      await byGovernance.cancel(...calls.cap);
      await pass(metaPool);

      await expect(notice.execute(...calls.cap))
        .to.be.revertedWithCustomError(notice, "NotPending")
        .withArgs(await idOf(calls.cap), Status.cancelled);
    });

    it("attack: reverts when executed early", async function () {
      const { notice, byGovernance, calls, idOf, metaPool } = await loadNotice();
      await metaPool.setBatches(5, 100);
      await byGovernance.announce(...calls.cap);
      const earliest = (await announcedAt(notice, calls.cap)) + WAIT;
      await networkHelpers.time.setNextBlockTimestamp(earliest - 1n);

      await expect(notice.execute(...calls.cap))
        .to.be.revertedWithCustomError(notice, "TooEarly")
        .withArgs(await idOf(calls.cap), earliest, earliest - 1n);
      await networkHelpers.time.setNextBlockTimestamp(earliest);
      await notice.execute(...calls.cap);
    });

    it("waits longer when an operator that unbonds longer is listed meanwhile, never shorter", async function () {
      const { notice, registry, byGovernance, calls, idOf, allocatorSigner } = await loadNotice();
      await byGovernance.announce(...calls.cap);
      const at = await announcedAt(notice, calls.cap);

      await registry.connect(allocatorSigner).setLongestUnbonding(days(20));
      expect(await notice.earliestOf(await idOf(calls.cap))).to.equal(at + days(22));
      await registry.connect(allocatorSigner).setLongestUnbonding(1);
      expect(await notice.earliestOf(await idOf(calls.cap))).to.equal(at + days(4));
    });

    it("reverts while exits wait", async function () {
      const { notice, byGovernance, calls, idOf, metaPool } = await loadNotice();
      await byGovernance.announce(...calls.cap);
      await networkHelpers.time.increase(WAIT);
      await metaPool.setBatches(8, 6);

      await expect(notice.execute(...calls.cap))
        .to.be.revertedWithCustomError(notice, "ExitsWaiting")
        .withArgs(await idOf(calls.cap), 7n, 6n);
      await metaPool.setBatches(8, 7);
      await notice.execute(...calls.cap);
    });

    it("makes the call although exits wait once 90 days have passed", async function () {
      const { notice, registry, byGovernance, calls } = await loadNotice();
      await byGovernance.announce(...calls.cap);
      const patience = (await announcedAt(notice, calls.cap)) + PATIENCE;

      await networkHelpers.time.setNextBlockTimestamp(patience - 1n);
      await expect(notice.execute(...calls.cap)).to.be.revertedWithCustomError(notice, "ExitsWaiting");
      await networkHelpers.time.setNextBlockTimestamp(patience);
      await notice.execute(...calls.cap);
      expect((await registry.operator(1)).absoluteCap).to.equal(5n);
    });

    for (const [call, who] of [
      ["upgrade", "governance"],
      ["factory", "foundation"],
      ["grant", "governance"],
    ] as const) {
      it(`attack: ${call} is still blocked after 90 days while exits wait`, async function () {
        const { notice, calls, idOf, metaPool, ...base } = await loadNotice();
        await notice.connect(base[who]).announce(...calls[call]);
        await networkHelpers.time.increase(PATIENCE + days(10));
        await metaPool.setBatches(100, 6);

        await expect(notice.execute(...calls[call]))
          .to.be.revertedWithCustomError(notice, "ExitsWaiting")
          .withArgs(await idOf(calls[call]), 7n, 6n);
        await metaPool.setBatches(100, 7);
        await notice.noteFunded(await idOf(calls[call]));
        await networkHelpers.time.increase(LEAVING);
        await notice.execute(...calls[call]);
      });
    }

    it("attack: reverts when executed late", async function () {
      const { notice, byGovernance, calls, idOf, metaPool } = await loadNotice();
      await byGovernance.announce(...calls.cap);
      const expiry = (await announcedAt(notice, calls.cap)) + LIFETIME;
      await metaPool.setBatches(8, 7);
      await networkHelpers.time.setNextBlockTimestamp(expiry);

      await expect(notice.execute(...calls.cap))
        .to.be.revertedWithCustomError(notice, "NotPending")
        .withArgs(await idOf(calls.cap), Status.expired);
    });

    it("works to the last second", async function () {
      const { notice, byGovernance, calls, metaPool } = await loadNotice();
      await byGovernance.announce(...calls.cap);
      const expiry = (await announcedAt(notice, calls.cap)) + LIFETIME;
      await metaPool.setBatches(8, 7);
      await networkHelpers.time.setNextBlockTimestamp(expiry - 1n);

      await expect(notice.execute(...calls.cap)).to.emit(notice, "Executed");
    });

    it("lets anyone make the call, and returns its result", async function () {
      const { notice, byGovernance, byStranger, stranger, calls, idOf, metaPool, target } = await loadNotice();
      await byGovernance.announce(...calls.value);
      await pass(metaPool);
      const result = ethers.toBeHex(0, 32);

      expect(await byStranger.execute.staticCall(...calls.value)).to.equal(result);
      await expect(byStranger.execute(...calls.value))
        .to.emit(notice, "Executed")
        .withArgs(await idOf(calls.value), stranger, result);
      expect(await target.value()).to.equal(7n);
      expect((await notice.announcement(await idOf(calls.value))).status).to.equal(Status.executed);
    });

    it("attack: reverts when executed twice", async function () {
      const { notice, byGovernance, calls, idOf, metaPool } = await loadNotice();
      await byGovernance.announce(...calls.value);
      await pass(metaPool);
      await notice.execute(...calls.value);

      await expect(notice.execute(...calls.value))
        .to.be.revertedWithCustomError(notice, "NotPending")
        .withArgs(await idOf(calls.value), Status.executed);
    });

    it("reverts with the reason when the call fails, and leaves it pending", async function () {
      const { notice, byGovernance, calls, idOf, metaPool, target } = await loadNotice();
      await byGovernance.announce(...calls.tooLarge);
      await pass(metaPool);

      await expect(notice.execute(...calls.tooLarge))
        .to.be.revertedWithCustomError(notice, "CallFailed")
        .withArgs(await idOf(calls.tooLarge), target.interface.encodeErrorResult("TooLarge", [101]));
      expect((await notice.announcement(await idOf(calls.tooLarge))).status).to.equal(Status.pending);
    });

    it("attack: a call cannot have itself executed again from within", async function () {
      const { notice, byGovernance, calls, idOf, metaPool, target } = await loadNotice();
      const id = await idOf(calls.reentrant);
      await byGovernance.announce(...calls.reentrant);
      await pass(metaPool);

      await expect(notice.execute(...calls.reentrant))
        .to.be.revertedWithCustomError(notice, "CallFailed")
        .withArgs(id, notice.interface.encodeErrorResult("NotPending", [id, Status.executed]));
      expect(await target.value()).to.equal(0n);
    });

    it("fails for a role that the notice does not hold", async function () {
      const { notice, registry, scorer, calls, metaPool } = await loadNotice();
      await notice.connect(scorer).announce(...calls.weights);
      await pass(metaPool);

      await expect(notice.execute(...calls.weights)).to.be.revertedWithCustomError(notice, "CallFailed");
      expect((await registry.operator(1)).weight).to.equal(100n);
    });

    for (const call of ["drain", "unwhitelist"] as const) {
      it(`carries out beyond the guardian share: ${call}`, async function () {
        const { notice, registry, allocator, calls, metaPool, ...base } = await loadNotice();
        await allocator.setPosition(1, ether(500), 0, false);
        await notice.connect(call === "drain" ? base.guardian : base.foundation).announce(...calls[call]);
        await pass(metaPool);

        await expect(notice.execute(...calls[call])).not.to.emit(registry, "GuardianShareUsed");

        const { state, whitelisted } = await registry.operator(1);
        expect(call === "drain" ? state : whitelisted).to.equal(call === "drain" ? State.draining : false);
      });
    }

    it("upgrades", async function () {
      const base = await loadNotice();
      const { notice, registry, byGovernance, calls, implementation } = base;
      await byGovernance.announce(...calls.upgrade);
      await passStrictly(base, calls.upgrade);

      await expect(notice.execute(...calls.upgrade))
        .to.emit(registry, "Upgraded")
        .withArgs(implementation);
    });

    it("attack: an upgrade is not made to other code than was announced", async function () {
      const base = await loadNotice();
      const { notice, byGovernance, calls, idOf, implementation } = base;
      await byGovernance.announce(...calls.upgrade);
      await passStrictly(base, calls.upgrade);
      const code = await ethers.provider.getCode(implementation);

      await networkHelpers.setCode(await implementation.getAddress(), `${code}00`);
      expect(await notice.isExecutable(...calls.upgrade)).to.equal(false);
      await expect(notice.execute(...calls.upgrade))
        .to.be.revertedWithCustomError(notice, "CodeChanged")
        .withArgs(await idOf(calls.upgrade));
      await networkHelpers.setCode(await implementation.getAddress(), code);
      expect(await notice.isExecutable(...calls.upgrade)).to.equal(true);
      await notice.execute(...calls.upgrade);
    });

    it("attack: a role is granted through notice, and in no other way", async function () {
      const base = await loadNotice();
      const { notice, registry, accessManager, byGovernance, calls } = base;
      for (const account of [base.deployer, base.governance, base.guardian, base.foundation]) {
        await expect(accessManager.connect(account).grantRole(2, base.stranger, 0))
          .to.be.revertedWithCustomError(accessManager, "AccessManagerUnauthorizedAccount")
          .withArgs(account, 0n);
      }
      await byGovernance.announce(...calls.grant);
      await passStrictly(base, calls.grant);

      await notice.execute(...calls.grant);

      expect(await accessManager.hasRole(2, base.stranger)).to.deep.equal([true, 0n]);
      await expect(registry.connect(base.stranger).drain(1)).to.emit(registry, "StateChanged");
    });

    it("attack: whoever is granted the noticed role still needed notice for that", async function () {
      const { notice, accessManager, byGovernance, metaPool, stranger } = await loadNotice();
      const data = accessManager.interface.encodeFunctionData("grantRole", [2n ** 32n + 1n, stranger.address, 0]);
      const call = [await accessManager.getAddress(), data, SALT] as const;
      await byGovernance.announce(...call);
      await networkHelpers.time.increase(PATIENCE);

      await expect(notice.execute(...call)).to.be.revertedWithCustomError(notice, "ExitsWaiting");
      await metaPool.setBatches(8, 7);
      await notice.noteFunded(await notice.idOf(...call));
      await networkHelpers.time.increase(LEAVING);
      await notice.execute(...call);
      expect((await accessManager.hasRole(2n ** 32n + 1n, stranger)).isMember).to.equal(true);
    });
  });

  describe("noteFunded", function () {
    const NEVER = 2n ** 256n - 1n;

    for (const call of ["upgrade", "factory", "grant"] as const) {
      it(`gives two epochs to withdraw what is funded before a strict call: ${call}`, async function () {
        const { notice, byGovernance, byFoundation, byStranger, calls, idOf, metaPool } = await loadNotice();
        const id = await idOf(calls[call]);
        await (call === "factory" ? byFoundation : byGovernance).announce(...calls[call]);
        await pass(metaPool);
        const now = BigInt(await networkHelpers.time.latest()) + 1n;
        await networkHelpers.time.setNextBlockTimestamp(now);
        await expect(notice.execute(...calls[call]))
          .to.be.revertedWithCustomError(notice, "ExitsNotWithdrawn")
          .withArgs(id, NEVER, now);

        const noted = now + 100n;
        await networkHelpers.time.setNextBlockTimestamp(noted);
        await expect(byStranger.noteFunded(id))
          .to.emit(notice, "ExitsFunded")
          .withArgs(id, noted + LEAVING);
        expect((await notice.announcement(id)).fundedAt).to.equal(noted);

        await networkHelpers.time.setNextBlockTimestamp(noted + LEAVING - 1n);
        await expect(notice.execute(...calls[call]))
          .to.be.revertedWithCustomError(notice, "ExitsNotWithdrawn")
          .withArgs(id, noted + LEAVING, noted + LEAVING - 1n);
        expect(await notice.isExecutable(...calls[call])).to.equal(false);
        await networkHelpers.time.setNextBlockTimestamp(noted + LEAVING);
        await notice.execute(...calls[call]);
      });
    }

    it("says that a strict call can be made only once its time to withdraw is over", async function () {
      const base = await loadNotice();
      const { notice, byGovernance, calls } = base;
      await byGovernance.announce(...calls.upgrade);
      await pass(base.metaPool);
      expect(await notice.isExecutable(...calls.upgrade)).to.equal(false);

      await notice.noteFunded(await base.idOf(calls.upgrade));
      await networkHelpers.time.increase(LEAVING);

      expect(await notice.isExecutable(...calls.upgrade)).to.equal(true);
    });

    it("holds up no other call", async function () {
      const { notice, byGovernance, calls, idOf, metaPool } = await loadNotice();
      await byGovernance.announce(...calls.cap);
      await pass(metaPool);
      await notice.noteFunded(await idOf(calls.cap));

      await expect(notice.execute(...calls.cap)).to.emit(notice, "Executed");
    });

    it("attack: cannot be said again to hold up a call", async function () {
      const { notice, byGovernance, byStranger, calls, idOf, metaPool } = await loadNotice();
      const id = await idOf(calls.upgrade);
      await byGovernance.announce(...calls.upgrade);
      await pass(metaPool);
      await notice.noteFunded(id);
      const { fundedAt } = await notice.announcement(id);

      await expect(byStranger.noteFunded(id))
        .to.be.revertedWithCustomError(notice, "AlreadyNoted")
        .withArgs(id, fundedAt);
    });

    it("attack: cannot be said while exits wait, however long, nor of what is not pending", async function () {
      const { notice, byGovernance, calls, idOf, metaPool } = await loadNotice();
      const id = await idOf(calls.upgrade);
      await expect(notice.noteFunded(id)).to.be.revertedWithCustomError(notice, "NotPending").withArgs(id, Status.none);
      await byGovernance.announce(...calls.upgrade);
      await metaPool.setBatches(100, 6);
      await networkHelpers.time.increase(PATIENCE + days(10));

      await expect(notice.noteFunded(id)).to.be.revertedWithCustomError(notice, "ExitsWaiting").withArgs(id, 7n, 6n);
      await networkHelpers.time.increase(days(20));
      await expect(notice.noteFunded(id))
        .to.be.revertedWithCustomError(notice, "NotPending")
        .withArgs(id, Status.expired);
    });

    it("attack: is forgotten when the call is announced again", async function () {
      const { notice, byGovernance, calls, idOf, metaPool } = await loadNotice();
      const id = await idOf(calls.upgrade);
      await byGovernance.announce(...calls.upgrade);
      await pass(metaPool);
      await notice.noteFunded(id);
      await byGovernance.cancel(...calls.upgrade);
      await byGovernance.announce(...calls.upgrade);

      expect((await notice.announcement(id)).fundedAt).to.equal(0n);
    });
  });

  describe("isExecutable", function () {
    it("is true exactly while execute makes the call", async function () {
      const { notice, byGovernance, calls, metaPool } = await loadNotice();
      const isExecutable = () => notice.isExecutable(...calls.cap);
      expect(await isExecutable()).to.equal(false);

      await byGovernance.announce(...calls.cap);
      await metaPool.setBatches(8, 7);
      expect(await isExecutable()).to.equal(false);

      await networkHelpers.time.increase(WAIT);
      expect(await isExecutable()).to.equal(true);

      await metaPool.setBatches(8, 6);
      expect(await isExecutable()).to.equal(false);

      await networkHelpers.time.increase(PATIENCE - WAIT);
      expect(await isExecutable()).to.equal(true);

      await networkHelpers.time.increase(LIFETIME - PATIENCE);
      expect(await isExecutable()).to.equal(false);
    });
  });

  describe("isStrict", function () {
    it("is true for upgrades of anything, factories of the registry, and the access manager", async function () {
      const { notice, calls, stranger } = await loadNotice();

      for (const call of ["upgrade", "factory", "grant"] as const) {
        expect(await notice.isStrict(calls[call][0], calls[call][1])).to.equal(true);
      }
      expect(await notice.isStrict(stranger, calls.upgrade[1])).to.equal(true);
      expect(await notice.isStrict(calls.grant[0], "0x")).to.equal(true);
    });

    it("is false for anything else", async function () {
      const { notice, calls, stranger } = await loadNotice();

      for (const call of ["cap", "drain", "value", "unwhitelist"] as const) {
        expect(await notice.isStrict(calls[call][0], calls[call][1])).to.equal(false);
      }
      expect(await notice.isStrict(stranger, calls.factory[1])).to.equal(false);
      expect(await notice.isStrict(stranger, "0x")).to.equal(false);
    });
  });

  describe("idOf", function () {
    it("is the hash of the call and the salt", async function () {
      const { calls, idOf } = await loadNotice();

      expect(await idOf(calls.cap)).to.equal(
        ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(["address", "bytes", "bytes32"], [...calls.cap])),
      );
    });
  });
});
