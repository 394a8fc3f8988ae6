import { beforeAll, describe, expect, test } from 'vitest';
import type { App } from '../../../src/app/app.ts';
import { createApi, patientHashing } from '../../support/api.ts';
import { APP_DATABASES, createMasterKey, useTestApp } from '../../support/app.ts';
import { createTestDatabase } from '../../support/test-database.ts';

interface Instance {
  readonly app: App;
  readonly url: string;
  readonly api: ReturnType<typeof createApi>;
}

async function start(options: Parameters<typeof useTestApp>[0]): Promise<Instance> {
  const app = await useTestApp({ ...options, env: { ...patientHashing, ...options.env } });
  const { url } = await app.listen();
  return { app, url, api: createApi(app) };
}

async function serviceKey({ app }: Instance, ...scopes: string[]) {
  const operator = await app.operator();
  const answer = await operator.inject({
    method: 'POST',
    url: '/v1/service-accounts',
    payload: { name: `follower-${Math.random()}`, scopes },
  });
  const { id, key } = answer.json();
  return {
    key: String(key),
    revoke: () => operator.inject({ method: 'DELETE', url: `/v1/service-accounts/${id}` }),
  };
}

interface Message {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
}

/** Follows the feed as `EventSource` does. `next` resolves with null at the end of the stream. */
async function follow({ url }: Instance, key: string, query = '', lastEventId?: string) {
  const hangUp = new AbortController();
  const answer = await fetch(`${url}/v1/events${query}`, {
    headers: {
      authorization: `Bearer ${key}`,
      accept: 'text/event-stream',
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: hangUp.signal,
  });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  async function next(): Promise<Message | null> {
    for (;;) {
      const end = buffer.indexOf('\n\n');
      if (end >= 0) {
        const lines = buffer.slice(0, end).split('\n');
        buffer = buffer.slice(end + 2);
        const fields = lines.map((line) => [line.split(': ', 1)[0], line.replace(/^[^:]*: /, '')]);
        const message = Object.fromEntries(fields) as Message;
        if (message.id !== undefined) return message;
        continue;
      }
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) return null;
      buffer += chunk.value;
    }
  }
  return { answer, next, hangUp: () => hangUp.abort() };
}

const sequenceOf = (message: Message | null) =>
  message?.data === undefined ? null : Number(JSON.parse(message.data).sequence);

describe.each(APP_DATABASES)('the feed on %s', (database) => {
  test('a stream has what was committed and what comes, and goes on after the last id', async () => {
    const one = await start({ database });
    const { key } = await serviceKey(one, 'events:read');
    await one.api.register();
    const stream = await follow(one, key);
    expect(stream.answer.headers.get('content-type')).toBe('text/event-stream');
    expect(stream.answer.headers.get('x-request-id')).not.toBeNull();
    const first = await stream.next();
    expect(sequenceOf(first)).toBe(1);
    await one.api.register();
    expect(sequenceOf(await stream.next())).toBe(2);
    stream.hangUp();
    const again = await follow(one, key, '?after=latest', first?.id);
    expect(sequenceOf(await again.next())).toBe(2);
    again.hangUp();
  });

  test('a page waits for its first event, and for no longer than asked', async () => {
    const one = await start({ database });
    const { key } = await serviceKey(one, 'events:read');
    const get = (query: string) =>
      fetch(`${one.url}/v1/events${query}`, { headers: { authorization: `Bearer ${key}` } });
    const waiting = get('?after=0&wait=20s');
    await one.api.register();
    expect(JSON.parse(await (await waiting).text())).toMatchObject({ sequence: '1' });
    expect(await (await get('?after=1&wait=10ms')).text()).toBe('');
  });

  test('a filter skips events of others, and its position advances', async () => {
    const one = await start({ database });
    const { key } = await serviceKey(one, 'events:read');
    const [ada] = [await one.api.register(), await one.api.register()];
    const answer = await fetch(`${one.url}/v1/events?user=${ada.id}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const [event, record] = (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(event.subject).toBe(ada.id);
    expect(record.position).toMatch(/^2-[0-9a-f]{8}$/);
    const stream = await follow(one, key, `?user=${ada.id}&after=1`);
    expect(await stream.next()).toMatchObject({ event: 'position', id: record.position });
    stream.hangUp();
  });

  test('a stop of the service ends streams and waits at once', async () => {
    const one = await start({ database });
    const { key } = await serviceKey(one, 'events:read');
    const stream = await follow(one, key);
    const waiting = fetch(`${one.url}/v1/events?wait=20s`, {
      headers: { authorization: `Bearer ${key}` },
    });
    await one.api.register();
    expect(sequenceOf(await stream.next())).toBe(1);
    await (await waiting).text();
    expect(await one.app.stop()).toBe(true);
    expect(await stream.next()).toBeNull();
  });
});

describe('the bounds of the feed', () => {
  test('a further stream than configured is refused, and a closed one makes room', async () => {
    const one = await start({
      database: 'embedded',
      env: { EVENTS_HTTP_MAX_CONNECTIONS: '1', EVENTS_HTTP_MAX_DURATION: '1s' },
    });
    const { key } = await serviceKey(one, 'events:read');
    const stream = await follow(one, key);
    const refused = await follow(one, key);
    expect(refused.answer.status).toBe(503);
    expect(refused.answer.headers.get('retry-after')).toBe('5');
    expect(await stream.next()).toBeNull();
    const next = await follow(one, key);
    expect(next.answer.status).toBe(200);
    next.hangUp();
  });

  test('a revoked key ends its stream', async () => {
    const one = await start({ database: 'embedded' });
    const { key, revoke } = await serviceKey(one, 'events:read');
    const stream = await follow(one, key);
    await revoke();
    expect(await stream.next()).toBeNull();
  });

  test('deleted events make older positions gone, with the oldest that is left', async () => {
    const one = await start({ database: 'embedded' });
    const { key } = await serviceKey(one, 'events:read');
    const headers = { authorization: `Bearer ${key}` };
    for (let count = 0; count < 3; count += 1) await one.api.register();
    await (await fetch(`${one.url}/v1/events`, { headers })).text();
    await one.app.database.query('delete from outbox where sequence <= 2');
    const gone = await fetch(`${one.url}/v1/events?after=1`, { headers });
    expect([gone.status, await gone.json()]).toMatchObject([410, { oldest: '2' }]);
    const left = await fetch(`${one.url}/v1/events?after=2`, { headers });
    expect(JSON.parse(await left.text())).toMatchObject({ sequence: '3' });
  });
});

describe('two instances on one database', () => {
  let first: Instance;
  let second: Instance;
  beforeAll(async () => {
    const { connectionOptions: connection } = await createTestDatabase();
    const env = { SECURITY_MASTER_KEY: createMasterKey(), ...patientHashing };
    const open = async (): Promise<Instance> => {
      const { createTestApp } = await import('../../support/app.ts');
      const app = await createTestApp({ database: 'postgres', connection, env });
      const { url } = await app.listen();
      return { app, url, api: createApi(app) };
    };
    first = await open();
    second = await open();
    return async () => {
      await first.app.stop();
      await second.app.stop();
    };
  });

  test('each event reaches followers of both, once and in the same order', async () => {
    const { key } = await serviceKey(first, 'events:read');
    const streams = await Promise.all([follow(first, key), follow(second, key)]);
    await Promise.all([first, second, first, second].map(({ api }) => api.register()));
    const seen = await Promise.all(
      streams.map(async ({ next }) => {
        const messages: (Message | null)[] = [];
        for (let count = 0; count < 4; count += 1) messages.push(await next());
        return messages.map((message) => [sequenceOf(message), message?.id]);
      }),
    );
    expect(seen[0]?.map(([sequence]) => sequence)).toEqual([1, 2, 3, 4]);
    expect(seen[1]).toEqual(seen[0]);
    for (const { hangUp } of streams) hangUp();
  });
});
