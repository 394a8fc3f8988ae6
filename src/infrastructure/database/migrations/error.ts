import { databaseRemedy } from '../postgres/remedies.ts';
import { serverNotes, toSentence } from '../postgres/server-notes.ts';

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
  /** A table belongs to another tool or application. */
  | 'foreign'
  /** The role does not see an extension. */
  | 'extension'
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

/** The database's message, detail and hint. A detail that contains values of rows is left out. */
export function describeFailure(error: unknown): string {
  let text = String(error);
  for (const link of causes(error)) {
    if (!(link instanceof Error)) continue;
    text = [toSentence(link.message), serverNotes(link)].filter(Boolean).join(' ');
  }
  return text;
}

/** What the operator can do about a failure that the database or the driver reported; empty when the error says it all. */
export function remedyOf(error: unknown): string {
  let remedy = '';
  for (const link of causes(error)) remedy = databaseRemedy(link) || remedy;
  return remedy;
}

/**
 * Runs work of the migrator. An error of the database, such as a missing right, gets the server's detail and hint and a
 * remedy.
 * @throws MigrationError `failed` with the original as cause; every other error unchanged.
 */
export async function explainFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MigrationError || sqlStateOf(error) === undefined) throw error;
    const text = [describeFailure(error), remedyOf(error)].filter(Boolean).join(' ');
    throw new MigrationError('failed', text, { cause: error });
  }
}
