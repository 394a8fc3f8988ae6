import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ADA_TOKEN, ada, adaText } from './support/fake-use-cases.ts';
import { connectTo, listen, statusesIn, talk } from './support/raw-client.ts';

const HEAD = `Host: x\r\nAuthorization: Bearer ${ADA_TOKEN}\r\n`;
const ME = `GET /v1/me HTTP/1.1\r\n${HEAD}\r\n`;
const LAST = `GET /v1/me HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`;

const patch = (body: string, framing: string) =>
  `PATCH /v1/users/${ada.id} HTTP/1.1\r\n${HEAD}Content-Type: application/merge-patch+json\r\n${framing}\r\n\r\n${body}`;
const JSON_BODY = '{"first_name":\n\n\r\n\r\n"Ada"}';
const PATCH = patch(JSON_BODY, `Content-Length: ${JSON_BODY.length}`);
const PATCH_IN_CHUNKS = patch(
  `5\r\n${JSON_BODY.slice(0, 5)}\r\n${(JSON_BODY.length - 5).toString(16)}\r\n${JSON_BODY.slice(5)}\r\n0\r\n\r\n`,
  'Transfer-Encoding: chunked',
);

/** Use cases that wait until `release`, and count how many run and have run. */
function createGate() {
  const counts = { running: 0, most: 0, started: 0 };
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const wait = async <T>(result: T): Promise<T> => {
    counts.started += 1;
    counts.running += 1;
    counts.most = Math.max(counts.most, counts.running);
    await opened;
    counts.running -= 1;
    return result;
  };
  const users = { get: () => wait(adaText), update: () => wait(ada) };
  return { counts, release: () => open(), useCases: { users } };
}

describe('pipelined requests', () => {
  test.each([
    ['requests without a body', ME],
    ['requests with a length', PATCH],
    ['requests in chunks', PATCH_IN_CHUNKS],
    ['all kinds in turn', ME + PATCH + PATCH_IN_CHUNKS + ME],
  ])('%s run at most 8 at a time, and each gets its answer', async (_name, bytes) => {
    const gate = createGate();
    const { port } = await listen({ useCases: gate.useCases });
    const count = 100 / bytes.split(' HTTP/1.1').slice(1).length;
    const received = talk(port, bytes.repeat(count) + LAST);
    await eventually(() => expect(gate.counts.running).toBe(8));
    gate.release();
    expect(statusesIn(await received)).toEqual(Array(101).fill(200));
    expect(gate.counts).toEqual({ running: 0, most: 8, started: 101 });
  });

  test('start one in a turn of the event loop, so that other connections get their turns in between', async () => {
    let turn = 0;
    let isRunning = true;
    const countTurn = () => {
      turn += 1;
      if (isRunning) setImmediate(countTurn);
    };
    const startedIn: number[] = [];
    const get = async () => {
      startedIn.push(turn);
      return adaText;
    };
    const { port } = await listen({ useCases: { users: { get } } });
    setImmediate(countTurn);
    const statuses = statusesIn(await talk(port, ME.repeat(7) + LAST));
    isRunning = false;
    expect(statuses).toEqual(Array(8).fill(200));
    expect(new Set(startedIn).size).toBe(8);
  });

  test('are counted wherever the bytes are split', async () => {
    const gate = createGate();
    const { port } = await listen({ useCases: gate.useCases });
    const socket = await connectTo(port);
    const bytes = (ME + PATCH + PATCH_IN_CHUNKS).repeat(10) + LAST;
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    for (let at = 0; at < bytes.length; at += 13) {
      await new Promise((resolve) => socket.write(bytes.slice(at, at + 13), resolve));
    }
    await eventually(() => expect(gate.counts.running).toBe(8));
    gate.release();
    await closed;
    expect(statusesIn(received)).toEqual(Array(31).fill(200));
    expect(gate.counts.most).toBe(8);
  });

  test('are answered in their order, whichever is ready first', async () => {
    let calls = 0;
    const releases: (() => void)[] = [];
    const { port } = await listen({
      useCases: {
        users: {
          get: async () => {
            calls += 1;
            const version = calls;
            await new Promise<void>((resolve) => releases.push(resolve));
            return { ...adaText, version };
          },
        },
      },
    });
    const received = talk(port, ME.repeat(7) + LAST);
    await eventually(() => expect(releases).toHaveLength(8));
    for (const release of releases.reverse()) release();
    const versions = [...(await received).matchAll(/etag: "(\d)"/gi)].map(([, version]) => version);
    expect(versions).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
  });

  test('are not started while the client takes no answers', async () => {
    let started = 0;
    const page = { users: Array(200).fill(ada), nextAfterId: null };
    const { port } = await listen({
      useCases: {
        users: {
          list: async () => {
            started += 1;
            return page;
          },
        },
      },
    });
    const silent = await connectTo(port);
    silent.pause();
    const list = `GET /v1/users?limit=200 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer usk_every-scope\r\n\r\n`;
    silent.write(list.repeat(3_000));
    await eventually(() => expect(started).toBeGreaterThan(0));
    const other = talk(port, 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500) + LAST);
    expect(statusesIn(await other)).toHaveLength(501);
    // Some 60 KB each: what fits into the buffers of both kernels, and a few more.
    expect(started).toBeLessThan(300);
    silent.destroy();
  });

  test('leave a turn to other connections', async () => {
    let started = 0;
    const { port } = await listen({
      useCases: {
        users: {
          get: async () => {
            started += 1;
            return adaText;
          },
        },
      },
    });
    const greedy = await Promise.all(Array.from({ length: 5 }, () => connectTo(port)));
    for (const socket of greedy) {
      socket.resume();
      socket.write(ME.repeat(300));
    }
    await eventually(() => expect(started).toBeGreaterThan(0));
    await talk(port, 'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(started).toBeLessThan(1_500);
    await eventually(() => expect(started).toBe(1_500), { timeoutMs: 30_000 });
    for (const socket of greedy) socket.destroy();
  });

  test('are not started after their client is gone', async () => {
    const gate = createGate();
    const { port, server } = await listen({ useCases: gate.useCases });
    const socket = await connectTo(port);
    socket.write(ME.repeat(200));
    await eventually(() => expect(gate.counts.running).toBe(8));
    socket.resetAndDestroy();
    gate.release();
    await new Promise((resolve) => server.server.close(resolve));
    expect(gate.counts.started).toBe(8);
  });

  test('a malformed request is answered after those before it', async () => {
    const gate = createGate();
    const { port } = await listen({ useCases: gate.useCases });
    const received = talk(port, `${ME}${ME}no request\r\n\r\n${ME}`);
    await eventually(() => expect(gate.counts.running).toBe(2));
    gate.release();
    expect(statusesIn(await received)).toEqual([200, 200, 400]);
    expect(gate.counts.started).toBe(2);
  });

  test('an ignored Upgrade does not swallow the next request', async () => {
    const { port } = await listen();
    const upgrade = `GET /v1/me HTTP/1.1\r\n${HEAD}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`;
    expect(statusesIn(await talk(port, upgrade + ME + LAST))).toEqual([200, 200, 200]);
  });
});
