import type { Readable } from 'node:stream';
import type { Caller } from '../../../../application/access/caller.ts';
import type {
  ReadRevocations,
  RevocationPage,
} from '../../../../application/access/read-revocations.ts';
import { type FeedPosition, writePosition } from '../../../../application/outbox/feed-position.ts';
import { DomainError } from '../../../../domain/errors.ts';
import type { Logger } from '../../../../domain/ports.ts';
import { writeRevocation } from '../../../api/schemas/revocation.ts';
import { openBoundedStream } from '../../bounded-stream.ts';
import type { LongLivedConnection } from '../../long-lived.ts';

const RETRY_MS = 2_000;
/** A client that hears nothing for longer may miss revocations. Its credentials are verified as often. */
const HEARTBEAT_MS = 5_000;

interface Deps {
  readonly revocations: ReadRevocations;
  readonly connection: LongLivedConnection;
  readonly logger: Logger;
  readonly maxDurationMs: number;
}

/**
 * Follows the revocations as server-sent events: first what is behind the position, then what comes.
 * @throws DomainError for what the client must learn by a status: `position_gone`, `overloaded`, `forbidden`
 */
export function followRevocations(
  caller: Caller,
  after: FeedPosition,
  deps: Deps,
): Promise<Readable> {
  return openBoundedStream(
    {
      connect: () => deps.revocations.connect(caller),
      readFirst: () => deps.revocations.read(caller, after),
      follow: (first, endsAtMs) => follow(caller, first, { ...deps, endsAtMs }),
    },
    deps,
  );
}

async function* follow(
  caller: Caller,
  first: RevocationPage,
  { revocations, connection, logger, endsAtMs }: Deps & { readonly endsAtMs: number },
): AsyncGenerator<string> {
  const { signal } = connection;
  let page = first;
  let dueAtMs = connection.elapsedMs();
  yield `retry: ${RETRY_MS}\n\n`;
  try {
    while (!signal.aborted && connection.elapsedMs() < endsAtMs) {
      if (page.entries.length > 0) yield writeEvents(page);
      if (page.isAtEnd && connection.elapsedMs() >= dueAtMs) {
        await connection.verifyAgain();
        yield writeRecord(page);
        dueAtMs = connection.elapsedMs() + HEARTBEAT_MS;
      }
      if (page.isAtEnd) {
        const waitMs = Math.max(0, Math.min(dueAtMs, endsAtMs) - connection.elapsedMs());
        await revocations.wait(page.newest, waitMs, signal);
      }
      if (signal.aborted) return;
      page = await revocations.read(caller, page.position);
    }
  } catch (error) {
    // The client connects again and learns the reason by the status.
    if (error instanceof DomainError) return;
    logger.error('request failed', { request_id: caller.requestId, error });
  }
}

/** The last one has the position, so that a client that connects again goes on behind the page. */
function writeEvents({ entries, position }: RevocationPage): string {
  return entries
    .map((entry, index) => {
      const id = index === entries.length - 1 ? `id: ${writePosition(position)}\n` : '';
      return `${id}data: ${writeRevocation(entry)}\n\n`;
    })
    .join('');
}

/** Says that everything up to here was sent. */
function writeRecord({ position }: RevocationPage): string {
  const text = writePosition(position);
  return `event: position\nid: ${text}\ndata: ${JSON.stringify({ position: text })}\n\n`;
}
