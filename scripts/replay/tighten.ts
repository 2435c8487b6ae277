import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import { NO_CAP, NO_SHARE } from "../../rocketh/parameters.ts";
import type { Call } from "../steps/notice.ts";
import { waitForNotice } from "../steps/notice.ts";
import { packGroups } from "../steps/operators.ts";
import { type Cast, DIMENSIONS } from "./cast.ts";
import type { Rules } from "./settings.ts";
import type { Stage } from "./setUp.ts";

const NO_SALT = `0x${"00".repeat(32)}`;
const NOTICE_GAS = 1_000_000n;

interface Change extends Call {
  readonly announcer: HardhatEthersSigner;
}

export interface Tightening {
  readonly calls: number;
  readonly gas: bigint;
}

/**
 * Announces every change of the rules, lets everyone who would rather leave do so, and makes them: shares, groups and who
 * is in them, no more absolute caps, and the drain of those who are not eligible. The drain is the guardian's to do at
 * once, but more than its share of one epoch, so it goes through Notice, too.
 */
export async function tighten(
  stage: Stage,
  cast: Cast,
  rules: Rules,
  say: (line: string) => void,
): Promise<Tightening> {
  const { trellis } = stage;
  const { notice } = trellis;
  const changes = await changesOf(stage, cast, rules);
  let gas = 0n;
  for (const { announcer, target, data } of changes) {
    const announcement = await notice.connect(announcer).announce(target, data, NO_SALT, { gasLimit: NOTICE_GAS });
    gas += (await announcement.wait())!.gasUsed;
  }
  say(`${changes.length} changes announced`);

  await waitForNotice(trellis, changes.at(-1)!);
  for (const { target, data } of changes) {
    const execution = await notice.execute(target, data, NO_SALT, { gasLimit: NOTICE_GAS });
    gas += (await execution.wait())!.gasUsed;
  }
  say("the notice has run out, the changes are made");
  return { calls: changes.length, gas };
}

/** Groups before their members. */
async function changesOf({ trellis, operators }: Stage, cast: Cast, rules: Rules): Promise<Change[]> {
  const { registry, governance, guardian } = trellis;
  const target = await registry.getAddress();
  const { guardianShareBps, bondRatio } = await registry.policy();
  const { poolShareBps, netShareBps } = rules;
  const codec = registry.interface;
  const shareOf = (dimension: number) =>
    dimension === DIMENSIONS.country ? rules.countryShareBps : rules.networkShareBps;

  const byGovernance = [
    codec.encodeFunctionData("setPolicy", [{ poolShareBps, netShareBps, guardianShareBps, bondRatio }]),
    ...cast.groups.map(({ id, dimension }) =>
      codec.encodeFunctionData("setGroup", [
        id,
        { dimension, poolShareBps: shareOf(dimension), netShareBps: NO_SHARE, absoluteCap: NO_CAP },
      ]),
    ),
    ...operators.flatMap(({ id }, index) => {
      const [country, network] = cast.parts[index]!.groups;
      return [
        codec.encodeFunctionData("setGroups", [id, packGroups([0, country, network])]),
        codec.encodeFunctionData("setAbsoluteCap", [id, NO_CAP]),
      ];
    }),
  ];
  const drained = operators.filter((_, index) => !cast.parts[index]!.eligible);
  const byGuardian = drained.map(({ id }) => codec.encodeFunctionData("drain", [id]));
  return [
    ...byGovernance.map((data) => ({ announcer: governance, target, data })),
    ...byGuardian.map((data) => ({ announcer: guardian, target, data })),
  ];
}
