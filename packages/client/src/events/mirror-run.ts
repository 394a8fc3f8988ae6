import { pause } from '../lib/backoff.ts';
import { applyEvents } from './mirror-batch.ts';
import type { MirrorOptions } from './mirror-options.ts';
import { type MirrorSession, StoreUnavailable } from './mirror-store.ts';
import { type Reconciliation, reconcileCopy } from './reconcile-copy.ts';
import { createOutage, type Outage, type Retrying, untilItWorks } from './retry.ts';
import { connectToService, PositionGone } from './service.ts';
import type { OpenedSource } from './source.ts';
import { type UsersOfService, usersOfService } from './users-of-service.ts';

/** What the states of a mirror share. */
export interface MirrorRun {
  readonly options: MirrorOptions;
  readonly stopping: AbortController;
  readonly retrying: Retrying;
  readonly users: UsersOfService;
  readonly readiness: Readiness;
  /** Steps follow one another: each sees the rows that the last one left. */
  inTurn<T>(step: () => Promise<T>): Promise<T>;
  /** Resolves after the last step. */
  settled(): Promise<unknown>;
  /** Of the store, until it has taken a step. */
  readonly storeOutage: Outage;
  /** Events that are lost again and again, until a batch of them is applied. */
  readonly losses: Outage;
  /** Null while the store is away. */
  session: MirrorSession | null;
}

/** Resolves once the copy has all users. */
interface Readiness {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(reason: unknown): void;
}

const DEFAULT_MAX_OUTAGE_MS = 600_000;
const MAX_BATCH = 500;
const STORE_PAUSES = { firstMs: 250, maxMs: 10_000 };

/** @throws TypeError for options that can never work */
export function createMirrorRun(options: MirrorOptions): MirrorRun {
  const reached = options.service ?? options.source.service;
  if (reached === undefined) throw new TypeError('Give `service`, so that users can be read.');
  const service = connectToService(reached);
  const stopping = new AbortController();
  const retrying = {
    signal: stopping.signal,
    onRetry: options.onRetry,
    maxOutageMs: options.maxOutageMs ?? DEFAULT_MAX_OUTAGE_MS,
  };
  let lastStep: Promise<unknown> = Promise.resolve();
  return {
    ...{ options, stopping, retrying, readiness: createReadiness() },
    users: usersOfService(service, options.store.fields, retrying),
    inTurn(step) {
      const result = lastStep.then(step);
      lastStep = result.catch(() => {});
      return result;
    },
    settled: () => lastStep,
    storeOutage: createOutage(retrying, STORE_PAUSES),
    losses: createOutage(retrying),
    session: null,
  };
}

/**
 * Keeps the copy until the stop. The states: waiting for the store; beginning, where an empty or incomplete copy is
 * filled; following the events; stopped. A store that fails leads back to waiting, and lost events to beginning.
 * @throws the error that ended the mirror
 */
export async function keepCopy(run: MirrorRun): Promise<void> {
  const { readiness, stopping } = run;
  try {
    await keepStoreOpen(run);
  } catch (error) {
    readiness.reject(error);
    throw error;
  } finally {
    stopping.abort();
    readiness.reject(new Error('The mirror was stopped.'));
  }
}

/** Waiting: opens the store, and opens it again when it fails. */
async function keepStoreOpen(run: MirrorRun): Promise<void> {
  const { signal } = run.retrying;
  while (!signal.aborted) {
    try {
      await useStore(run).catch((error: unknown) => {
        if (!(error instanceof StoreUnavailable)) throw error;
        return run.storeOutage.pause(error);
      });
    } catch (error) {
      // The stop ends everything by an error.
      if (!signal.aborted) throw error;
    }
  }
}

/** Keeps the copy in an open store until the stop. */
async function useStore(run: MirrorRun): Promise<void> {
  const { signal } = run.retrying;
  const session = await run.options.store.open(signal);
  try {
    let gone: PositionGone | null = null;
    while (!signal.aborted) {
      run.session = session;
      gone = await useSource(run, session, gone);
      // A service that has lost every position would be exported all the time.
      if (gone !== null) await run.losses.pause(gone);
    }
  } finally {
    run.session = null;
    await run.settled();
    await session.close();
  }
}

/**
 * Opens the source, begins and follows.
 * @param gone - why the copy is not complete any more
 * @returns why it has to be filled again; null after a stop
 */
async function useSource(
  run: MirrorRun,
  session: MirrorSession,
  gone: PositionGone | null,
): Promise<PositionGone | null> {
  const selection = { types: ['user.*'], inOrder: false, maxBatch: MAX_BATCH };
  const opened = await run.options.source.open({ ...selection, ...run.retrying });
  try {
    const position = await begin(run, session, opened, gone);
    run.readiness.resolve();
    await follow(run, session, opened.batches(position));
    return null;
  } catch (error) {
    if (error instanceof PositionGone) return error;
    throw error;
  } finally {
    await opened.close();
  }
}

/** Beginning: fills the copy unless it is complete. @returns where following begins */
async function begin(
  run: MirrorRun,
  session: MirrorSession,
  opened: OpenedSource,
  gone: PositionGone | null,
): Promise<string> {
  const stored = await session.position();
  const isComplete = stored !== null && opened.state === 'continued' && gone === null;
  // From here on a process that dies leaves a copy that the next one fills.
  if (!isComplete && stored !== null) await session.forgetPosition();
  await opened.prepare();
  if (isComplete) return stored;
  run.options.onFill?.(gone);
  return await fill(run, session);
}

/** Replaces all rows by an export. @returns its position */
async function fill(run: MirrorRun, session: MirrorSession): Promise<string> {
  return await untilItWorks(async () => {
    const exported = await run.users.exportAll();
    await run.inTurn(() => session.replaceAll(exported.pages(), exported.position));
    run.storeOutage.end();
    return exported.position();
  }, run.retrying);
}

/** Following: applies the batches until the stop. @throws PositionGone when events were lost */
async function follow(
  run: MirrorRun,
  session: MirrorSession,
  batches: ReturnType<OpenedSource['batches']>,
): Promise<void> {
  const { users, options } = run;
  const parts = { session, users, fields: options.store.fields };
  for await (const { deliveries, position } of batches) {
    const events = deliveries.map(({ event }) => event);
    await run.inTurn(() => applyEvents(events, position, parts));
    for (const delivery of deliveries) delivery.ack();
    run.storeOutage.end();
    run.losses.end();
  }
}

/** Compares the copy with the service and repairs it, beside the events that are followed. */
export async function reconcile(run: MirrorRun): Promise<Reconciliation> {
  await run.readiness.promise;
  const { session, users, retrying } = run;
  if (session === null) throw new StoreUnavailable('The store is away at the moment.');
  const exported = await untilItWorks(() => users.exportAll(), retrying);
  return await reconcileCopy(session, users, exported, run.inTurn);
}

/** Compares again and again, until the stop. */
export async function reconcileRepeatedly(run: MirrorRun, everyMs: number): Promise<void> {
  const { signal } = run.retrying;
  for (;;) {
    await pause(everyMs, signal);
    if (signal.aborted) return;
    await reconcile(run).catch((error: unknown) => {
      if (!signal.aborted) run.options.onReconcileError?.(error);
    });
  }
}

function createReadiness(): Readiness {
  let resolve = (): void => {};
  let reject = (_reason: unknown): void => {};
  const promise = new Promise<void>((onReady, onEnd) => {
    resolve = onReady;
    reject = onEnd;
  });
  // The reason is that of `done`.
  promise.catch(() => {});
  return { promise, resolve: () => resolve(), reject: (reason) => reject(reason) };
}
