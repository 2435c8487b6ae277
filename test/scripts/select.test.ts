import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { Interface, toBeHex } from "ethers";

import { selectCommand } from "../../src/commands/select.ts";
import { syntheticNearUptime, syntheticSeries } from "../../src/data/syntheticSeries.ts";
import type { NoticedChange } from "../../src/selection/notice.ts";
import type { SafeBatch } from "../../src/selection/safe.ts";
import { nextRound } from "../../scripts/steps/rounds.ts";
import { Notice__factory, OperatorRegistry__factory } from "../../types/index.ts";
import { connectTo, type Ended, recordDeployment, runWith, temporaryFolder } from "../fixtures/commands.ts";
import { ether, ethers, loadBalanced, OPERATORS } from "../fixtures/keeper.ts";
import { STAKE } from "../selection/reports.ts";

interface Json {
  readonly epoch: number;
  readonly ledgers: readonly (readonly string[])[];
  readonly chosen: readonly { readonly id: string; readonly isNew: boolean | null }[];
  readonly others: readonly { readonly id: string; readonly reasons: readonly { readonly kind: string }[] }[];
  readonly tight: readonly { readonly dimension: string; readonly groups: number }[];
  readonly changes?: readonly { readonly operator: string; readonly by: string; readonly method: string }[];
}

const EPOCHS = 40;

/** A series of the fixture's operators: the first nine earn less the higher their id, one raises its commission. */
function seriesOf(raised: number): string {
  const epochs = Array.from({ length: EPOCHS }, (_, index) => ({
    epoch: index + 1,
    refBlock: index,
    networkStake: (100n * STAKE).toString(),
    operators: Array.from({ length: OPERATORS }, (_, k) => ({
      assigned: 100,
      done: 100,
      active: true,
      commissionBps: k + 1 === raised && index === EPOCHS - 1 ? 400 : 300,
      stake: STAKE.toString(),
      external: (STAKE - ether(10)).toString(),
      reward: (BigInt(30 - k) * 10n ** 16n).toString(),
      slashed: 0,
    })),
  }));
  return JSON.stringify({ epochs });
}

describe("select", () => {
  const { folder, remove } = temporaryFolder();
  after(remove);

  const inFolder = (name: string) => path.join(folder, name);
  const run = (...args: string[]): Promise<Ended> =>
    runWith(connectTo(ethers), selectCommand, [...args, "--deployments", folder]);
  const parsed = ({ code, out }: Ended) => {
    expect(code).to.equal(0);
    return JSON.parse(out.join("\n")) as Json;
  };
  const expectFailure = ({ code, out, err }: Ended, sentence: string): void => {
    expect({ code, out, err }).to.deep.equal({ code: 1, out: [], err: [sentence] });
  };

  const series = inFolder("solana-series-652.csv");
  const own = inFolder("own.json");

  before(() => {
    const files = syntheticSeries(60, 12, 4, { repeated: [658], poolStakeMissing: [657], placesUnknown: [662] });
    for (const name of ["series", "epochs", "ids", "groups"] as const) {
      writeFileSync(inFolder(`solana-${name}-652.csv`), files[name]);
    }
    writeFileSync(inFolder("near.csv"), syntheticNearUptime(20, 9, 1));
    writeFileSync(own, seriesOf(2));
  });

  describe("of a recorded series", () => {
    it("takes three for each ledger, says who comes and goes, and flags what is tight", async () => {
      const json = parsed(await run(series, "--ledgers", "4", "--caps", "client=6000,jurisdiction=9000", "--json"));

      expect(json.epoch).to.equal(663);
      expect(json.chosen).to.have.lengthOf(12);
      expect(json.ledgers.map((nominated) => nominated.length)).to.deep.equal([3, 3, 3, 3]);
      expect(json.ledgers[1]).to.deep.equal([1, 5, 9].map((rank) => json.chosen[rank]!.id));
      expect(json.tight.map(({ dimension }) => dimension)).to.deep.equal(["client"]);
      expect(json.chosen.every(({ isNew }) => isNew !== null)).to.equal(true);
      expect(json.others.some(({ reasons }) => reasons.some(({ kind }) => kind === "closed"))).to.equal(true);
    });

    it("is told as text, as of any epoch that is of use", async () => {
      const { code, out } = await run(series, "--epoch", "660", "--ledgers", "2", "--caps", "client=6000");

      expect(code).to.equal(0);
      expect(out[0]).to.equal("epoch                 660");
      expect(out).to.include("ledgers, chosen       2, 6");
      expect(out.some((line) => line.startsWith("Warning: client: the caps of the "))).to.equal(true);
      expect(out.filter((line) => /^ +[1-6] {2}v\d{4} /.test(line))).to.have.lengthOf(6);
    });

    it("has as many ledgers as the pool's stake needs, unless the series knows no pool", async () => {
      expect(parsed(await run(series, "--json")).ledgers.length).to.be.greaterThan(0);
      expectFailure(await run(inFolder("near.csv")), "Say --ledgers: the series knows no stake of a pool.");
      expect(
        parsed(await run(inFolder("near.csv"), "--ledgers", "2", "--serpentine", "--json")).chosen,
      ).to.have.lengthOf(6);
    });

    it("explains one operator, in words or as JSON", async () => {
      const { id } = parsed(await run(series, "--ledgers", "4", "--json")).chosen[0]!;
      const { out } = await run(series, "--ledgers", "4", "--explain", id);
      const json = await run(series, "--ledgers", "4", "--explain", id, "--json");

      expect(out[0]).to.match(new RegExp(`^${id} is in: it is 1st of the \\d+ that may be chosen, and 12 are taken`));
      expect((JSON.parse(json.out.join("\n")) as { sentences: string[] }).sentences).to.deep.equal(out);
    });

    it("says in one sentence what is wrong with its input", async () => {
      expectFailure(await run(inFolder("none.csv")), `There is no file ${inFolder("none.csv")}.`);
      expectFailure(
        await run(inFolder("solana-ids-652.csv")),
        `${inFolder("solana-ids-652.csv")} is no series of epochs.`,
      );
      expectFailure(await run(series, "--epoch", "700"), `${series} has no epoch 700.`);
      expectFailure(
        await run(series, "--epoch", "658"),
        `Epoch 658 of ${series} is of no use: it does not say anything new.`,
      );
      expectFailure(await run(series, "--explain", "nobody"), "Nobody in the series is called nobody.");
      expectFailure(
        await run(series, "--caps", "client"),
        '"client" is not a dimension and a share, such as jurisdiction=2000.',
      );
      expectFailure(await run(series, "--ledgers", "0"), '"0" is not a whole number above zero.');
      expectFailure(await run(series, "--commission-limit", "x"), '"x" are not basis points from 1 to 10000.');
      writeFileSync(inFolder("broken.json"), "{}");
      expectFailure(await run(inFolder("broken.json")), `${inFolder("broken.json")}: The series has no "epochs".`);
    });
  });

  describe("for a deployed pool", () => {
    const load = async () => {
      const fixture = await loadBalanced();
      await recordDeployment(folder, "localhost", fixture);
      return fixture;
    };
    const read = (name: string): unknown => JSON.parse(readFileSync(inFolder(`proposal/${name}`), "utf8"));

    it("says what would change, by whom, and which of its dimensions are tight", async () => {
      await load();
      const json = parsed(await run(own, "--ledgers", "3", "--deployed", "--json"));

      expect(json.chosen.map(({ id }) => id)).to.deep.equal(["1", "3", "4", "5", "6", "7", "8", "9", "10"]);
      expect(json.chosen.every(({ isNew }) => isNew === false)).to.equal(true);
      expect(json.changes!.map(({ operator, by, method }) => [operator, by, method])).to.deep.equal([
        ["2", "guardian", "drain"],
        ["11", "governance", "setWeightBounds"],
        ["12", "governance", "setWeightBounds"],
      ]);
      // One entity has a cap of 30 % and the other none; of three jurisdictions one has none.
      expect(json.tight).to.deep.equal([]);
      expect((await run(own, "--ledgers", "3", "--deployed", "--explain", "2")).out.slice(0, 2)).to.deep.equal([
        "2 is out: it raised its commission from 3 % to 4 %.",
        "It was in before: it goes.",
      ]);
    });

    it("writes proposals that do what they say: at once by the guardian, with notice by governance", async () => {
      const fixture = await load();
      const { registry, notice, governance, guardian, other } = fixture;
      await nextRound(fixture); // the guardian's share is one of what operators hold when a round ends
      const proposed = await run(
        own,
        "--ledgers",
        "3",
        "--propose",
        inFolder("proposal"),
        "--safe",
        governance.address,
      );
      expect(proposed.err).to.deep.equal([`Wrote 4 files to ${inFolder("proposal")}: 3 changes.`]);

      const send = async (batch: SafeBatch, abi: readonly unknown[], sender: typeof governance) => {
        const codec = new Interface(abi as never);
        for (const { to, contractMethod, contractInputsValues: values } of batch.transactions) {
          const args = contractMethod.inputs.map(({ name }) => values[name]);
          await sender.sendTransaction({ to, data: codec.encodeFunctionData(contractMethod.name, args) });
        }
      };
      const [announce, drain, execute] = ["announce", "drain", "execute"].map((name) => read(`${name}.safe.json`)) as [
        SafeBatch,
        SafeBatch,
        SafeBatch,
      ];
      expect(announce.meta.createdFromSafeAddress).to.equal(governance.address);
      expect(announce.chainId).to.equal("31337");

      await send(drain, OperatorRegistry__factory.abi, guardian);
      expect((await registry.operator(2)).state).to.equal(3n);

      await send(announce, Notice__factory.abi, governance);
      const { changes, epoch } = read("notice.json") as { changes: NoticedChange[]; epoch: number };
      expect(epoch).to.equal(EPOCHS);
      const announced = changes.filter(({ announcer }) => announcer === "governance");
      for (const { id } of announced) expect((await notice.announcement(id)).status).to.equal(1n);

      const { to, data } = announced[0]!.call;
      expect(await notice.isExecutable(to, data, toBeHex(EPOCHS, 32))).to.equal(false);
      for (let round = 0; round < 20 && !(await notice.isExecutable(to, data, toBeHex(EPOCHS, 32))); round += 1) {
        await nextRound(fixture);
      }
      await send(execute, Notice__factory.abi, other);
      for (const id of [11n, 12n]) expect((await registry.weightBounds(id)).maxWeight).to.equal(0n);
      expect((await registry.operator(10n)).weight > 0n).to.equal(true);

      // The pool has whom the series chooses: nothing is left to propose.
      expect(parsed(await run(own, "--ledgers", "3", "--deployed", "--json")).changes).to.deep.equal([]);
    });

    it("warns when the groups of the chosen leave hardly any choice", async () => {
      await load();
      // The first three are the best; all are of the entity that may hold 30 %.
      const json = parsed(await run(own, "--ledgers", "1", "--deployed", "--json"));

      expect(json.chosen.map(({ id }) => id)).to.deep.equal(["1", "3", "4"]);
      expect(json.tight.map(({ dimension, groups }) => [dimension, groups])).to.deep.equal([["entity", 1]]);

      // Whoever signs is told, too.
      await run(own, "--ledgers", "1", "--propose", inFolder("proposal"));
      const { tight } = read("notice.json") as { tight: { inWords: string }[] };
      const { meta } = read("announce.safe.json") as SafeBatch;
      expect(tight).to.have.lengthOf(1);
      expect(meta.description.startsWith(`Warning: ${tight[0]!.inWords} `)).to.equal(true);
    });

    it("says in one sentence what it lacks", async () => {
      await load();
      expectFailure(
        await run(own, "--deployed", "--network", "nowhere"),
        `There is no deployment for the network "nowhere" in ${folder}: deploy first.`,
      );
      expectFailure(
        await run(own, "--deployed", "--min-weight", "9", "--max-weight", "8"),
        "The lowest weight is above the highest.",
      );
      mkdirSync(inFolder("pools"), { recursive: true });
      writeFileSync(inFolder("pools/pools.csv"), "id,pool\n");
      expectFailure(
        await run(own, "--deployed", "--pools", inFolder("pools/pools.csv")),
        `${inFolder("pools/pools.csv")}: Line 1, column "factory" is missing from the header.`,
      );
      expectFailure(await run(own, "--propose", inFolder("refused"), "--safe", "0x12"), '"0x12" is not an address.');
    });
  });
});
