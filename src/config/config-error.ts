/** One thing that is wrong with the configuration. No field ever holds a secret's value. */
export interface ConfigFault {
  /** The key, as the operator wrote it where it is unknown; undefined for a whole file. */
  readonly key?: string;
  /** Where it was set: `environment DATABASE_PORT`, `flag --server.port`, `file ./config.yaml line 3`. */
  readonly source?: string;
  /** What is wrong, as a clause: `is not a whole number`. */
  readonly problem: string;
  /** What is expected instead. */
  readonly expected?: string;
  /** For an unknown key, the known one most like it. */
  readonly nearest?: string;
}

/** The fault as one line of text. */
export function formatFault(fault: ConfigFault): string {
  const { key, source, problem, expected, nearest } = fault;
  const where = key !== undefined && source !== undefined ? `${key} (${source})` : (key ?? source);
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  const wanted = expected === undefined ? '' : `; expected ${expected}`;
  return `${where === undefined ? '' : `${where}: `}${problem}${wanted}${hint}`;
}

/** The configuration cannot be used; `faults` holds everything that is wrong with it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly ConfigFault[];

  /** The message lists every fault, one a line. */
  constructor(faults: readonly ConfigFault[]) {
    const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
    super(
      [`The configuration has ${count}:`, ...faults.map((f) => `  ${formatFault(f)}`)].join('\n'),
    );
    this.faults = faults;
  }
}
