import { beforeAll, describe, expect, test } from 'vitest';
import type { App } from '../../../src/app/app.ts';
import { type Api, createApi, patientHashing } from '../../support/api.ts';
import { APP_DATABASES, createMasterKey, createTestApp, useTestApp } from '../../support/app.ts';
import { createTestDatabase } from '../../support/test-database.ts';

interface Instance {
  readonly app: App;
  readonly url: string;
  readonly api: Api;
}

interface Read {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly entries: readonly Readonly<Record<string, unknown>>[];
  /** The query of the next page. */
  readonly next: string;
}

async function listen(app: App): Promise<Instance> {
  const { url } = await app.listen();
  return { app, url, api: createApi(app) };
}

const start = async (options: Parameters<typeof useTestApp>[0]): Promise<Instance> =>
  listen(await useTestApp({ ...options, env: { ...patientHashing, ...options.env } }));

async function createReader({ url, api }: Instance) {
  const { id, key } = await api.createService('tokens:introspect');
  return {
    revoke: async () =>
      (await api.app.operator()).inject({ method: 'DELETE', url: `/v1/service-accounts/${id}` }),
    async read(query = '', headers: Record<string, string> = {}): Promise<Read> {
      const answer = await fetch(`${url}/v1/revocations${query}`, {
        headers: { authorization: `Bearer ${key}`, ...headers },
      });
      const text = await answer.text();
      const lines = text.split('\n').filter((line) => line !== '');
      return {
        ...{ status: answer.status, headers: answer.headers, text },
        entries: lines.map((line) => JSON.parse(line)),
        next: /(\?[^>]*)>/.exec(answer.headers.get('link') ?? '')?.[1] ?? '',
      };
    },
  };
}

/** Revocations of so many sessions, as their end leaves them. */
async function addRevocations({ api }: Instance, count: number): Promise<void> {
  await api.sql(
    `insert into session_revocations (session_id, user_id)
     select gen_random_uuid(), gen_random_uuid() from generate_series(1, $1::integer)`,
    [count],
  );
}

async function endSession({ api }: Instance): Promise<string> {
  const grant = await api.signIn(await api.register());
  await api.send('DELETE', '/v1/sessions/current', { token: grant.access_token });
  return grant.session_id;
}

describe.each(APP_DATABASES)('the feed of revocations on %s', (database) => {
  test('the whole set comes at once, however many pages it takes, and ends with its position', async () => {
    const one = await start({ database });
    const { read } = await createReader(one);
    const empty = await read();
    expect(empty.text).toBe('{"position":"0"}\n');
    await addRevocations(one, 4_500);
    const all = await read();
    const position = all.entries.at(-1)?.position;
    expect(position).toMatch(/^4500-[0-9a-f]{8}$/);
    expect(new Set(all.entries.map(({ id }) => id)).size).toBe(4_501);
    expect(all.next).toBe(`?after=${position}`);
    // The same in pages, behind the position of the empty set.
    const paged: unknown[] = [];
    let page = await read(empty.next);
    for (; page.entries.length > 0; page = await read(page.next)) {
      expect(page.entries.length).toBeLessThanOrEqual(1_000);
      paged.push(...page.entries.map(({ id }) => id));
    }
    expect(paged).toEqual(all.entries.slice(0, -1).map(({ id }) => id));
    expect(page.next).toBe(all.next);
  });

  test('the set has a tag that changes with each revocation', async () => {
    const one = await start({ database });
    const { read } = await createReader(one);
    await addRevocations(one, 1);
    const tag = (await read()).headers.get('etag') ?? '';
    const same = await read('', { 'if-none-match': tag });
    expect([same.status, same.text]).toEqual([304, '']);
    const marked = await read('', { 'if-none-match': tag.replace(/"$/, '-gzip"') });
    expect(marked.status).toBe(304);
    await addRevocations(one, 1);
    expect((await read('', { 'if-none-match': tag })).status).toBe(200);
  });

  test('a page waits for its first revocation, and for no longer than asked', async () => {
    const one = await start({ database });
    const { read } = await createReader(one);
    const { next } = await read();
    const waiting = read(`${next}&wait=20s`);
    const id = await endSession(one);
    const page = await waiting;
    expect(page.entries).toMatchObject([{ kind: 'session', id }]);
    expect((await read(`${page.next.replace(/wait=[^&]*/, 'wait=10ms')}`)).text).toBe('');
  });

  test('what can concern no valid token is left out', async () => {
    const one = await start({ database });
    const { read } = await createReader(one);
    await addRevocations(one, 3);
    await one.api.sql(
      `update session_revocations set revoked_at = now() - interval '13 minutes'
       where session_id = (select session_id from session_revocations limit 1)`,
    );
    const { entries } = await read();
    expect(entries).toHaveLength(3);
    expect(entries.at(-1)).toMatchObject({ position: expect.stringMatching(/^3-/) });
  });

  test('a position of another database, one that was never reached, and one that is not kept are gone', async () => {
    const one = await start({ database });
    const { read } = await createReader(one);
    await addRevocations(one, 2);
    const { next } = await read();
    await addRevocations(one, 2);
    await read();
    for (const query of ['?after=999', '?after=2-00000000', '?after=4-00000000']) {
      const gone = await read(query);
      expect([gone.status, gone.entries]).toMatchObject([410, [{ code: 'position_gone' }]]);
    }
    expect((await read(next)).entries).toHaveLength(2);
    await one.api.sql('delete from session_revocations where sequence = 2');
    expect((await read(next)).status).toBe(410);
    // A bare number has no check, and what is deleted concerns no valid token.
    expect((await read('?after=2')).entries).toHaveLength(2);
  });

  test('a stream has the set, says that it is complete, and goes on after the last id', async () => {
    const one = await start({ database });
    const { key } = await one.api.createService('tokens:introspect');
    const open = async (lastEventId?: string) => {
      const answer = await fetch(`${one.url}/v1/revocations`, {
        headers: {
          ...{ authorization: `Bearer ${key}`, accept: 'text/event-stream' },
          ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
        },
      });
      expect(answer.headers.get('content-type')).toBe('text/event-stream');
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      return {
        /** Reads until the text so far matches. */
        async until(pattern: RegExp): Promise<string> {
          while (!pattern.test(text)) {
            const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
            if (done) throw new Error(`the stream ended: ${text}`);
            text += value;
          }
          return text;
        },
        hangUp: () => reader?.cancel(),
      };
    };
    await addRevocations(one, 1_500);
    const stream = await open();
    const set = await stream.until(/event: position\nid: 1500-[0-9a-f]{8}\n/);
    expect(set.match(/"kind":"session"/g)).toHaveLength(1_500);
    const position = /event: position\nid: (\S+)/.exec(set)?.[1];
    const id = await endSession(one);
    await stream.until(new RegExp(id));
    await stream.hangUp();
    const again = await open(position);
    expect((await again.until(/event: position/)).match(/"kind":/g)).toHaveLength(1);
    await again.hangUp();
  });

  test('a stop of the service ends waits at once', async () => {
    const one = await start({ database });
    const { read } = await createReader(one);
    const { next } = await read();
    const waiting = read(`${next}&wait=300s`);
    // The connection is there once a second caller gets an answer that it asked for later.
    await read(`${next}&wait=100ms`);
    expect(await one.app.stop()).toBe(true);
    expect((await waiting).text).toBe('');
  });
});

describe('the bounds of the feed of revocations', () => {
  test('a further caller that waits is refused, and reads of what is there are not', async () => {
    const one = await start({ database: 'embedded', env: { EVENTS_HTTP_MAX_CONNECTIONS: '1' } });
    const { read } = await createReader(one);
    const { next } = await read();
    const waits = [read(`${next}&wait=2s`), read(`${next}&wait=2s`)];
    const answers = await Promise.all(waits);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 503]);
    const refused = answers.find(({ status }) => status === 503);
    expect(refused?.headers.get('retry-after')).toBe('5');
    expect((await read(next)).status).toBe(200);
  });

  test('a wait is cut to `revocations.wait`, and a revoked key ends it', async () => {
    const one = await start({ database: 'embedded', env: { REVOCATIONS_WAIT: '1s' } });
    const { read, revoke } = await createReader(one);
    const { next } = await read();
    expect((await read(`${next}&wait=300s`)).text).toBe('');
    const waiting = read(`${next}&wait=300s`);
    await revoke();
    expect((await waiting).status).toBe(401);
  });
});

describe('two instances on one database', () => {
  let first: Instance;
  let second: Instance;
  beforeAll(async () => {
    const { connectionOptions: connection } = await createTestDatabase();
    const env = { SECURITY_MASTER_KEY: createMasterKey(), ...patientHashing };
    const open = async () => listen(await createTestApp({ database: 'postgres', connection, env }));
    first = await open();
    second = await open();
    return async () => {
      await first.app.stop();
      await second.app.stop();
    };
  });

  test('a revocation reaches callers that wait at either of them', async () => {
    const readers = [await createReader(first), await createReader(second)];
    for (const at of [first, second]) {
      const [here, there] = await Promise.all(readers.map(({ read }) => read()));
      const waiting = readers.map(({ read }, index) =>
        read(`${(index === 0 ? here : there)?.next}&wait=20s`),
      );
      const id = await endSession(at);
      for (const page of await Promise.all(waiting)) {
        expect(page.entries).toMatchObject([{ kind: 'session', id }]);
      }
    }
  });

  test('the end of all sessions is in force on the other one within a second', async () => {
    const account = await first.api.register();
    const grant = await first.api.signIn(account);
    for (const { api } of [first, second]) expect(await api.statusOf(grant.access_token)).toBe(200);
    const { key } = await first.api.createService('users:admin');
    const body = { reason: 'Ticket 4711' };
    await first.api.send('POST', '/v1/sessions/revoke-all', { token: key, body });
    expect(await first.api.statusOf(grant.access_token)).toBe(401);
    expect((await second.api.tryRefresh(grant.refresh_token)).statusCode).toBe(401);
    const { eventually } = await import('../../support/eventually.ts');
    await eventually(async () => expect(await second.api.statusOf(grant.access_token)).toBe(401), {
      timeoutMs: 2_000,
      what: 'the refusal by the other instance',
    });
    // The sessions are deleted in the background.
    await eventually(async () =>
      expect(await first.api.sql('select from sessions where id = $1', [grant.session_id])).toEqual(
        [],
      ),
    );
    const again = await first.api.signIn(account);
    expect(await second.api.statusOf(again.access_token)).toBe(200);
  });
});
