type MigrationErrorCode =
  /** The files are wrong: a gap, a missing header, a missing up or down file. */
  | 'files'
  /** The request cannot be met, such as a version that this build does not know. */
  | 'target'
  | 'locked'
  | 'pooler'
  | 'dirty'
  /** The database's record does not match this build's files. */
  | 'history'
  | 'checksum'
  | 'incompatible'
  | 'loses_data'
  | 'failed';

/**
 * A migration that cannot run, or did not finish. The message says what happened, then the remedy. It contains no
 * content of rows except ids.
 */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  readonly code: MigrationErrorCode;
  readonly version: number | undefined;

  constructor(
    code: MigrationErrorCode,
    message: string,
    details: { readonly version?: number; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.version = details.version;
  }
}

/** Longest chain of causes that is searched. */
const MAX_CAUSES = 8;

function* causes(error: unknown): Generator<object> {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES; depth += 1) {
    if (typeof current !== 'object' || current === null) return;
    yield current;
    current = 'cause' in current ? current.cause : undefined;
  }
}

/** The SQLSTATE that the database reported, anywhere in the chain of causes. */
export function sqlStateOf(error: unknown): string | undefined {
  for (const link of causes(error)) {
    if ('code' in link && typeof link.code === 'string' && /^(?!E)[0-9A-Z]{5}$/.test(link.code)) {
      return link.code;
    }
  }
  return undefined;
}

/**
 * The database's message and hint. Its detail is left out: for a violated constraint it contains the values of the row,
 * and e-mail addresses must not be logged.
 */
export function describeFailure(error: unknown): string {
  let text = String(error);
  for (const link of causes(error)) {
    if (!(link instanceof Error)) continue;
    text = sentence(link.message);
    if ('hint' in link && typeof link.hint === 'string') text += ` Hint: ${sentence(link.hint)}`;
  }
  return text;
}

/** PostgreSQL ends hints with a full stop, but not messages. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
