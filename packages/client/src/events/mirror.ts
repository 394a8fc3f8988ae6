import { backoffMs, pause } from '../lib/backoff.ts';
import type { Running } from './consume.ts';
import { applyEvents } from './mirror-batch.ts';
import { type MirrorSession, type MirrorStore, StoreUnavailable } from './mirror-store.ts';
import { type Reconciliation, reconcileCopy } from './reconcile-copy.ts';
import { type RetryNotice, untilItWorks } from './retry.ts';
import { connectToService, PositionGone, type ServiceOptions } from './service.ts';
import type { EventSource } from './source.ts';
import { usersOfService } from './users-of-service.ts';

export interface MirrorOptions {
  readonly source: EventSource & { readonly service?: ServiceOptions };
  readonly store: MirrorStore;
  /**
   * How users are read; taken from `httpEvents`, needed with `jetStreamEvents`. The key needs `users:admin` for the
   * export, `users:read` for changed users, and over HTTP `events:read`.
   */
  readonly service?: ServiceOptions;
  /** For a log: a failed read, or a store that is away. */
  readonly onRetry?: (notice: RetryNotice) => void;
  /** For a log: the copy is filled, because it is empty or because events were lost (`gone`). */
  readonly onFill?: (gone: PositionGone | null) => void;
  /** For a log: an error of a comparison that `reconcileEveryMs` began. The next one follows at its time. */
  readonly onReconcileError?: (error: unknown) => void;
  /** Compares the copy with the service and repairs it so often, in milliseconds; never by default. */
  readonly reconcileEveryMs?: number;
  /** The mirror ends with the error after so long without a success; ten minutes by default. */
  readonly maxOutageMs?: number;
  /** Stops the mirror, as `stop` does. */
  readonly signal?: AbortSignal;
}

export interface Mirror extends Running {
  /** Resolves once the copy has all users. Rejects when the mirror ends before. */
  readonly ready: Promise<void>;
  /**
   * Compares every row with the service and repairs what differs. It takes as long as an export; events go on meanwhile.
   * @returns at most 10,000 differences, the rest stays for the next call
   */
  reconcile(): Promise<Reconciliation>;
}

const DEFAULT_MAX_OUTAGE_MS = 600_000;
const MAX_BATCH = 500;
const STORE_PAUSES = { firstMs: 250, maxMs: 10_000 };

/**
 * Keeps a copy of all users: fills it, follows the events, and fills it again when events were lost. It goes on after a
 * restart where the store says.
 */
export function mirror(options: MirrorOptions): Mirror {
  const reached = options.service ?? options.source.service;
  if (reached === undefined) throw new TypeError('Give `service`, so that users can be read.');
  const service = connectToService(reached);
  const { store, signal: given, reconcileEveryMs } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const retrying = {
    signal,
    onRetry: options.onRetry,
    maxOutageMs: options.maxOutageMs ?? DEFAULT_MAX_OUTAGE_MS,
  };
  const users = usersOfService(service, store.fields, retrying);
  const readiness = createReadiness();
  // The reason is that of `done`.
  readiness.promise.catch(() => {});
  let current: MirrorSession | null = null;
  let lastStep: Promise<unknown> = Promise.resolve();
  let workedAtMs = performance.now();

  const stop = (): void => stopping.abort();
  if (given?.aborted) stop();
  given?.addEventListener('abort', stop);
  const done = run().finally(() => given?.removeEventListener('abort', stop));
  if (reconcileEveryMs !== undefined) void reconcileRepeatedly(reconcileEveryMs);

  return {
    ready: readiness.promise,
    done,
    reconcile,
    stop() {
      stop();
      return done;
    },
  };

  /** Steps follow one another: each sees the rows that the last one left. */
  function inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = lastStep.then(step);
    lastStep = result.catch(() => {});
    return result;
  }

  async function run(): Promise<void> {
    try {
      for (let attempt = 1; !signal.aborted; attempt += 1) {
        try {
          await useStore(() => {
            attempt = 0;
          });
        } catch (error) {
          if (signal.aborted) break;
          const isOver = performance.now() - workedAtMs > retrying.maxOutageMs;
          if (!(error instanceof StoreUnavailable) || isOver) throw error;
          const delayMs = backoffMs(attempt + 1, STORE_PAUSES);
          options.onRetry?.({ error, attempt, delayMs });
          await pause(delayMs, signal);
        }
      }
    } catch (error) {
      readiness.reject(error);
      throw error;
    } finally {
      stopping.abort();
      readiness.reject(new Error('The mirror was stopped.'));
    }
  }

  async function useStore(onWork: () => void): Promise<void> {
    const session = await store.open(signal);
    try {
      let gone: PositionGone | null = null;
      while (!signal.aborted) {
        current = session;
        gone = await follow(session, gone, onWork);
      }
    } finally {
      current = null;
      await lastStep;
      await session.close();
    }
  }

  /** @returns why the copy has to be filled again; null after a stop */
  async function follow(
    session: MirrorSession,
    gone: PositionGone | null,
    onWork: () => void,
  ): Promise<PositionGone | null> {
    const { source } = options;
    const selection = { types: ['user.*'], inOrder: false, maxBatch: MAX_BATCH };
    const opened = await source.open({ ...selection, ...retrying });
    try {
      const stored = await session.position();
      const isComplete = stored !== null && opened.state === 'continued' && gone === null;
      // From here on a process that dies leaves a copy that the next one fills.
      if (!isComplete && stored !== null) await session.forgetPosition();
      await opened.prepare();
      if (!isComplete) options.onFill?.(gone);
      const position = isComplete ? stored : await fill(session);
      readiness.resolve();
      for await (const { deliveries, position: next } of opened.batches(position)) {
        const events = deliveries.map(({ event }) => event);
        await inTurn(() => applyEvents(events, next, { session, users, fields: store.fields }));
        for (const delivery of deliveries) delivery.ack();
        workedAtMs = performance.now();
        onWork();
      }
      return null;
    } catch (error) {
      if (error instanceof PositionGone) return error;
      throw error;
    } finally {
      await opened.close();
    }
  }

  async function fill(session: MirrorSession): Promise<string> {
    return await untilItWorks(async () => {
      const exported = await users.exportAll();
      await inTurn(() => session.replaceAll(exported.pages(), exported.position));
      workedAtMs = performance.now();
      return exported.position();
    }, retrying);
  }

  async function reconcile(): Promise<Reconciliation> {
    await readiness.promise;
    const session = current;
    if (session === null) throw new StoreUnavailable('The store is away at the moment.');
    return await reconcileCopy(session, users, inTurn);
  }

  async function reconcileRepeatedly(everyMs: number): Promise<void> {
    while (!signal.aborted) {
      await pause(everyMs, signal);
      if (signal.aborted) return;
      await reconcile().catch((error: unknown) => {
        if (!signal.aborted) options.onReconcileError?.(error);
      });
    }
  }
}

function createReadiness() {
  let resolve = (): void => {};
  let reject = (_reason: unknown): void => {};
  const promise = new Promise<void>((onReady, onEnd) => {
    resolve = onReady;
    reject = onEnd;
  });
  return { promise, resolve: () => resolve(), reject: (reason: unknown) => reject(reason) };
}
