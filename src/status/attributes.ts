import type { OperatorView } from "../lens/read.ts";
import { DIMENSIONS, unpackGroups } from "../lens/dimensions.ts";

/**
 * Where the registry has an operator in another group than attesters say. `attested` is packed, in the order of the operators;
 * no group in it is none that is attested, and says nothing.
 */
export function attributeWarnings(operators: readonly OperatorView[], attested: readonly bigint[]): string[] {
  return operators.flatMap(({ id, operator }, index) => {
    const registered = unpackGroups(operator.groups);
    return unpackGroups(attested[index] ?? 0n).flatMap((group, k) => {
      if (group === 0 || group === registered[k]) return [];
      const other = registered[k] === 0 ? "none" : `group ${registered[k]}`;
      return `operator ${id} is attested to be in group ${group} of ${DIMENSIONS[k]}, and the registry has it in ${other}`;
    });
  });
}
