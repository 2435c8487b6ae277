/** The rules that the stake is brought under, in basis points of the pool's stake or of the network's. */
export interface Rules {
  readonly poolShareBps: number;
  readonly netShareBps: number;
  readonly countryShareBps: number;
  readonly networkShareBps: number;
}

export interface Settings {
  readonly rules: Rules;
  /** Most epochs that the keeper gets. */
  readonly epochs: number;
}

export const RULES: Rules = { poolShareBps: 100, netShareBps: 100, countryShareBps: 2_000, networkShareBps: 1_000 };
export const EPOCHS = 150;

/** As on the network that the file is from: an epoch takes about two days, and stake is free after one more. */
export const CHAIN = { epochLength: 172_800, unbondingEpochs: 1 } as const;
