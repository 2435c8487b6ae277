/** What solc says of a contract's storage, as far as it matters. */
export interface StorageLayout {
  readonly storage: readonly StorageMember[];
  readonly types: Readonly<Record<string, StorageType>> | null;
}

interface StorageMember {
  readonly label: string;
  readonly offset: number;
  readonly slot: string;
  readonly type: string;
}

interface StorageType {
  readonly label: string;
  readonly members?: readonly StorageMember[];
  readonly value?: string;
  readonly base?: string;
}

/**
 * One line per variable and member of a struct, wherever it lies: "slot:offset path type". Slots within a struct count
 * from its beginning.
 */
export function describeStorage({ storage, types }: StorageLayout): string[] {
  const lines: string[] = [];
  const describe = (members: readonly StorageMember[], path: string) => {
    for (const { label, offset, slot, type } of members) {
      const found = types![type]!;
      lines.push(`${slot}:${offset} ${path}${label} ${found.label}`);
      const inner = innermost(type);
      if (inner.members) describe(inner.members, `${path}${label}.`);
    }
  };
  /** The struct that a variable is, or is a mapping or an array of. */
  const innermost = (type: string): StorageType => {
    const found = types![type]!;
    const next = found.value ?? found.base;
    return next === undefined ? found : innermost(next);
  };
  describe(storage, "");

  return lines;
}
