import {
  consume,
  type MirrorStore,
  mapStore,
  mirror,
  toRow,
  type UserRow,
} from '@user-service/client/events';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  BREAKS,
  BREAKS_OF_PATH,
  type Break,
  type Broken,
  changes,
  leadsToItself,
  startBroken,
} from './broken-service.ts';

const FIELDS = ['email', 'first_name', 'last_name', 'status'];
const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 10 });

/** A mirror whose store fails the test when it loses a user whom the service has. */
function startMirror({ source, people }: Broken) {
  const users = new Map<string, UserRow>();
  const store = mapStore(users, { fields: FIELDS });
  const lost: string[] = [];
  const watched: MirrorStore = {
    ...store,
    async open(signal) {
      const session = await store.open(signal);
      const watch = async (step: Promise<void>) => {
        const before = [...users.keys()];
        await step;
        lost.push(...before.filter((id) => people.has(id) && !users.has(id)));
      };
      return {
        ...session,
        apply: (change) => watch(session.apply(change)),
        replaceAll: (pages, position) => watch(session.replaceAll(pages, position)),
      };
    },
  };
  const running = mirror({ source: source(), store: watched });
  onTestFinished(() => running.stop().catch(() => {}));
  const byId = (one: UserRow, other: UserRow) => (one.id < other.id ? -1 : 1);
  const expectSame = () => {
    const expected = [...people.values()].map((user) => toRow({ ...user }, FIELDS));
    expect([...users.values()].sort(byId)).toEqual(expected.sort(byId));
    expect(lost).toEqual([]);
  };
  return { running, expectSame };
}

const everywhere = ['export', 'batch', 'events'].flatMap((path) =>
  Object.entries(BREAKS).map(([name, brk]) => [path, name, brk] as const),
);

describe('a mirror has the users of the service after a response to', () => {
  test.each([...everywhere, ...BREAKS_OF_PATH])('%s that %s', async (path, _name, brk) => {
    const broken = await startBroken();
    const { breaks, add, update } = broken;
    const [one] = [add(), add(), add()];
    if (path === 'export') breaks.set(path, brk);
    const { running, expectSame } = startMirror(broken);
    await running.ready;
    if (path !== 'export') breaks.set(path, brk);
    update(one.id, { last_name: 'Byron' });
    await until(expectSame);
    expect([...breaks]).toEqual([]);
    // The broken one was not believed.
    const asked = broken.requests.filter((request) => request === path);
    expect(asked.length).toBeGreaterThan(1);
    update(one.id, { last_name: 'Lovelace' });
    await until(expectSame);
  });
});

test.each<[string, (event: Record<string, unknown>) => object]>([
  ['of a newer schema', (event) => ({ ...event, type: 'user-service.user.updated.v2', data: {} })],
  ['of a new type', (event) => ({ ...event, type: 'user-service.user.merged.v1', data: { a: 1 } })],
  ['with new members', (event) => ({ ...event, traceparent: '00', data: withNames({ more: [] }) })],
  ['whose list of changes is a text', (event) => ({ ...event, data: { changed_fields: 'all' } })],
  ['without its list of changes', (event) => ({ ...event, data: {} })],
  ['whose values are a list', (event) => ({ ...event, data: withNames({ values: ['Byron'] }) })],
  ['whose values are null', (event) => ({ ...event, data: withNames({ values: null }) })],
  [
    'whose value is a number',
    (event) => ({ ...event, data: withNames({ values: { last_name: 7 } }) }),
  ],
  [
    'of a restored user without a status',
    (event) => ({
      ...event,
      type: 'user-service.user.restored.v1',
      data: { values: { first_name: 'Test', last_name: 'Byron', email: 'user-1@example.com' } },
    }),
  ],
])('a mirror has the user after an event %s', async (_name, change) => {
  const broken = await startBroken();
  const user = broken.add();
  const { running, expectSame } = startMirror(broken);
  await running.ready;
  const isEvent = (line: Record<string, unknown>) => 'subject' in line;
  broken.breaks.set(
    'events',
    changes((line) => (isEvent(line) ? change(line) : line)),
  );
  broken.update(user.id, { last_name: 'Byron' });
  await until(expectSame);
  expect([...broken.breaks]).toEqual([]);
});

function withNames(more: object): object {
  return { changed_fields: ['last_name'], ...more };
}

/** Breaks every response with events, and pages without one. */
function breakAlways({ breaks, add }: Broken, brk: Break): void {
  const again: Break = (response, reply) => {
    for (const name of ['events', 'idle']) breaks.set(name, again);
    brk(response, reply);
  };
  for (const name of ['events', 'idle']) breaks.set(name, again);
  add();
}

test('a page that leads to itself again and again ends a consumer, which handles none of it', async () => {
  const broken = await startBroken();
  breakAlways(broken, leadsToItself);
  const handled: unknown[] = [];
  const running = consume({
    source: broken.source({ positions: { load: async () => '0', save: async () => {} } }),
    maxOutageMs: 1_000,
    handle: (event) => handled.push(event),
  });
  await expect(running.done).rejects.toThrow('A page leads to itself.');
  expect(handled).toEqual([]);
});

describe('a service whose events are gone at every position', () => {
  const gone: Break = (response) => {
    response.writeHead(410, { 'content-type': 'application/problem+json' });
    response.end('{"code":"position_gone","detail":"gone","oldest":"7"}');
  };

  test('is exported a few times, and ends the mirror', async () => {
    const broken = await startBroken();
    breakAlways(broken, gone);
    const store = mapStore(new Map());
    const running = mirror({ source: broken.source(), store, maxOutageMs: 1_000 });
    await expect(running.done).rejects.toMatchObject({ name: 'PositionGone', oldest: '7' });
    expect(broken.requests.filter((path) => path === 'export').length).toBeLessThan(10);
  });

  test('is read a few times, and ends the consumer', async () => {
    const broken = await startBroken();
    breakAlways(broken, gone);
    let told = 0;
    const running = consume({
      source: broken.source(),
      handle: () => {},
      onPositionGone() {
        told += 1;
        return undefined;
      },
      maxOutageMs: 1_000,
    });
    await expect(running.done).rejects.toMatchObject({ name: 'PositionGone' });
    expect(told).toBeLessThan(10);
  });
});

test('a consumer handles each event, in order, whatever happens to the first page', async () => {
  const broken = await startBroken();
  const user = broken.add();
  for (const name of ['Byron', 'King', 'Lovelace']) broken.update(user.id, { last_name: name });
  const versions: unknown[] = [];
  for (const brk of Object.values(BREAKS)) {
    broken.breaks.set('events', brk);
    const handled: unknown[] = [];
    const running = consume({
      ...{ source: broken.source(), types: ['user.*'] },
      handle: ({ userVersion }) => handled.push(userVersion),
    });
    await until(() => expect(handled).toHaveLength(4));
    await running.stop();
    versions.push(handled);
  }
  expect(versions).toEqual(Object.keys(BREAKS).map(() => [1, 2, 3, 4]));
});
