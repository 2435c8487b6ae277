import { AbiCoder, Interface, keccak256, toBeHex } from "ethers";

import { Notice__factory, OperatorRegistry__factory } from "../../types/index.ts";
import type { Change } from "./changes.ts";
import { type TightDimension, tightInWords, tightJson } from "./headroom.ts";
import { type SafeBatch, safeBatch, type SafeCall } from "./safe.ts";

/** A call as bytes. */
export interface RawCall {
  readonly to: string;
  readonly data: string;
}

/** A change that is announced, and made when its notice has run out. */
export interface NoticedChange {
  readonly operator: string;
  readonly why: string;
  /** Of the announcement, as `Notice.idOf`. */
  readonly id: string;
  /** Who announces; anyone executes. */
  readonly announcer: Change["by"];
  readonly call: RawCall;
  readonly announce: RawCall;
  readonly execute: RawCall;
}

/** Where things are. */
export interface Site {
  readonly chainId: bigint;
  readonly registry: string;
  readonly notice: string;
}

/** A proposal in both forms. */
export interface Proposal {
  /** Announcements of governance, for its Safe. */
  readonly announce: SafeBatch;
  /** Drains that do not wait, for the guardian's Safe: within the guardian share of the epoch. */
  readonly drain: SafeBatch;
  /** The announced calls, for anyone, when the notice has run out. */
  readonly execute: SafeBatch;
  /** Every change through Notice, the guardian's too, for what is beyond its share. */
  readonly notice: readonly NoticedChange[];
  /** What leaves the chosen hardly any choice, for whoever signs without a Safe. */
  readonly tight: ReturnType<typeof tightJson>;
}

/** What a proposal is made with. */
export interface ProposalHeader {
  readonly epoch: number;
  readonly createdAt: number;
  /** Empty when it is not known. */
  readonly safe: string;
  readonly tight: readonly TightDimension[];
}

const REGISTRY = new Interface(OperatorRegistry__factory.abi);
const NOTICE = new Interface(Notice__factory.abi);

/** The salt is the epoch of the selection, so that the same change may be proposed again in another. */
export function proposalOf(
  changes: readonly Change[],
  { chainId, registry, notice }: Site,
  { epoch, createdAt, safe, tight }: ProposalHeader,
): Proposal {
  const salt = toBeHex(epoch, 32);
  const dataOf = ({ method, args }: Change) => REGISTRY.encodeFunctionData(method, args);
  const noticed = (change: Change, name: "announce" | "execute"): SafeCall => ({
    to: notice,
    method: NOTICE.getFunction(name)!,
    args: [registry, dataOf(change), salt],
  });
  const batch = (name: string, description: string, calls: readonly SafeCall[]) =>
    safeBatch({ chainId, createdAt, safe, name: `${name} (epoch ${epoch})`, description }, calls);

  const governance = changes.filter(({ by }) => by === "governance");
  const guardian = changes.filter(({ by }) => by === "guardian");
  return {
    announce: batch(
      "Announce the selection",
      [...tight.map((one) => `Warning: ${tightInWords(one)}`), sentences(governance)].join(" "),
      governance.map((change) => noticed(change, "announce")),
    ),
    drain: batch(
      "Drain at once",
      sentences(guardian),
      guardian.map(({ method, args }) => ({ to: registry, method: REGISTRY.getFunction(method)!, args })),
    ),
    execute: batch(
      "Execute the selection",
      sentences(governance),
      governance.map((change) => noticed(change, "execute")),
    ),
    notice: changes.map((change) => {
      const args = [registry, dataOf(change), salt];
      return {
        operator: change.operator,
        why: change.why,
        id: keccak256(AbiCoder.defaultAbiCoder().encode(["address", "bytes", "bytes32"], args)),
        announcer: change.by,
        call: { to: registry, data: dataOf(change) },
        announce: { to: notice, data: NOTICE.encodeFunctionData("announce", args) },
        execute: { to: notice, data: NOTICE.encodeFunctionData("execute", args) },
      };
    }),
    tight: tightJson(tight),
  };
}

function sentences(changes: readonly Change[]): string {
  return changes.length === 0 ? "Nothing changes." : changes.map(({ why }) => why).join(" ");
}
