/**
 * The operator state machine, by hand: every state × every function of the registry that changes anything. states.test.ts
 * brings operators into the states and calls as who may call.
 */

/** A draining operator remembers who drained it, and from which state. */
export const STATES = [
  "None",
  "Ramping",
  "Active",
  "Draining by guardian, was Ramping",
  "Draining by guardian, was Active",
  "Draining by report, was Ramping",
  "Draining by report, was Active",
  "Delisted",
  "Removed",
] as const;

export type StateName = (typeof STATES)[number];
export type Caller = "notice" | "guardian" | "scorer" | "foundation" | "allocator" | "stranger";
export type Refusal = "UnknownOperator" | "WrongState" | "NotDrainedByReport" | "AlreadyListed";

/** Where it ends, or what it is refused with. */
export type Cell = StateName | Refusal;

export interface Trigger {
  readonly by: Caller;
  readonly why: string;
  readonly from: Readonly<Record<StateName, Cell>>;
  /** The watches that it sets or clears. What is not named stays. */
  readonly watches?: { readonly guardian?: boolean; readonly report?: boolean };
  /** While a round is open. */
  readonly inRound: "goes on" | "waits";
}

type Options = Partial<Pick<Trigger, "watches" | "inRound">>;

/** Every cell in the order of STATES. */
function trigger(by: Caller, why: string, cells: readonly Cell[], options: Options = {}): Trigger {
  if (cells.length !== STATES.length) throw new Error(`"${why}" has ${cells.length} cells.`);
  const from = Object.fromEntries(STATES.map((state, index) => [state, cells[index]!]));
  return { by, why, from: from as Trigger["from"], inRound: "goes on", ...options };
}

/** What leaves every operator as it is, and asks for none. */
const idle = (by: Caller, why: string, options: Options = {}) => trigger(by, why, STATES, options);

const [, RAMPING, ACTIVE, BY_GUARDIAN, WAS_ACTIVE, BY_REPORT, BY_REPORT_WAS_ACTIVE, DELISTED, REMOVED] = STATES;
const DRAINING = [BY_GUARDIAN, WAS_ACTIVE, BY_REPORT, BY_REPORT_WAS_ACTIVE] as const;
const UNKNOWN = "UnknownOperator";
const WRONG = "WrongState";
const LISTED = "AlreadyListed";
const FOREIGN = "NotDrainedByReport";

/** Leaves whom the pool may still hold stake at, or send stake to again. */
const LIVE: readonly Cell[] = [UNKNOWN, RAMPING, ACTIVE, ...DRAINING, WRONG, WRONG];
const KNOWN: readonly Cell[] = [UNKNOWN, RAMPING, ACTIVE, ...DRAINING, DELISTED, REMOVED];
const GROUP = "a group's caps say how much, not whether";
const VOUCH = "a vouch is asked for when legs move, and no state";

export const TRIGGERS: Readonly<Record<string, Trigger>> = {
  list: trigger(
    "notice",
    "a pool is listed once at a time; a tombstone stays one, and its pool begins anew under another id",
    [RAMPING, LISTED, LISTED, LISTED, LISTED, LISTED, LISTED, LISTED, RAMPING],
    { inRound: "waits" },
  ),
  activate: trigger("allocator", "a ramp ends where the allocator says, and only a ramp", [
    UNKNOWN,
    ACTIVE,
    WRONG,
    WRONG,
    WRONG,
    WRONG,
    WRONG,
    WRONG,
    WRONG,
  ]),
  drain: trigger("guardian", "whoever may hold stake; whom reports drained stays, but is not theirs any more", [
    UNKNOWN,
    BY_GUARDIAN,
    WAS_ACTIVE,
    WRONG,
    WRONG,
    BY_GUARDIAN,
    WAS_ACTIVE,
    WRONG,
    WRONG,
  ]),
  drainByReport: trigger("scorer", "whoever may hold stake; a guardian's drain never becomes the reports' own", [
    UNKNOWN,
    BY_REPORT,
    BY_REPORT_WAS_ACTIVE,
    WRONG,
    WRONG,
    WRONG,
    WRONG,
    WRONG,
    WRONG,
  ]),
  reinstate: trigger(
    "notice",
    "governance gives back what it was drained from, whoever drained it",
    [UNKNOWN, WRONG, WRONG, RAMPING, ACTIVE, RAMPING, ACTIVE, WRONG, WRONG],
    { inRound: "waits" },
  ),
  readmit: trigger(
    "scorer",
    "reports take back what reports did, and give less than it was",
    [UNKNOWN, WRONG, WRONG, FOREIGN, FOREIGN, RAMPING, RAMPING, WRONG, WRONG],
    { inRound: "waits" },
  ),
  delist: trigger("guardian", "for good, from wherever stake may be or come back", [
    UNKNOWN,
    DELISTED,
    DELISTED,
    DELISTED,
    DELISTED,
    DELISTED,
    DELISTED,
    WRONG,
    WRONG,
  ]),
  remove: trigger(
    "stranger",
    "anyone clears away what is delisted and holds nothing",
    [UNKNOWN, WRONG, WRONG, WRONG, WRONG, WRONG, WRONG, REMOVED, WRONG],
    { inRound: "waits" },
  ),

  watch: trigger("guardian", "no state refuses it, so that no round can fail by it", KNOWN, {
    watches: { guardian: true },
  }),
  watchByReport: trigger("scorer", "no state refuses it, so that no scoring can fail by it", KNOWN, {
    watches: { report: true },
  }),
  liftWatch: trigger("scorer", "takes back the reports' watch alone", KNOWN, { watches: { report: false } }),
  clearWatch: trigger("notice", "governance clears whose watch it is, where stake could go up again", LIVE, {
    watches: { guardian: false, report: false },
  }),

  setWeights: trigger("scorer", "a draining operator's counts again when it is back", LIVE),
  setWeightBounds: trigger("notice", "as its weight", LIVE),
  setAbsoluteCap: trigger("notice", "as its weight", LIVE),
  lowerAbsoluteCap: trigger("guardian", "as its weight", LIVE),
  setGroups: trigger("notice", "as its weight", LIVE),

  setGroup: idle("notice", GROUP),
  lowerGroupCaps: idle("guardian", GROUP, { inRound: "waits" }),
  setTenureGroup: idle("notice", "naming a group moves nobody"),
  setDimensionMode: idle("notice", GROUP),
  setPolicy: idle("notice", "caps say how much, not whether"),
  whitelistPool: idle("foundation", VOUCH),
  unwhitelistPool: idle("foundation", VOUCH),
  setFactoryWhitelisted: idle("notice", VOUCH),
  setLongestUnbonding: idle("allocator", "how long notice has to be concerns no state"),
};

/** What is of no operator, and is not tried here: access.test.ts and notice.test.ts do. */
export const OF_NO_OPERATOR: Readonly<Record<string, string>> = {
  initialize: "once, at deployment",
  connect: "once, at deployment",
  noteScores: "opens class 2 for all",
  renounceUpgrades: "of the code",
  upgradeToAndCall: "of the code",
  setAuthority: "of the AccessManager",
};
