import { expect } from "chai";
import { FunctionFragment, type Interface, type ParamType } from "ethers";
import { artifacts } from "hardhat";

import { type Access, ACCESS, type Caller, CALLERS, type ContractName, NAMES } from "./access.ts";
import { lineageOf } from "./syntax.ts";
import { deploySystem, ethers, implementationOf, networkHelpers } from "./system.ts";

const DAY = 86_400n;

/** Errors that say who may not call, whatever is called. */
const REFUSALS = new Set([
  ...NAMES.flatMap((name) => Object.values<Access>(ACCESS[name].calls).flatMap(({ refusal }) => refusal ?? [])),
  "UUPSUnauthorizedCallContext",
]);

type System = Awaited<ReturnType<typeof deploySystem>>;

/** Arguments of calls that depend on them, for a caller; every other call is tried with zeros. */
function argumentsOf({ metaPool, callers, contracts }: System, caller: Caller): Record<string, readonly unknown[]> {
  const pause = metaPool.interface.encodeFunctionData("pauseStaking", [DAY]);
  const parameters = { feeBps: 0n, bufferTargetBps: 0n, assetCap: 0n, treasury: callers.treasury };
  const change = metaPool.interface.encodeFunctionData("setParameters", [parameters]);
  const pool = contracts.MetaPool.target;
  return {
    "Allocator.clearWriteDown(uint256)": [1n],
    "Notice.announce(address,bytes,bytes32)": [pool, change, ethers.ZeroHash],
    "Notice.cancel(address,bytes,bytes32)": [pool, change, ethers.ZeroHash],
    "AccessManager.execute(address,bytes)": [pool, pause],
    "AccessManager.schedule(address,bytes,uint48)": [pool, pause, 0n],
    "AccessManager.cancel(address,address,bytes)": [callers[caller], pool, pause],
    "AccessManager.consumeScheduledOp(address,bytes)": [callers[caller], pause],
    "AccessManager.renounceRole(uint64,address)": [1n, callers[caller]],
  };
}

/** What the error that refuses a caller says. */
function refusalArguments(system: System, refusal: string, caller: string): unknown[] {
  const { metaPool, callers } = system;
  switch (refusal) {
    case "InvalidInitialization":
    case "OwnershipCannotBeRenounced":
      return [];
    case "UnexpectedEther":
      return [caller, 1n];
    case "NotAllowed":
      return [caller, callers.metaPool, metaPool.interface.getFunction("setParameters").selector];
    case "AccessManagerUnauthorizedCall":
      return [caller, callers.metaPool, metaPool.interface.getFunction("pauseStaking").selector];
    case "AccessManagerUnauthorizedAccount":
      return [caller, 0n];
    default:
      return [caller];
  }
}

/** The plainest value of a parameter. */
function zeroOf(parameter: ParamType): unknown {
  if (parameter.isArray()) return [];
  if (parameter.isTuple()) return parameter.components.map(zeroOf);
  if (parameter.type === "address") return ethers.ZeroAddress;
  if (parameter.type === "bool") return false;
  if (parameter.type === "string") return "";
  if (parameter.type === "bytes") return "0x";
  if (parameter.type.startsWith("bytes")) return `0x${"00".repeat(Number(parameter.type.slice(5)))}`;
  return 0n;
}

async function interfaceOf(name: ContractName): Promise<Interface> {
  return new ethers.Interface((await artifacts.readArtifact(name)).abi);
}

function functionsOf(abi: Interface): FunctionFragment[] {
  return abi.fragments.filter((fragment): fragment is FunctionFragment => FunctionFragment.isFragment(fragment));
}

/** What a call is refused with: an error of the contract as text, "" for a bare revert; undefined if it goes through. */
async function refusalOf(
  abi: Interface,
  call: { from: string; to: string; data?: string; value?: bigint },
): Promise<string | undefined> {
  try {
    await ethers.provider.call(call);
    return undefined;
  } catch (error) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      const { data } = cause as { data?: unknown };
      if (data === "0x") return "";
      const found = typeof data === "string" ? abi.parseError(data) : null;
      if (found !== null) return `${found.name}(${found.args.join()})`;
    }
    return String(error);
  }
}

/** By contract and signature, the contract of OpenZeppelin whose code a function is; absent if it is ours. */
async function inheritedFunctions(): Promise<Map<string, string>> {
  const inherited = new Map<string, string>();
  for (const name of NAMES) {
    const lineage = await lineageOf(name);
    for (const { selector, signature } of functionsOf(await interfaceOf(name)).map((fragment) => ({
      selector: fragment.selector.slice(2),
      signature: fragment.format("sighash"),
    }))) {
      const home = lineage.find(({ node: base }) =>
        base.nodes!.some((part) => part.functionSelector === selector && part.implemented !== false),
      )!;
      if (home.source.startsWith("npm/@openzeppelin/")) inherited.set(`${name}.${signature}`, home.node.name);
    }
  }
  return inherited;
}

describe("Access", () => {
  describe("table", () => {
    it("has every external function of every deployed contract, and no other", async () => {
      const deployable = [...(await artifacts.getAllFullyQualifiedNames())]
        .filter((name) => /^contracts\/(?!mocks|interfaces|libraries)/.test(name))
        .map((name) => name.split(":")[1]);
      expect([...deployable, "AccessManager", "ERC1967Proxy"]).to.have.members(NAMES);

      for (const name of NAMES) {
        const { calls, views, inheritedViews } = ACCESS[name];
        const abi = await interfaceOf(name);
        const signatures = functionsOf(abi).map((fragment) => fragment.format("sighash"));
        if (abi.receive && !abi.fallback) signatures.push("receive()");
        const rows = [...Object.keys(calls), ...views, ...Object.values(inheritedViews ?? {}).flat()];
        expect(rows, name).to.have.members(signatures);
      }
    });

    it("says what can be paid and what only looks", async () => {
      for (const name of NAMES) {
        const { calls, views, inheritedViews } = ACCESS[name];
        for (const fragment of functionsOf(await interfaceOf(name))) {
          const signature = fragment.format("sighash");
          const looks = [...views, ...Object.values(inheritedViews ?? {}).flat()].includes(signature);
          const row = (calls as Record<string, Access>)[signature];
          // What reverts whatever happens only looks, too.
          const isClosed = row?.who.length === 0 && fragment.stateMutability === "pure";
          expect(fragment.constant && !isClosed, `${name}.${signature} is a view`).to.equal(looks);
          if (row) expect(fragment.payable, `${name}.${signature} is payable`).to.equal(row.payable === true);
        }
      }
    });

    it("means each function that comes from OpenZeppelin, and names where from", async () => {
      const meant = new Map<string, string>();
      for (const name of NAMES) {
        const { calls, inheritedViews } = ACCESS[name];
        for (const [signature, { from }] of Object.entries<Access>(calls)) {
          if (from !== undefined) meant.set(`${name}.${signature}`, from);
        }
        for (const [from, signatures] of Object.entries(inheritedViews ?? {})) {
          for (const signature of signatures) meant.set(`${name}.${signature}`, from);
        }
      }

      const sorted = (map: Map<string, string>) => [...map].map((entry) => entry.join(" from ")).sort();
      expect(sorted(meant)).to.deep.equal(sorted(await inheritedFunctions()));
    });
  });

  describe("calls", () => {
    for (const name of NAMES.filter((each) => each !== "ERC1967Proxy")) {
      for (const [signature, row] of Object.entries<Access>(ACCESS[name].calls)) {
        const who = row.who === "anyone" ? "anyone" : row.who.length === 0 ? "nobody" : row.who.join(", ");
        it(`${name}.${signature} is for ${who}: ${row.why}`, async () => {
          const system = await networkHelpers.loadFixture(deploySystem);
          const { contracts, callers } = system;
          const abi = await interfaceOf(name);
          const to = await contracts[name].getAddress();

          for (const caller of CALLERS) {
            const from = callers[caller];
            const call = { from, to, ...dataOf(abi, signature, argumentsOf(system, caller)[`${name}.${signature}`]) };
            const refusal = await refusalOf(abi, call);
            if (row.who === "anyone" || row.who.includes(caller)) {
              expect(REFUSALS.has(refusal?.split("(")[0] ?? ""), `${caller}: ${refusal ?? ""}`).to.equal(false);
              continue;
            }
            // The AccessManager asks its caller, which has to be a managed contract, whether it carries something out.
            const isManaged = ["metaPool", "allocator", "registry", "scores", "reportOracle"].includes(caller);
            const expected =
              row.refusal === "AccessManagerUnauthorizedConsume" && !isManaged
                ? ""
                : `${row.refusal!}(${refusalArguments(system, row.refusal!, from).join()})`;
            expect(refusal, caller).to.equal(expected);
          }
        });
      }
    }

    it("of views are anyone's", async () => {
      const { contracts, callers } = await networkHelpers.loadFixture(deploySystem);
      for (const [name, contract] of Object.entries(contracts) as [keyof typeof contracts, { target: unknown }][]) {
        const abi = await interfaceOf(name);
        for (const fragment of functionsOf(abi)) {
          const signature = fragment.format("sighash");
          if (signature in ACCESS[name].calls) continue;
          if (signature === "proxiableUUID()") continue; // refused to everybody, since it asks behind the proxy
          const answers = new Set<string | undefined>();
          for (const from of [callers.stranger, callers.notice, callers.allocator]) {
            const answer = await refusalOf(abi, { from, to: String(contract.target), ...dataOf(abi, signature) });
            expect(REFUSALS.has(answer?.split("(")[0] ?? ""), `${name}.${signature}: ${answer ?? ""}`).to.equal(false);
            answers.add(answer);
          }
          expect(answers.size, `${name}.${signature} answers everybody alike`).to.equal(1);
        }
      }
    });

    it("of a function that a contract does not have, and plain ether, are refused where no row allows them", async () => {
      const { contracts, callers } = await networkHelpers.loadFixture(deploySystem);
      for (const [name, contract] of Object.entries(contracts) as [keyof typeof contracts, { target: unknown }][]) {
        const abi = await interfaceOf(name);
        const to = String(contract.target);
        expect(await refusalOf(abi, { from: callers.stranger, to, data: "0x12345678" }), name).to.equal("");
        if (abi.receive) continue;
        expect(await refusalOf(abi, { from: callers.stranger, to, value: 1n }), name).to.equal("");
      }
    });

    it("of implementations neither initialise nor upgrade, whoever calls", async () => {
      const { contracts, callers, metaPool, allocator, registry, factory } =
        await networkHelpers.loadFixture(deploySystem);
      const implementations = {
        MetaPool: await implementationOf(metaPool),
        Allocator: await implementationOf(allocator),
        OperatorRegistry: await implementationOf(registry),
        StakingPool: await factory.IMPLEMENTATION(),
      };
      for (const [name, to] of Object.entries(implementations) as [keyof typeof implementations, string][]) {
        expect(to).to.not.equal(contracts[name].target);
        const abi = await interfaceOf(name);
        for (const caller of CALLERS) {
          const from = callers[caller];
          for (const fragment of functionsOf(abi).filter(({ constant }) => !constant)) {
            const signature = fragment.format("sighash");
            const refusal = await refusalOf(abi, { from, to, ...dataOf(abi, signature) });
            if (fragment.name === "initialize") expect(refusal, name).to.equal("InvalidInitialization()");
            if (fragment.name === "upgradeToAndCall") expect(refusal, name).to.equal("UUPSUnauthorizedCallContext()");
            // An implementation has no manager, allocator or owner: what is not anyone's is nobody's.
            const { who } = (ACCESS[name].calls as Record<string, Access>)[signature]!;
            if (who !== "anyone" && !/^(collect|push|pull)$/.test(fragment.name)) {
              expect(refusal, `${name}.${signature} by ${caller}`).to.be.a("string");
            }
          }
        }
      }
    });
  });
});

function dataOf(abi: Interface, signature: string, given?: readonly unknown[]): { data?: string; value?: bigint } {
  if (signature === "receive()") return { value: 1n };
  const fragment = abi.getFunction(signature)!;
  return { data: abi.encodeFunctionData(fragment, given ?? fragment.inputs.map(zeroOf)) };
}
