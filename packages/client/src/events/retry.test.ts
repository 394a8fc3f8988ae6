import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { mapStore } from './map-store.ts';
import { mirror } from './mirror.ts';
import { type MirrorStore, StoreUnavailable } from './mirror-store.ts';
import { type RetryNotice, Transient, untilItWorks } from './retry.ts';
import type { EventBatch, EventSource } from './source.ts';

const HOUR_MS = 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => void vi.useRealTimers());

/** Repeats work that fails as the list says and then succeeds; each attempt takes a time. */
function attempt(failures: readonly Error[], { tookMs = 0, maxOutageMs = 1_000 } = {}) {
  const left = [...failures];
  const notices: RetryNotice[] = [];
  const result = untilItWorks(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, tookMs));
      const failure = left.shift();
      if (failure !== undefined) throw failure;
      return 'done';
    },
    {
      ...{ signal: new AbortController().signal, maxOutageMs },
      onRetry: (notice) => void notices.push(notice),
    },
  );
  result.catch(() => {});
  return { result, notices };
}

test('an outage begins with the first failure, not with the work', async () => {
  const { result } = attempt([new Transient('cut off')], { tookMs: HOUR_MS });
  await vi.advanceTimersByTimeAsync(3 * HOUR_MS);
  expect(await result).toBe('done');
});

test('a long Retry-After does not make an outage longer than it may be', async () => {
  const busy = () => new Transient('busy', { retryAfterMs: HOUR_MS });
  const { result, notices } = attempt([busy(), busy(), busy()]);
  await vi.advanceTimersByTimeAsync(2_000);
  await expect(result).rejects.toThrow('busy');
  expect(notices.map(({ delayMs }) => delayMs)).toEqual([1_000]);
});

test('other errors are thrown at once', async () => {
  const { result, notices } = attempt([new TypeError('wrong')]);
  await vi.advanceTimersByTimeAsync(0);
  await expect(result).rejects.toThrow('wrong');
  expect(notices).toEqual([]);
});

/** Says nothing until it is told to, as JetStream without events. */
function quietSource() {
  let wake = (): void => {};
  const source: EventSource = {
    open: async ({ signal }) => ({
      state: 'continued',
      prepare: async () => {},
      close: async () => {},
      async *batches(): AsyncGenerator<EventBatch> {
        while (!signal.aborted) {
          await new Promise<void>((resolve) => {
            wake = resolve;
            signal.addEventListener('abort', () => resolve());
          });
          if (!signal.aborted) yield { deliveries: [], position: '2-0' };
        }
      },
    }),
  };
  return { source, wake: () => wake() };
}

/** A store in memory that is away for some attempts, from the moment on that is chosen. */
function failingStore() {
  const store = mapStore(new Map());
  const state = { failures: 0 };
  const failing: MirrorStore = {
    ...store,
    async open(signal) {
      const session = await store.open(signal);
      return {
        ...session,
        async apply(change) {
          state.failures -= 1;
          if (state.failures >= 0) throw new StoreUnavailable('away');
          await session.apply(change);
        },
      };
    },
  };
  return { store: failing, state };
}

test('a mirror without events for hours does not end when its store fails', async () => {
  const { source, wake } = quietSource();
  const { store, state } = failingStore();
  const notices: RetryNotice[] = [];
  const running = mirror({
    ...{ source, store, onRetry: (notice) => void notices.push(notice) },
    service: {
      ...{ url: 'https://users.example.com', key: 'usk_key' },
      fetch: async () => new Response('{"position":"1-0"}\n'),
    },
  });
  await running.ready;
  await vi.advanceTimersByTimeAsync(5 * HOUR_MS);
  state.failures = 2;
  for (let count = 0; count < 3; count += 1) {
    wake();
    await vi.advanceTimersByTimeAsync(60_000);
  }
  expect(notices.map(({ attempt: number }) => number)).toEqual([1, 2]);
  expect(state.failures).toBe(-1);
  await running.stop();
});
