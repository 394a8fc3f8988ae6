import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { FeedPage, FeedSelection } from '../../src/application/outbox/feed-use-cases.ts';
import type { UseCases } from '../../src/application/use-cases.ts';
import { overloaded } from '../../src/domain/rejections.ts';
import type {
  HttpMetrics,
  ObservedRequest,
  ObservedStream,
} from '../../src/interfaces/http/http-deps.ts';
import { eventually } from '../support/eventually.ts';
import { ADA_ID, ada, SERVICE_KEY } from './support/fake-use-cases.ts';
import { connectTo, listen, talk } from './support/raw-client.ts';

const OTHER_ID = '0198c0de-0000-7000-8000-00000000000b';
const get = (path: string, accept = '*/*') =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${SERVICE_KEY}\r\nAccept: ${accept}\r\n\r\n`;
const stream = (query = '') => get(`/v1/events${query}`, 'text/event-stream');
const LIVE = 'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

/** More than a reader that reads nothing can make the kernels of both sides take. */
const MAX_TAKEN_BYTES = 32 * 1024 * 1024;
const EVENT_BYTES = 1_000;
const padding = 'x'.repeat(EVENT_BYTES);

/** A feed without an end. Counts the events that it returned for each user that was asked for. */
function createEndlessFeed() {
  const read = new Map<string | null, number>();
  const feed: Pick<UseCases['feed'], 'read'> = {
    async read(_caller, { after, limit, userId }: FeedSelection): Promise<FeedPage> {
      const first = typeof after === 'object' ? after.sequence + 1 : 1;
      read.set(userId, (read.get(userId) ?? 0) + limit);
      const events = Array.from({ length: limit }, (_, index) => ({
        id: `0198c0de-0000-7000-8000-${String(first + index).padStart(12, '0')}`,
        event: {
          ...({ type: 'user.updated', userId: ADA_ID, userVersion: first + index } as const),
          data: { changed_fields: [padding] as never },
        },
        ...{ time: ada.createdAt, requestId: 'request-1', sequence: first + index },
      }));
      const last = first + limit - 1;
      return {
        events,
        position: { sequence: last, check: null },
        newest: last + 1,
        isAtEnd: false,
      };
    },
  };
  return { feed, read: (userId: string | null) => read.get(userId) ?? 0 };
}

/** Waits until a count has stopped growing. */
async function settled(count: () => number): Promise<number> {
  return eventually(
    async () => {
      const before = count();
      expect(before).toBeGreaterThan(0);
      await sleep(300);
      expect(count()).toBe(before);
      return before;
    },
    { timeoutMs: 20_000, what: 'the end of reading' },
  );
}

async function connectSilently(port: number, request: string): Promise<Socket> {
  const socket = await connectTo(port);
  socket.pause();
  socket.write(request);
  return socket;
}

describe('a reader that stops reading', () => {
  test('of events has a bounded number read for it, and others are served', async () => {
    const { feed, read } = createEndlessFeed();
    const { port, server } = await listen({ useCases: { feed } });
    const sockets: Socket[] = [];
    server.server.on('connection', (socket: Socket) => sockets.push(socket));
    const silent = await connectSilently(port, stream(`?user=${OTHER_ID}`));
    const taken = await settled(() => read(OTHER_ID));
    expect(taken * EVENT_BYTES).toBeLessThan(MAX_TAKEN_BYTES);
    expect(sockets[0]?.writableLength).toBeLessThan(2 * 500 * 2 * EVENT_BYTES);

    const other = await connectTo(port);
    let received = 0;
    other.on('data', (chunk) => {
      received += chunk.length;
    });
    other.write(stream());
    await eventually(() => expect(received).toBeGreaterThan(2 * MAX_TAKEN_BYTES), {
      timeoutMs: 20_000,
    });
    other.destroy();
    expect(await talk(port, LIVE)).toContain(' 200 OK');
    expect(read(OTHER_ID)).toBe(taken);
    silent.destroy();
  });

  test('of an export has a bounded number of pages read for it', async () => {
    let pages = 0;
    const { port } = await listen({
      useCases: {
        users: {
          exportAll: async () => ({
            position: { sequence: 1, check: null },
            pages: (async function* () {
              for (;;) {
                pages += 1;
                yield Array(200).fill(ada);
              }
            })(),
            release: () => {},
          }),
        },
      },
    });
    const silent = await connectSilently(port, get('/v1/users/export'));
    const taken = await settled(() => pages);
    expect(taken * 200 * 300).toBeLessThan(MAX_TAKEN_BYTES);
    expect(await talk(port, LIVE)).toContain(' 200 OK');
    silent.destroy();
  });

  test('is cut off at the longest life of a stream, and its place is free', async () => {
    const { feed } = createEndlessFeed();
    let open = 0;
    const { port, server } = await listen({
      settings: { events: { page: 1_000, waitMs: 1_000, maxDurationMs: 500 } },
      useCases: {
        feed: {
          ...feed,
          async connect() {
            open += 1;
            return () => {
              open -= 1;
            };
          },
        },
      },
    });
    const silent = await connectSilently(port, stream());
    await eventually(() => expect(open).toBe(1));
    await eventually(() => expect(open).toBe(0), { timeoutMs: 10_000 });
    await eventually(async () => {
      const left = await new Promise((resolve) =>
        server.server.getConnections((_error, count) => resolve(count)),
      );
      expect(left).toBe(0);
    });
    silent.destroy();
  });
});

test('an export lets others have their turns between its pages', async () => {
  const all = 200;
  let pages = 0;
  let atTurn = 0;
  const { port } = await listen({
    useCases: {
      users: {
        exportAll: async () => ({
          position: { sequence: 1, check: null },
          pages: (async function* () {
            setTimeout(() => {
              atTurn = pages;
            }, 0);
            for (; pages < all; pages += 1) yield [ada];
          })(),
          release: () => {},
        }),
      },
    },
  });
  expect(await talk(port, get('/v1/users/export'))).toContain('{"position":"1"}');
  expect(pages).toBe(all);
  expect(atTurn).toBeLessThan(all);
});

describe('the metrics', () => {
  test('of a stream and an export are not the latency of requests; a refused stream is a request', async () => {
    const requests: ObservedRequest[] = [];
    const streams: ObservedStream[] = [];
    const metrics: HttpMetrics = {
      contentType: 'text/plain',
      render: async () => '',
      observeRequest: (request) => void requests.push(request),
      observeStream: (observed) => void streams.push(observed),
      countClosedConnection: () => {},
    };
    let isFull = false;
    const { port } = await listen({
      deps: { metrics },
      useCases: {
        feed: {
          ...createEndlessFeed().feed,
          async connect() {
            if (isFull) throw overloaded('Too many callers wait for events.');
            return () => {};
          },
        },
      },
    });
    const client = await connectTo(port);
    client.write(stream());
    await new Promise((resolve) => client.once('data', resolve));
    expect(streams).toEqual([]);
    client.destroy();
    await eventually(() => expect(streams.map(({ route }) => route)).toEqual(['/v1/events']));
    await talk(port, get('/v1/users/export'));
    await eventually(() => expect(streams[1]?.route).toBe('/v1/users/export'));
    expect(requests).toEqual([]);
    isFull = true;
    const refused = await connectTo(port);
    refused.resume();
    refused.write(stream());
    await eventually(() =>
      expect(requests).toMatchObject([{ route: '/v1/events', method: 'GET', status: 503 }]),
    );
    refused.destroy();
    expect(streams).toHaveLength(2);
  });
});
