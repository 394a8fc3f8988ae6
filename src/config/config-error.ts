/** One error in the configuration. No field contains the value of a secret. */
export interface ConfigProblem {
  /** The key; an unknown key as it was written; undefined for a whole file. */
  readonly key?: string;
  /** Where it was set: `environment DATABASE_PORT`, `flag --server.port`, `file ./config.yaml line 3`. */
  readonly source?: string;
  /** What is wrong, as a clause: `is not a whole number`. */
  readonly problem: string;
  /** What is expected instead. */
  readonly expected?: string;
  /** For an unknown key, the most similar known one. */
  readonly nearest?: string;
}

/** The error as one line of text. */
export function formatConfigProblem(item: ConfigProblem): string {
  const { key, source, problem, expected, nearest } = item;
  const where = key !== undefined && source !== undefined ? `${key} (${source})` : (key ?? source);
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  const wanted = expected === undefined ? '' : `; expected ${expected}`;
  return `${where === undefined ? '' : `${where}: `}${problem}${wanted}${hint}`;
}

const WRONG_FLAG = /^(is not a known key|has no value|is given twice)/;

/** The configuration is invalid; `problems` has every error. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];
  /** True if a flag of the command line is not a flag, or has no value. */
  readonly isWrongUsage: boolean;
  /** What may explain an error, such as a misspelt variable. */
  readonly warnings: readonly string[];

  /** The message lists every error and then every warning, one a line. */
  constructor(problems: readonly ConfigProblem[], warnings: readonly string[] = []) {
    const count = problems.length === 1 ? '1 error' : `${problems.length} errors`;
    super(
      [
        `The configuration has ${count}:`,
        ...problems.map((item) => `  ${formatConfigProblem(item)}`),
        ...warnings.map((warning) => `  warning: ${warning}`),
      ].join('\n'),
    );
    this.problems = problems;
    this.isWrongUsage = problems.some(({ source, problem }) => {
      return source?.startsWith('flag --') && WRONG_FLAG.test(problem);
    });
    this.warnings = warnings;
  }
}
