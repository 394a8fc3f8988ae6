import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Caller } from '../../../../application/access/caller.ts';
import { positionAt, writePosition } from '../../../../application/outbox/feed-position.ts';
import type { FeedPage, FeedSelection } from '../../../../application/outbox/feed-use-cases.ts';
import type { UseCases } from '../../../../application/use-cases.ts';
import { DomainError } from '../../../../domain/errors.ts';
import { writeCloudEvent } from '../../../../domain/outbox/cloud-event.ts';
import type { Logger } from '../../../../domain/ports.ts';
import { openBoundedStream } from '../../bounded-stream.ts';
import type { LongLivedConnection } from '../../long-lived.ts';
import { writePositionRecord } from './feed-page.ts';

export const EVENT_STREAM = 'text/event-stream';

const RETRY_MS = 2_000;
/** A comment at least this often shows proxies and clients that the connection lives. */
const HEARTBEAT_MS = 15_000;
/** A revoked key ends its streams after this time and the life of its cached verification. */
const VERIFY_EVERY_MS = 5_000;
/** Events that one read takes, and that wait for a client which reads slowly. */
const READ_LIMIT = 500;
/** After so many numbers without a match a position record is sent before the next heartbeat. */
const NUMBERS_BEFORE_RECORD = 1_000;

interface Deps {
  readonly feed: UseCases['feed'];
  readonly connection: LongLivedConnection;
  readonly logger: Logger;
  readonly maxDurationMs: number;
  readonly random?: () => number;
}

/**
 * Follows the feed as server-sent events. A client that reads slowly has at most two pages in memory here.
 * @throws DomainError for what the client must learn by a status: `position_gone`, `overloaded`, `forbidden`
 */
export function streamEvents(
  caller: Caller,
  selection: FeedSelection,
  deps: Deps,
): Promise<Readable> {
  return openBoundedStream(
    {
      connect: () => deps.feed.connect(caller),
      readFirst: () => deps.feed.read(caller, { ...selection, limit: READ_LIMIT }),
      follow: (first, endsAtMs) => follow(caller, selection, first, { ...deps, endsAtMs }),
    },
    deps,
  );
}

async function* follow(
  caller: Caller,
  selection: FeedSelection,
  first: FeedPage,
  { feed, connection, logger, endsAtMs }: Deps & { readonly endsAtMs: number },
): AsyncGenerator<string> {
  const { signal } = connection;
  let heartbeatAtMs = connection.elapsedMs() + HEARTBEAT_MS;
  let verifyAtMs = connection.elapsedMs() + VERIFY_EVERY_MS;
  let told = first.events.at(-1)?.sequence ?? 0;
  let page = first;
  yield `retry: ${RETRY_MS}\n\n`;
  try {
    while (!signal.aborted) {
      const nowMs = connection.elapsedMs();
      let text = page.events.map(writeEvent).join('');
      told = page.events.at(-1)?.sequence ?? told;
      const behind = page.position.sequence - told;
      const isDue = nowMs >= heartbeatAtMs;
      if (behind >= NUMBERS_BEFORE_RECORD || (behind > 0 && (isDue || told === 0))) {
        text += writeRecord(page);
        told = page.position.sequence;
      } else if (isDue) text += ': alive\n\n';
      if (text !== '') {
        heartbeatAtMs = nowMs + HEARTBEAT_MS;
        yield text;
      }
      if (connection.elapsedMs() >= endsAtMs) return;
      if (connection.elapsedMs() >= verifyAtMs) {
        await connection.verifyAgain();
        verifyAtMs = connection.elapsedMs() + VERIFY_EVERY_MS;
      }
      if (page.isAtEnd) {
        const wakeAtMs = Math.min(heartbeatAtMs, verifyAtMs, endsAtMs);
        const waitMs = Math.max(0, wakeAtMs - connection.elapsedMs());
        await feed.wait(page.newest, waitMs, signal);
      } else {
        // Reads of the embedded database end in the same turn of the event loop: a long backlog without a match would
        // keep everything else waiting.
        await nextTurn();
      }
      if (signal.aborted) return;
      page = await feed.read(caller, { ...selection, after: page.position, limit: READ_LIMIT });
    }
  } catch (error) {
    // The client connects again and learns the reason by the status.
    if (error instanceof DomainError) return;
    logger.error('request failed', { request_id: caller.requestId, error });
  }
}

function writeEvent(event: FeedPage['events'][number]): string {
  const id = writePosition(positionAt(event.sequence, event.id));
  return `id: ${id}\ndata: ${writeCloudEvent(event)}\n\n`;
}

/** An event of its own type: handlers of messages do not see it, and the id of the last event advances. */
function writeRecord({ position }: FeedPage): string {
  return `event: position\nid: ${writePosition(position)}\ndata: ${writePositionRecord(position)}\n\n`;
}
