/** The result of `up`, `down`, `goto` and `force`. */
export interface Report {
  readonly from: number;
  readonly to: number;
  readonly runs: readonly {
    readonly version: number;
    readonly name: string;
    readonly direction: 'up' | 'down';
    readonly durationMs: number;
  }[];
}

/** The result of `status`. */
export interface Status {
  readonly check: {
    readonly state: string;
    readonly version: number;
    readonly head: number;
    readonly message: string;
    readonly command?: string;
  };
  readonly migrations: readonly {
    readonly version: number;
    readonly name: string;
    readonly state: string;
    readonly appliedAt: string | null;
    readonly adopted: boolean;
    readonly compatibleFrom: number;
  }[];
}

/** One line with the versions. The migrations that ran were reported one by one before. */
export function formatReport({ from, to, runs }: Report): string {
  return runs.length === 0
    ? `nothing to do: the database is at version ${to}`
    : `version ${from} -> ${to}`;
}

/** One line a migration, then the state of the database relative to this build, and the command to run. */
export function formatStatus({ check, migrations }: Status): readonly string[] {
  const lines = migrations.map(({ version, name, state, appliedAt, adopted }) => {
    const when = appliedAt === null ? '' : `  ${appliedAt}${adopted ? ' (adopted)' : ''}`;
    return `${state.padEnd(10)} ${numbered(version, name)}${when}`;
  });
  const remedy = check.command === undefined ? [] : [`Run: ${check.command}`];
  return [...lines, `${check.state}: ${check.message}`, ...remedy];
}

/** A copy with names in snake_case, for `--json`. */
export function toJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      toJson(inner),
    ]),
  );
}

function numbered(version: number, name: string): string {
  return `${String(version).padStart(6, '0')} ${name}`;
}
