import { expect } from "chai";

import { LIFETIME, loadNotice, pass, SALT, Status, WAIT } from "../fixtures/notice.ts";
import { days, ethers, networkHelpers } from "../fixtures/registry.ts";

describe("Notice", function () {
  describe("announce", function () {
    for (const data of ["0x", "0x112233"]) {
      it(`reverts for data of ${ethers.dataLength(data).toString()} bytes`, async function () {
        const { notice, byGovernance, target } = await loadNotice();

        await expect(byGovernance.announce(target, data, SALT))
          .to.be.revertedWithCustomError(notice, "MissingSelector")
          .withArgs(ethers.dataLength(data));
      });
    }

    for (const [call, who] of [
      ["cap", "stranger"],
      ["cap", "guardian"],
      ["upgrade", "foundation"],
      ["factory", "governance"],
      ["unwhitelist", "governance"],
      ["grant", "guardian"],
      ["value", "guardian"],
    ] as const) {
      it(`reverts when ${who} announces ${call}`, async function () {
        const { notice, calls, ...base } = await loadNotice();

        await expect(notice.connect(base[who]).announce(...calls[call]))
          .to.be.revertedWithCustomError(notice, "NotAllowed")
          .withArgs(base[who], calls[call][0], calls[call][1].slice(0, 10));
      });
    }

    for (const [call, who] of [
      ["cap", "governance"],
      ["upgrade", "governance"],
      ["factory", "foundation"],
      ["drain", "guardian"],
      ["drain", "governance"],
      ["unwhitelist", "foundation"],
      ["grant", "governance"],
      ["value", "governance"],
    ] as const) {
      it(`lets ${who} announce ${call}`, async function () {
        const { notice, calls, ...base } = await loadNotice();

        await notice.connect(base[who]).announce(...calls[call]);

        const found = await notice.announcement(await base.idOf(calls[call]));
        expect(found.status).to.equal(Status.pending);
        expect(found.announcer).to.equal(base[who]);
      });
    }

    it("attack: nobody announces what Notice would do in its own name", async function () {
      const { notice, byGovernance, registry, accessManager, governance, calls } = await loadNotice();
      const [at, manager] = [await notice.getAddress(), await accessManager.getAddress()];
      const inner = registry.interface.encodeFunctionData("whitelistPool", [governance.address]);
      const encode = accessManager.interface.encodeFunctionData.bind(accessManager.interface);

      for (const [target, data] of [
        [at, notice.interface.encodeFunctionData("announce", [await registry.getAddress(), inner, SALT])],
        [at, notice.interface.encodeFunctionData("cancel", [...calls.unwhitelist])],
        [manager, encode("execute", [await registry.getAddress(), inner])],
        [manager, encode("multicall", [[calls.grant[1]]])],
      ] as const) {
        await expect(byGovernance.announce(target, data, SALT))
          .to.be.revertedWithCustomError(notice, "NotAllowed")
          .withArgs(governance, target, data.slice(0, 10));
      }
    });

    for (const [code, what] of [
      ["0x", "none"],
      [`0xef0100${"11".repeat(20)}`, "that of an account, which its owner can change"],
    ] as const) {
      it(`attack: reverts when the code that is given power is ${what}`, async function () {
        const { notice, byGovernance, byFoundation, registry, accessManager, stranger } = await loadNotice();
        await networkHelpers.setCode(stranger.address, code);
        const [at, manager] = [await registry.getAddress(), await accessManager.getAddress()];
        const upgrade = registry.interface.encodeFunctionData("upgradeToAndCall", [stranger.address, "0x"]);
        const factory = registry.interface.encodeFunctionData("setFactoryWhitelisted", [stranger.address, true]);
        const authority = accessManager.interface.encodeFunctionData("updateAuthority", [at, stranger.address]);

        for (const [by, target, data] of [
          [byGovernance, at, upgrade],
          [byFoundation, at, factory],
          [byGovernance, manager, authority],
        ] as const) {
          await expect(by.announce(target, data, SALT))
            .to.be.revertedWithCustomError(notice, "CodeNotReadable")
            .withArgs(stranger);
        }
      });
    }

    it("attack: nobody announces an upgrade that calls what somebody has a role for, in Notice's name", async function () {
      const { notice, byGovernance, registry, implementation, governance, stranger } = await loadNotice();
      const [at, logic] = [await registry.getAddress(), await implementation.getAddress()];
      const encode = registry.interface.encodeFunctionData.bind(registry.interface);

      for (const inner of [
        encode("whitelistPool", [stranger.address]),
        encode("setFactoryWhitelisted", [stranger.address, true]),
        encode("upgradeToAndCall", [stranger.address, "0x"]),
      ]) {
        await expect(byGovernance.announce(at, encode("upgradeToAndCall", [logic, inner]), SALT))
          .to.be.revertedWithCustomError(notice, "NotAllowed")
          .withArgs(governance, at, inner.slice(0, 10));
      }
      // What new logic begins with belongs to nobody.
      const begins = encode("upgradeToAndCall", [logic, ethers.id("initializeV2()").slice(0, 10)]);
      await expect(byGovernance.announce(at, begins, SALT)).to.emit(notice, "Announced");
    });

    it("takes the end of a factory that has no code any more", async function () {
      const { notice, byFoundation, registry, stranger } = await loadNotice();
      const data = registry.interface.encodeFunctionData("setFactoryWhitelisted", [stranger.address, false]);

      await expect(byFoundation.announce(registry, data, SALT)).to.emit(notice, "Announced");
    });

    it("reverts when the argument that names the code is missing", async function () {
      const { notice, byGovernance, calls } = await loadNotice();

      await expect(byGovernance.announce(calls.upgrade[0], ethers.dataSlice(calls.upgrade[1], 0, 35), SALT))
        .to.be.revertedWithCustomError(notice, "CodeNotReadable")
        .withArgs(ethers.ZeroAddress);
    });

    it("attack: reverts when a call is announced twice", async function () {
      const { notice, byGovernance, calls, idOf } = await loadNotice();
      await byGovernance.announce(...calls.cap);

      await expect(byGovernance.announce(...calls.cap))
        .to.be.revertedWithCustomError(notice, "AlreadyPending")
        .withArgs(await idOf(calls.cap));
      await networkHelpers.time.increase(LIFETIME - days(1));
      await expect(byGovernance.announce(...calls.cap)).to.be.revertedWithCustomError(notice, "AlreadyPending");
    });

    it("records and emits the full call", async function () {
      const { notice, byGovernance, governance, calls, idOf } = await loadNotice();
      const now = BigInt(await networkHelpers.time.latest()) + 100n;
      await networkHelpers.time.setNextBlockTimestamp(now);

      await expect(byGovernance.announce(...calls.cap))
        .to.emit(notice, "Announced")
        .withArgs(await idOf(calls.cap), governance, ...calls.cap, 5n, now + WAIT, now + LIFETIME);
      expect(await notice.announcement(await idOf(calls.cap))).to.deep.equal([
        now,
        days(2),
        0n,
        5n,
        Status.pending,
        governance.address,
      ]);
    });

    it("takes the same call with another salt", async function () {
      const { notice, byGovernance, calls, idOf } = await loadNotice();
      const again = [calls.cap[0], calls.cap[1], ethers.id("another")] as const;
      await byGovernance.announce(...calls.cap);

      await byGovernance.announce(...again);

      expect((await notice.announcement(await idOf(again))).status).to.equal(Status.pending);
    });

    it("can be repeated once the call was cancelled, executed or has expired", async function () {
      const { notice, byGovernance, calls, idOf, metaPool } = await loadNotice();
      const id = await idOf(calls.cap);
      await byGovernance.announce(...calls.cap);
      await byGovernance.cancel(...calls.cap);

      await byGovernance.announce(...calls.cap);
      await networkHelpers.time.increase(LIFETIME);
      expect((await notice.announcement(id)).status).to.equal(Status.expired);

      await byGovernance.announce(...calls.cap);
      await pass(metaPool);
      await notice.execute(...calls.cap);

      await byGovernance.announce(...calls.cap);
      const found = await notice.announcement(id);
      expect(found.status).to.equal(Status.pending);
      expect(found.batch).to.equal(8n);
    });
  });

  describe("cancel", function () {
    it("attack: reverts when a stranger cancels", async function () {
      const { notice, byGovernance, byStranger, stranger, calls } = await loadNotice();
      await byGovernance.announce(...calls.cap);

      await expect(byStranger.cancel(...calls.cap))
        .to.be.revertedWithCustomError(notice, "NotAllowed")
        .withArgs(stranger, calls.cap[0], calls.cap[1].slice(0, 10));
    });

    it("reverts when another role cancels", async function () {
      const { notice, byGovernance, byFoundation, foundation, calls } = await loadNotice();
      await byGovernance.announce(...calls.cap);

      await expect(byFoundation.cancel(...calls.cap))
        .to.be.revertedWithCustomError(notice, "NotAllowed")
        .withArgs(foundation, calls.cap[0], calls.cap[1].slice(0, 10));
    });

    it("reverts for data without a selector", async function () {
      const { notice, byGuardian, target } = await loadNotice();

      await expect(byGuardian.cancel(target, "0x", SALT))
        .to.be.revertedWithCustomError(notice, "MissingSelector")
        .withArgs(0n);
    });

    it("reverts unless the call is pending", async function () {
      const { notice, byGovernance, calls, idOf, metaPool } = await loadNotice();
      const id = await idOf(calls.cap);

      await expect(byGovernance.cancel(...calls.cap))
        .to.be.revertedWithCustomError(notice, "NotPending")
        .withArgs(id, Status.none);

      await byGovernance.announce(...calls.cap);
      await networkHelpers.time.increase(LIFETIME);
      await expect(byGovernance.cancel(...calls.cap))
        .to.be.revertedWithCustomError(notice, "NotPending")
        .withArgs(id, Status.expired);

      await byGovernance.announce(...calls.cap);
      await pass(metaPool);
      await notice.execute(...calls.cap);
      await expect(byGovernance.cancel(...calls.cap))
        .to.be.revertedWithCustomError(notice, "NotPending")
        .withArgs(id, Status.executed);
    });

    it("lets governance cancel what the guardian announced", async function () {
      const { notice, byGovernance, byGuardian, governance, calls, idOf } = await loadNotice();
      await byGuardian.announce(...calls.drain);

      await expect(byGovernance.cancel(...calls.drain))
        .to.emit(notice, "Cancelled")
        .withArgs(await idOf(calls.drain), governance);
    });

    for (const who of ["governance", "guardian"] as const) {
      it(`lets ${who} cancel what governance announced`, async function () {
        const { notice, byGovernance, calls, idOf, ...base } = await loadNotice();
        const id = await idOf(calls.cap);
        await byGovernance.announce(...calls.cap);

        await expect(notice.connect(base[who]).cancel(...calls.cap))
          .to.emit(notice, "Cancelled")
          .withArgs(id, base[who]);
        expect((await notice.announcement(id)).status).to.equal(Status.cancelled);
      });
    }
  });
});
