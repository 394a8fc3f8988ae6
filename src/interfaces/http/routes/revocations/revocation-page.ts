import { Readable } from 'node:stream';
import type { Caller } from '../../../../application/access/caller.ts';
import type {
  ReadRevocations,
  RevocationPage,
  RevocationSet,
} from '../../../../application/access/read-revocations.ts';
import { type FeedPosition, writePosition } from '../../../../application/outbox/feed-position.ts';
import { DomainError } from '../../../../domain/errors.ts';
import type { Logger } from '../../../../domain/ports.ts';
import { writeRevocation } from '../../../api/schemas/revocation.ts';
import type { LongLivedConnection } from '../../long-lived.ts';

/** How often a caller that waits has its credentials verified. */
const VERIFY_EVERY_MS = 5_000;

interface Deps {
  readonly revocations: ReadRevocations;
  readonly connection: LongLivedConnection;
}

/**
 * Reads a page, and waits for its first revocation for at most `waitMs`.
 * @throws DomainError `position_gone`, `overloaded`, `invalid_token`, `forbidden`
 */
export async function collectRevocations(
  caller: Caller,
  { after, waitMs }: { readonly after: FeedPosition; readonly waitMs: number },
  { revocations, connection }: Deps,
): Promise<RevocationPage> {
  const endsAtMs = connection.elapsedMs() + waitMs;
  let page = await revocations.read(caller, after);
  if (page.entries.length > 0 || waitMs === 0) return page;
  const release = await revocations.connect(caller);
  try {
    while (page.entries.length === 0) {
      const leftMs = endsAtMs - connection.elapsedMs();
      if (leftMs <= 0 || connection.signal.aborted) break;
      const pauseMs = Math.min(leftMs, VERIFY_EVERY_MS);
      await revocations.wait(page.newest, pauseMs, connection.signal);
      await connection.verifyAgain();
      page = await revocations.read(caller, page.position);
    }
    return page;
  } finally {
    release();
  }
}

/**
 * Writes the whole set as it is read. A set that cannot be read to its end is cut off, so that no client takes it for
 * whole: its last line is the position.
 */
export function streamRevocations(
  set: RevocationSet,
  { release, logger, requestId }: StreamDeps,
): Readable {
  const stream = Readable.from(writeSet(set, logger, requestId), { objectMode: false });
  // A client that hung up before the first read: the generator would never run to its end.
  stream.once('close', release);
  return stream;
}

interface StreamDeps {
  /** Gives back the place of the caller. */
  readonly release: () => void;
  readonly logger: Logger;
  readonly requestId: string;
}

async function* writeSet(
  { position, pages }: RevocationSet,
  logger: Logger,
  requestId: string,
): AsyncGenerator<string> {
  try {
    for await (const entries of pages()) {
      if (entries.length > 0) yield writeLines(entries);
    }
    yield `${JSON.stringify({ position: writePosition(position) })}\n`;
  } catch (error) {
    if (error instanceof DomainError) throw error;
    logger.error('request failed', { request_id: requestId, error });
    throw error;
  }
}

export function writeLines(entries: RevocationPage['entries']): string {
  return entries.map((entry) => `${writeRevocation(entry)}\n`).join('');
}
