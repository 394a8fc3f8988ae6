import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createSilentLogger } from '../../../../../test/support/logger.ts';
import type { Caller } from '../../../../application/access/caller.ts';
import type { FeedPage } from '../../../../application/outbox/feed-use-cases.ts';
import { streamEvents } from './feed-stream.ts';

const MINUTE_MS = 60_000;
const caller: Caller = {
  principal: { kind: 'service', accountId: 'reports', scopes: ['events:read'] },
  ...{ requestId: 'request-1', ip: null, userAgent: null },
};

test('a backlog that a filter skips lets others have their turns between its reads', async () => {
  const windows = 1_000;
  let reads = 0;
  const ending = new AbortController();
  const stream = await streamEvents(
    caller,
    { after: 'oldest', limit: 100, types: ['user.created'], userId: null },
    {
      feed: {
        connect: async () => () => {},
        async read() {
          reads += 1;
          const position = { sequence: reads, check: null };
          return { events: [], position, newest: windows, isAtEnd: reads >= windows };
        },
        async wait() {
          ending.abort();
        },
      },
      connection: { signal: ending.signal, elapsedMs: () => 0, verifyAgain: async () => {} },
      logger: createSilentLogger(),
      maxDurationMs: MINUTE_MS,
    },
  );
  const atTurn = new Promise<number>((resolve) => setTimeout(() => resolve(reads), 0));
  await text(stream);
  expect(reads).toBe(windows);
  expect(await atTurn).toBeLessThan(windows);
});

/** Follows a feed in which nothing happens, by a clock that each wait sets forward. */
async function followQuietFeed(random: number) {
  let nowMs = 0;
  let verifications = 0;
  let released = 0;
  const position = { sequence: 0, check: null };
  const page: FeedPage = { events: [], position, newest: 0, isAtEnd: true };
  const stream = await streamEvents(
    caller,
    { after: 'latest', limit: 100, types: null, userId: null },
    {
      feed: {
        connect: async () => () => {
          released += 1;
        },
        read: async () => page,
        async wait(_newest, timeoutMs) {
          nowMs += timeoutMs;
        },
      },
      connection: {
        signal: new AbortController().signal,
        elapsedMs: () => nowMs,
        async verifyAgain() {
          verifications += 1;
        },
      },
      logger: createSilentLogger(),
      maxDurationMs: MINUTE_MS,
      random: () => random,
    },
  );
  const written = await text(stream);
  return { written, endedAtMs: nowMs, verifications, released };
}

test('a quiet stream has a comment every 15 s, and ends at its age', async () => {
  const quiet = await followQuietFeed(0.5);
  expect(quiet.written).toBe(`retry: 2000\n\n${': alive\n\n'.repeat(4)}`);
  expect(quiet.endedAtMs).toBe(MINUTE_MS);
  expect(quiet.verifications).toBeGreaterThanOrEqual(11);
  expect(quiet.released).toBe(1);
});

test('streams that begin together end within a fifth of their age', async () => {
  expect((await followQuietFeed(0)).endedAtMs).toBe(0.9 * MINUTE_MS);
  expect((await followQuietFeed(1)).endedAtMs).toBe(1.1 * MINUTE_MS);
});
