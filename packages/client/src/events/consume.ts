import { backoffMs, pause } from '../lib/backoff.ts';
import { onAbort } from '../lib/until-aborted.ts';
import type { UserEvent } from './event.ts';
import { createOutage, type RetryNotice, type RetryPolicy } from './retry.ts';
import { PositionGone } from './service.ts';
import type { Delivery, EventSelection, EventSource } from './source.ts';

export interface HandlingContext {
  /** From 1. */
  readonly attempt: number;
  /** Aborts when the consumer stops: end soon, or the event comes again. */
  readonly signal: AbortSignal;
}

export interface ConsumeOptions extends EventSelection {
  readonly source: EventSource;
  /**
   * Gets each event at least once, those of a user in order and one at a time. An event is acknowledged when it
   * resolves, and tried again when it throws.
   */
  readonly handle: (event: UserEvent, context: HandlingContext) => unknown;
  /** Events in hand at a time, those that wait behind another event of their user included; 32 by default. */
  readonly maxInFlight?: number;
  /** Attempts of an event before it is a dead letter; 5 by default. */
  readonly maxAttempts?: number;
  /** Pauses between the attempts; 500 ms, doubling up to 30 s, by default. */
  readonly retry?: RetryPolicy;
  /**
   * Gets an event whose attempts all failed; when it resolves, the later events of the user go on. Without it, and when
   * it throws, the consumer ends with the error and the event comes again.
   */
  readonly onDeadLetter?: (event: UserEvent, error: unknown) => unknown;
  /**
   * Events were lost for this consumer: bring what you built from them up to date. It returns the position to go on
   * after, or nothing for the oldest event that is kept. Without it the consumer ends with `PositionGone`.
   */
  readonly onPositionGone?: (
    gone: PositionGone,
  ) => string | undefined | Promise<string | undefined>;
  /** For a log: a failed read, events that are gone, or a failed attempt of `handle`. */
  readonly onRetry?: (notice: RetryNotice) => void;
  /** The consumer ends with the error so long after the first of failed reads in a row; ten minutes by default. */
  readonly maxOutageMs?: number;
  /** A stop waits so long for `handle`; 30 s by default. */
  readonly stopTimeoutMs?: number;
  /** Stops the consumer, as `stop` does. */
  readonly signal?: AbortSignal;
}

/** A running consumer or mirror. */
export interface Running {
  /** Resolves after a stop. Rejects when it ends by an error, for a supervisor to start it again. */
  readonly done: Promise<void>;
  /** Takes no further event, finishes what is in hand, acknowledges it, and resolves as `done`. */
  stop(): Promise<void>;
}

const DEFAULTS = { maxInFlight: 32, maxAttempts: 5, maxOutageMs: 600_000, stopTimeoutMs: 30_000 };
/** Events that are read at a time. */
const MAX_BATCH = 100;
const PAUSES: RetryPolicy = { firstMs: 500, maxMs: 30_000 };

/** Handles events of the service until it is stopped. */
export function consume(options: ConsumeOptions): Running {
  const { maxInFlight, maxAttempts } = { ...DEFAULTS, ...options };
  for (const [name, value] of Object.entries({ maxInFlight, maxAttempts })) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new TypeError(`${name} must be 1 or more.`);
  }
  const stopping = new AbortController();
  const done = run(options, stopping);
  return {
    done,
    stop() {
      stopping.abort();
      return done;
    },
  };
}

async function run(options: ConsumeOptions, stopping: AbortController): Promise<void> {
  const { signal: stopped } = stopping;
  const { onRetry, maxOutageMs } = { ...DEFAULTS, ...options };
  const release = onAbort(options.signal, () => stopping.abort());
  // A source that has lost every position would be read from its beginning all the time.
  const losses = createOutage({ signal: stopped, onRetry, maxOutageMs });
  try {
    let after: string | undefined;
    while (!stopped.aborted) {
      const gone = await follow(options, stopping, after, losses.end);
      if (gone === null) continue;
      if (options.onPositionGone === undefined) throw gone;
      after = (await options.onPositionGone(gone)) ?? 'oldest';
      await losses.pause(gone).catch(unlessStopped(stopped));
    }
  } finally {
    release();
  }
}

/** What fails after a stop fails because of it. */
function unlessStopped(signal: AbortSignal): (error: unknown) => null {
  return (error) => {
    if (signal.aborted) return null;
    throw error;
  };
}

/**
 * Reads until the stop.
 * @param onBatch - called when events were read
 * @returns why reading has to begin again
 */
async function follow(
  options: ConsumeOptions,
  stopping: AbortController,
  after: string | undefined,
  onBatch: () => void,
): Promise<PositionGone | null> {
  const { signal } = stopping;
  const { source, types, user, onRetry, stopTimeoutMs, maxOutageMs } = { ...DEFAULTS, ...options };
  const retrying = { signal, onRetry, maxOutageMs };
  const lanes = createLanes(options, stopping);
  let gone: PositionGone | null = null;
  const opened = await source
    .open({ types, user, ...retrying, inOrder: true, maxBatch: MAX_BATCH })
    .catch(unlessStopped(signal));
  if (opened === null) return null;
  try {
    // A consumer that begins after a loss was told of it.
    const isBehind = opened.state === 'behind' && after === undefined;
    if (isBehind) gone = new PositionGone('The stream has dropped events that were not read.');
    if (gone === null) {
      await opened.prepare();
      for await (const { deliveries } of opened.batches(after)) {
        onBatch();
        for (const delivery of deliveries) await lanes.add(delivery);
      }
    }
  } catch (error) {
    if (error instanceof PositionGone) gone = error;
    else unlessStopped(signal)(error);
  } finally {
    await lanes.drain(stopTimeoutMs);
    await opened.close();
  }
  lanes.throwFailure();
  return gone;
}

interface Lanes {
  /** Resolves when there is room for the next event. */
  add(delivery: Delivery): Promise<void>;
  /** Resolves when nothing is in hand, or the time is over. */
  drain(timeoutMs: number): Promise<void>;
  /** @throws the error that ended the consumer */
  throwFailure(): void;
}

/** Handles the events of one user one after the other, and those of several at the same time. */
function createLanes(options: ConsumeOptions, stopping: AbortController): Lanes {
  const { maxInFlight } = { ...DEFAULTS, ...options };
  const { signal } = stopping;
  const last = new Map<string, Promise<void>>();
  const inHand = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;

  async function work(delivery: Delivery): Promise<void> {
    try {
      if (!signal.aborted && (await handle(delivery.event, options, signal))) delivery.ack();
      else delivery.release();
    } catch (error) {
      failure ??= { error };
      delivery.release();
      stopping.abort();
    }
  }

  return {
    async add(delivery) {
      while (inHand.size >= maxInFlight) await Promise.race(inHand);
      const key = delivery.event.userId ?? delivery.event.id;
      const turn = (last.get(key) ?? Promise.resolve()).then(() => work(delivery));
      last.set(key, turn);
      inHand.add(turn);
      void turn.then(() => {
        inHand.delete(turn);
        if (last.get(key) === turn) last.delete(key);
      });
    },
    async drain(timeoutMs) {
      const over = new AbortController();
      await Promise.race([Promise.all(inHand), pause(timeoutMs, over.signal)]);
      over.abort();
    },
    throwFailure() {
      if (failure !== undefined) throw failure.error;
    },
  };
}

/** @returns false when the stop came before a success @throws when the event can be no dead letter */
async function handle(
  event: UserEvent,
  options: ConsumeOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const { maxAttempts, retry = PAUSES, onRetry, onDeadLetter } = { ...DEFAULTS, ...options };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await options.handle(event, { attempt, signal });
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (attempt >= maxAttempts) {
        if (onDeadLetter === undefined) throw error;
        await onDeadLetter(event, error);
        return true;
      }
      const delayMs = backoffMs(attempt, retry);
      onRetry?.({ error, attempt, delayMs });
      await pause(delayMs, signal);
      if (signal.aborted) return false;
    }
  }
}
