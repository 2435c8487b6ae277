/**
 * Restricted functions and notice, by hand: whose each is, whether it waits, and why. notice.test.ts compares the rows with
 * src/roles.ts, and tries both ways: straight, and through Notice.
 */
import type { Role } from "../../src/roles.ts";

interface Row {
  readonly role: Role;
  readonly when: "notice" | "at once";
  readonly why: string;
  /** Who announces it at Notice, if not the role. */
  readonly announcer?: Role;
}

const waits = (role: Role, why: string): Row => ({ role, when: "notice", why });
const atOnce = (role: Role, why: string): Row => ({ role, when: "at once", why });

const ANY_RULE = "it can change every rule";
const FOR_EVER = "it cannot be undone";
const ONCE = "only the deployment can, once; the admin is Notice since the handover";
const TIGHTER = "it only tightens, within the guardian share";

export const NOTICE: Readonly<Record<string, Row>> = {
  "MetaPool.connect": atOnce("admin", ONCE),
  // Made by Notice it keeps no distance from the last one.
  "MetaPool.pauseStaking": { ...atOnce("guardian", "it stops who enters, never who leaves"), announcer: "governance" },
  "MetaPool.resumeStaking": atOnce("guardian", "it lets people in again"),
  "MetaPool.setParameters": waits("governance", "a higher fee takes from stakers"),
  "MetaPool.upgradeToAndCall": waits("governance", ANY_RULE),
  "MetaPool.renounceUpgrades": waits("governance", FOR_EVER),

  "Allocator.setParameters": waits("governance", "clips of gains and losses move the price"),
  "Allocator.clearWriteDown": waits("governance", "it lets people in cheaper, before a dead pool can recover"),
  "Allocator.upgradeToAndCall": waits("governance", ANY_RULE),
  "Allocator.renounceUpgrades": waits("governance", FOR_EVER),

  "OperatorRegistry.connect": atOnce("admin", ONCE),
  "OperatorRegistry.setFactoryWhitelisted": waits("foundation", "it vouches for, or drops, all of a factory's pools"),
  "OperatorRegistry.whitelistPool": atOnce("foundation", "a vouch alone moves no stake"),
  "OperatorRegistry.unwhitelistPool": atOnce("foundation", TIGHTER),
  "OperatorRegistry.list": waits("governance", "stake goes to a new operator"),
  "OperatorRegistry.reinstate": waits("governance", "stake goes to an operator again"),
  "OperatorRegistry.clearWatch": waits("governance", "stake goes to an operator again"),
  "OperatorRegistry.setWeightBounds": waits("governance", "it moves stake between operators"),
  "OperatorRegistry.setAbsoluteCap": waits("governance", "it can lift a cap"),
  "OperatorRegistry.setGroups": waits("governance", "it can lift a cap"),
  "OperatorRegistry.setGroup": waits("governance", "it can lift a cap"),
  "OperatorRegistry.setPolicy": waits("governance", "it can lift every cap"),
  "OperatorRegistry.setTenureGroup": waits("governance", "it says which cap newcomers share"),
  "OperatorRegistry.setDimensionMode": waits("governance", "it can lift the caps of a whole dimension"),
  "OperatorRegistry.upgradeToAndCall": waits("governance", ANY_RULE),
  "OperatorRegistry.renounceUpgrades": waits("governance", FOR_EVER),
  "OperatorRegistry.drain": atOnce("guardian", TIGHTER),
  "OperatorRegistry.delist": atOnce("guardian", TIGHTER),
  "OperatorRegistry.lowerAbsoluteCap": atOnce("guardian", TIGHTER),
  "OperatorRegistry.lowerGroupCaps": atOnce("guardian", TIGHTER),
  "OperatorRegistry.watch": atOnce("guardian", "it only stops increases"),
  "OperatorRegistry.setWeights": atOnce("scorer", "it stays within bounds and a step per epoch"),
  "OperatorRegistry.watchByReport": atOnce("scorer", "it only stops increases"),
  "OperatorRegistry.liftWatch": atOnce("scorer", "it takes back what reports did, and nothing else"),
  "OperatorRegistry.drainByReport": atOnce("scorer", TIGHTER),
  "OperatorRegistry.readmit": atOnce("scorer", "what reports drained begins anew, with the ramp of a newcomer"),
  "OperatorRegistry.noteScores": atOnce("scorer", "what it opens, class 2, stays within its budget"),

  "Scores.record": atOnce("reporter", "a quorum's word; what it moves is bounded by the registry"),
  "Scores.close": atOnce("reporter", "a quorum's word; what it moves is bounded by the registry"),
  "Scores.setParameters": waits("governance", "it moves stake between operators"),
  "Scores.resolveReward": waits("governance", "it moves stake between operators"),
  "Scores.resolveSlash": waits("governance", "it can let stake go to an operator again"),
  "Scores.pardon": waits("governance", "it can let stake go to an operator again"),
  "ReportOracle.setCommittee": waits("governance", "who reports moves weights, and drains operators"),
  "Attributes.attest": atOnce("attester", "it moves nothing: a group changes in the registry, with notice"),
};
