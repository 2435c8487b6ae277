import type { NetworkConnection } from "hardhat/types/network";

import type { SolanaValidator } from "../../src/data/solana.ts";
import { decentralisation, type Decentralisation, stakeBy } from "../../src/metrics/decentralisation.ts";
import { type Cast, castOf, type Part } from "./cast.ts";
import { converge, type Work } from "./converge.ts";
import type { Settings } from "./settings.ts";
import { setUp } from "./setUp.ts";
import { readStanding } from "./standing.ts";
import { tighten, type Tightening } from "./tighten.ts";
import { judge, type Verdict } from "./verdict.ts";

/** How stake is spread over operators, and over groups of each kind. */
export interface Spread {
  readonly operator: Decentralisation;
  readonly country: Decentralisation;
  readonly network: Decentralisation;
}

export interface Replay {
  readonly cast: Cast;
  readonly tightening: Tightening;
  readonly work: Work;
  readonly before: Spread;
  readonly after: Spread;
  /** At the end, in the order of the cast, in wei. */
  readonly positions: readonly bigint[];
  /** What the rules leave idle, in wei. */
  readonly idle: bigint;
  /** Kinds of groups with hardly any choice left: their caps add up to less than one and a half times the pool. */
  readonly tight: readonly string[];
  readonly verdict: Verdict;
}

/** Rebuilds a recorded pool on a chain of its own, tightens its rules and lets a keeper follow them. */
export async function replay(
  connection: NetworkConnection,
  validators: readonly SolanaValidator[],
  { rules, epochs }: Settings,
  say: (line: string) => void,
): Promise<Replay> {
  const cast = castOf(validators);
  const stage = await setUp(connection, cast, say);
  const tightening = await tighten(stage, cast, rules, say);
  const work = await converge(stage, epochs, say);
  const standing = await readStanding(stage.trellis);
  const positions = standing.book.places.map(({ position }) => position);
  return {
    cast,
    tightening,
    work,
    before: spreadOf(
      cast.parts,
      cast.parts.map(({ poolStake }) => poolStake),
    ),
    after: spreadOf(cast.parts, positions),
    positions,
    idle: standing.book.free,
    tight: standing.tight,
    verdict: await judge(stage, cast, standing),
  };
}

function spreadOf(parts: readonly Part[], stakes: readonly bigint[]): Spread {
  const rows = parts.map((part, index) => ({ part, stake: stakes[index]! }));
  const by = (key: (part: Part) => string) =>
    decentralisation([
      ...stakeBy(
        rows,
        ({ part }) => key(part),
        ({ stake }) => stake,
      ).values(),
    ]);
  return {
    operator: decentralisation(stakes),
    country: by(({ country }) => country),
    network: by(({ network }) => network),
  };
}
