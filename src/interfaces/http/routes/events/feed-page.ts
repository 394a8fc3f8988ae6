import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Caller } from '../../../../application/access/caller.ts';
import { type FeedPosition, writePosition } from '../../../../application/outbox/feed-position.ts';
import type { FeedPage } from '../../../../application/outbox/feed-use-cases.ts';
import type { UseCases } from '../../../../application/use-cases.ts';
import { writeCloudEvent } from '../../../../domain/outbox/cloud-event.ts';
import type { SequencedEvent } from '../../../../domain/outbox/event-feed.ts';
import type { LongLivedConnection } from '../../long-lived.ts';
import type { FeedRequest } from './feed-query.ts';

/** Reads of one page: with a filter that matches little, the page ends early and says how far it came. */
const MAX_READS = 20;
/** How often a caller that waits has its credentials verified. */
const VERIFY_EVERY_MS = 5_000;

interface Deps {
  readonly feed: UseCases['feed'];
  readonly connection: LongLivedConnection;
}

/** A page of the feed and where the next one begins. */
export interface CollectedPage {
  readonly events: readonly SequencedEvent[];
  readonly position: FeedPosition;
}

/**
 * Reads a page, and waits for its first event if the request says so.
 * @throws DomainError `position_gone`, `overloaded`, `invalid_token`, `forbidden`
 */
export async function collectPage(
  caller: Caller,
  request: FeedRequest,
  deps: Deps,
): Promise<CollectedPage> {
  const page = await readPage(caller, request, deps.feed);
  if (page.events.length > 0 || !page.isAtEnd || request.waitMs === 0) return page;
  const release = await deps.feed.connect(caller);
  try {
    return await waitForPage(caller, { ...request, after: page.position }, page, deps);
  } finally {
    release();
  }
}

async function waitForPage(
  caller: Caller,
  request: FeedRequest,
  first: FeedPage,
  { feed, connection }: Deps,
): Promise<FeedPage> {
  const endsAtMs = connection.elapsedMs() + request.waitMs;
  let page = first;
  while (page.events.length === 0) {
    const leftMs = endsAtMs - connection.elapsedMs();
    if (leftMs <= 0 || connection.signal.aborted) break;
    await feed.wait(page.newest, Math.min(leftMs, VERIFY_EVERY_MS), connection.signal);
    await connection.verifyAgain();
    page = await readPage(caller, { ...request, after: page.position }, feed);
  }
  return page;
}

async function readPage(
  caller: Caller,
  request: FeedRequest,
  feed: UseCases['feed'],
): Promise<FeedPage> {
  let page = await feed.read(caller, request);
  const events = [...page.events];
  for (let reads = 1; reads < MAX_READS; reads += 1) {
    if (page.isAtEnd || events.length >= request.limit) break;
    await nextTurn();
    page = await feed.read(caller, {
      ...request,
      after: page.position,
      limit: request.limit - events.length,
    });
    events.push(...page.events);
  }
  return { ...page, events };
}

/**
 * NDJSON: one CloudEvent a line. When a filter let the page end behind events that do not match, its last line is the
 * position.
 */
export function writePage({ events, position }: CollectedPage, isFiltered: boolean): string {
  const lines = events.map(writeCloudEvent);
  const last = events.at(-1)?.sequence ?? -1;
  if (isFiltered && position.sequence > last) lines.push(writePositionRecord(position));
  return lines.map((line) => `${line}\n`).join('');
}

export function writePositionRecord(position: FeedPosition): string {
  return JSON.stringify({ position: writePosition(position) });
}
