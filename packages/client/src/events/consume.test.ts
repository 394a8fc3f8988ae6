import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { type ConsumeOptions, consume } from './consume.ts';
import type { UserEvent } from './event.ts';
import { onlyNewer } from './only-newer.ts';
import { PositionGone } from './service.ts';
import type { EventBatch, EventSource, OpenedSource } from './source.ts';

const FAST = { firstMs: 1, maxMs: 2 };
const ADA = '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e5f';
const BEN = '0198c0de-4b6c-7d8e-9fa0-1b2c3d4e5f60';

function eventOf(userId: string, userVersion: number, sequence = userVersion) {
  const id = `0198c0de-2a3b-7c4d-8e5f-${String(sequence).padStart(12, '0')}`;
  const time = '2026-11-05T09:30:00.000Z';
  return { id, type: 'user.enabled', time, sequence, userId, userVersion, data: {} } as const;
}

/** Gives its events in one batch, then nothing until the stop. */
function fakeSource(
  events: readonly UserEvent[],
  { state = 'continued', gone }: { state?: OpenedSource['state']; gone?: PositionGone } = {},
) {
  const log = { acked: [] as number[], released: [] as number[], opened: 0, closed: 0 };
  const begun: (string | undefined)[] = [];
  const source: EventSource = {
    async open({ signal }) {
      log.opened += 1;
      const isFirst = log.opened === 1;
      return {
        state: isFirst ? state : 'continued',
        prepare: async () => {},
        async close() {
          log.closed += 1;
        },
        async *batches(after): AsyncGenerator<EventBatch> {
          begun.push(after);
          if (isFirst && gone !== undefined) throw gone;
          const deliveries = events.map((event) => ({
            event,
            ack: () => void log.acked.push(event.sequence ?? 0),
            release: () => void log.released.push(event.sequence ?? 0),
          }));
          yield { deliveries, position: null };
          await new Promise<void>((resolve) => {
            if (signal.aborted) resolve();
            signal.addEventListener('abort', () => resolve());
          });
        },
      };
    },
  };
  return { source, log, begun };
}

function start(
  events: readonly UserEvent[],
  options: Partial<ConsumeOptions> & Pick<ConsumeOptions, 'handle'>,
) {
  const fake = fakeSource(events);
  return { ...fake, running: consume({ source: fake.source, retry: FAST, ...options }) };
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 2 });

describe('events', () => {
  test('of a user are handled in order and one at a time, those of others at the same time', async () => {
    const events = [eventOf(ADA, 1, 1), eventOf(ADA, 2, 2), eventOf(BEN, 1, 3), eventOf(ADA, 3, 4)];
    const begun: number[] = [];
    const inHand = new Set<string | null>();
    const { running, log } = start(events, {
      async handle({ sequence, userId }) {
        expect(inHand.has(userId)).toBe(false);
        inHand.add(userId);
        begun.push(sequence ?? 0);
        await sleep(5);
        inHand.delete(userId);
      },
    });
    await until(() => expect(log.acked).toHaveLength(4));
    expect(begun.filter((one) => one !== 3)).toEqual([1, 2, 4]);
    expect(begun.indexOf(3)).toBeLessThan(begun.indexOf(2));
    await running.stop();
    expect(log).toMatchObject({ released: [], opened: 1, closed: 1 });
  });

  test('are in hand up to the bound', async () => {
    const events = Array.from({ length: 20 }, (_, index) =>
      eventOf(`${BEN.slice(0, -2)}${10 + index}`, 1, index + 1),
    );
    let inHand = 0;
    let most = 0;
    const { running, log } = start(events, {
      maxInFlight: 3,
      async handle() {
        inHand += 1;
        most = Math.max(most, inHand);
        await sleep(1);
        inHand -= 1;
      },
    });
    await until(() => expect(log.acked).toHaveLength(20));
    expect(most).toBe(3);
    await running.stop();
  });
});

describe('a failing handler', () => {
  test('is called again, and later events of the user wait for it', async () => {
    const attempts: string[] = [];
    const notices: number[] = [];
    const { running, log } = start([eventOf(ADA, 1), eventOf(ADA, 2)], {
      onRetry: ({ attempt }) => notices.push(attempt),
      handle({ userVersion }, { attempt }) {
        attempts.push(`${userVersion}.${attempt}`);
        if (userVersion === 1 && attempt < 3) throw new Error('not yet');
      },
    });
    await until(() => expect(log.acked).toEqual([1, 2]));
    expect(attempts).toEqual(['1.1', '1.2', '1.3', '2.1']);
    expect(notices).toEqual([1, 2]);
    await running.stop();
  });

  test('makes a dead letter after its attempts; the user and the others go on', async () => {
    const dead: unknown[] = [];
    const poison = new Error('never');
    const { running, log } = start([eventOf(ADA, 1, 1), eventOf(ADA, 2, 2), eventOf(BEN, 1, 3)], {
      maxAttempts: 2,
      onDeadLetter: ({ userVersion }, error) => dead.push([userVersion, error]),
      handle({ userVersion, userId }) {
        if (userId === ADA && userVersion === 1) throw poison;
      },
    });
    await until(() => expect([...log.acked].sort()).toEqual([1, 2, 3]));
    expect(dead).toEqual([[1, poison]]);
    await running.stop();
  });

  test.each([
    ['nothing takes dead letters', undefined],
    ['the dead letter cannot be stored', () => Promise.reject(new Error('disk full'))],
  ])('ends the consumer when %s: the event comes again', async (_name, onDeadLetter) => {
    const { running, log } = start([eventOf(ADA, 1), eventOf(ADA, 2)], {
      maxAttempts: 2,
      handle: () => Promise.reject(new Error('never')),
      ...(onDeadLetter === undefined ? {} : { onDeadLetter }),
    });
    await expect(running.done).rejects.toThrow(onDeadLetter === undefined ? 'never' : 'disk full');
    expect(log).toMatchObject({ acked: [], released: [1, 2], closed: 1 });
  });
});

describe('a stop', () => {
  test('finishes what is in hand, begins nothing more, and resolves', async () => {
    let finish = (): void => {};
    const handled: number[] = [];
    const { running, log } = start([eventOf(ADA, 1), eventOf(ADA, 2)], {
      async handle({ userVersion }) {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        handled.push(userVersion ?? 0);
      },
    });
    await sleep(5);
    const stopped = running.stop();
    finish();
    await stopped;
    expect(handled).toEqual([1]);
    expect(log).toMatchObject({ acked: [1], released: [2], closed: 1 });
  });

  test('does not wait for the next attempt of a failing event', async () => {
    const controller = new AbortController();
    const { running, log } = start([eventOf(ADA, 1)], {
      signal: controller.signal,
      retry: { firstMs: 60_000, maxMs: 60_000 },
      onRetry: () => controller.abort(),
      handle: () => Promise.reject(new Error('not yet')),
    });
    await running.done;
    expect(log).toMatchObject({ acked: [], released: [1] });
  });

  test('waits for a handler that hangs up to its bound', async () => {
    const { running, log } = start([eventOf(ADA, 1)], {
      stopTimeoutMs: 10,
      handle: () => new Promise(() => {}),
    });
    await sleep(5);
    await running.stop();
    expect(log).toMatchObject({ acked: [], closed: 1 });
  });

  test('before the start reads nothing', async () => {
    const { running, log } = start([eventOf(ADA, 1)], {
      signal: AbortSignal.abort(),
      handle: () => expect.unreachable(),
    });
    await running.done;
    expect(log.opened).toBe(0);
  });
});

describe('lost events', () => {
  const gone = new PositionGone('gone', '7');

  test('end the consumer without a callback', async () => {
    const { source } = fakeSource([], { gone });
    await expect(consume({ source, handle: () => {} }).done).rejects.toBe(gone);
  });

  test.each([
    [undefined, 'oldest'],
    ['42-00000001', '42-00000001'],
  ])('begin again where the callback says: %s', async (answer, begins) => {
    const { source, begun, log } = fakeSource([eventOf(ADA, 1)], { gone });
    const told: unknown[] = [];
    const running = consume({
      source,
      handle: () => {},
      onPositionGone(reason) {
        told.push(reason);
        return answer;
      },
    });
    await until(() => expect(log.acked).toEqual([1]));
    await running.stop();
    expect([told, begun]).toEqual([[gone], [undefined, begins]]);
  });

  test('are told by a source that is behind', async () => {
    const { source, log } = fakeSource([eventOf(ADA, 1)], { state: 'behind' });
    const told: PositionGone[] = [];
    const running = consume({
      source,
      handle: () => {},
      onPositionGone: (reason) => void told.push(reason),
    });
    await until(() => expect(log.acked).toEqual([1]));
    await running.stop();
    expect(told).toHaveLength(1);
  });
});

test('onlyNewer handles each version of a user once, and other events always', async () => {
  const handled: unknown[] = [];
  const guarded = onlyNewer(new Map(), ({ type, userVersion }) =>
    handled.push([type, userVersion]),
  );
  const session: UserEvent = {
    ...{ ...eventOf(ADA, 2), type: 'session.started', data: { session_id: ADA } },
  };
  const { type: _type, ...rest } = eventOf(ADA, 5);
  const unknown: UserEvent = {
    ...{ ...rest, type: 'unknown', cloudEventType: 'user-service.user.erased.v1' },
  };
  for (const event of [eventOf(ADA, 3), eventOf(ADA, 1), eventOf(ADA, 3), session, session]) {
    await guarded(event, undefined);
  }
  for (const event of [unknown, unknown, eventOf(ADA, 4)]) await guarded(event, undefined);
  expect(handled).toEqual([
    ['user.enabled', 3],
    ['session.started', 2],
    ['session.started', 2],
    ['unknown', 5],
  ]);
});

test.each([[{ maxInFlight: 0 }], [{ maxAttempts: Number.NaN }]])('refuses %o', (wrong) => {
  const { source } = fakeSource([]);
  expect(() => consume({ source, handle: () => {}, ...wrong })).toThrow(TypeError);
});
