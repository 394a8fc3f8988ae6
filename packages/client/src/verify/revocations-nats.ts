import { backoffMs, pause } from '../lib/backoff.ts';
import { createFreshness, type Freshness } from './freshness.ts';
import { createRevocationSet, readEntry } from './revocation-set.ts';
import {
  FULL_PAUSE_MS,
  type Progress,
  type RevocationDeps,
  type Revocations,
  revocationsOf,
  SetIsFull,
} from './revocations.ts';

/** What is used of a connection of `@nats-io/transport-node`, or of another transport of `@nats-io/nats-core`. */
export interface NatsConnectionLike {
  subscribe(subject: string): AsyncIterable<{ json(): unknown }> & { unsubscribe(): void };
  isClosed(): boolean;
}

export interface NatsRevocationOptions extends RevocationDeps {
  readonly connection: NatsConnectionLike;
  /** `revocations.stream` of the service. */
  readonly stream: string;
}

const SUBJECTS = 'users.revoked.>';
const HEARTBEAT = 'users.revocations.heartbeat';
const BACKOFF = { firstMs: 200, maxMs: 5_000 };
/** A reader that is behind the heartbeats for longer has lost something. */
const BEHIND_MS = 1_000;
/** A reader that loads, and has got nothing for as long, begins again. */
const STALLED_MS = 10_000;
/** Messages that are asked for at once. */
const BATCH = 1_000;

interface Heartbeat {
  readonly epoch: string;
  readonly sequence: number;
}

/** Where the stream ends, and the moment at which everything revoked was in it. */
interface Beat {
  readonly sequence: number;
  readonly atMs: number;
}

/** One pass over the stream: first all of it, then what follows. */
interface Reader {
  /** Everything up to this sequence is in the set; null while the stream is read for the first time. */
  sequence: number | null;
  progressAtMs: number;
  stop(): void;
}

/**
 * A follower. Its states: waiting for a heartbeat; loading, while its reader reads the stream for the first time;
 * following; behind, while a heartbeat is ahead of the reader; pausing, after the reader failed.
 */
interface Follower {
  readonly options: NatsRevocationOptions;
  readonly freshness: Freshness;
  readonly progress: Progress;
  readonly closed: AbortSignal;
  /** Of the last heartbeat. */
  epoch: string | null;
  /** Null while waiting and pausing. */
  reader: Reader | null;
  /** The last heartbeat, until the reader has everything before it. */
  waiting: Beat | null;
  behindSinceMs: number | null;
  /** Readers that failed in a row. */
  failures: number;
  retryAtMs: number;
}

/**
 * Follows the stream of revocations with an ordered consumer, and the heartbeats beside it. The set is complete up to a
 * heartbeat once the consumer has read as far as that says. A new `epoch` means that the stream may have changed
 * otherwise than at its end; all of it is read again then, and when the consumer stays behind.
 */
export function followOverNats(options: NatsRevocationOptions): Revocations {
  const freshness = createFreshness(options.maxStalenessMs, options.onChange);
  const closing = new AbortController();
  const progress: Progress = {
    ...{ set: createRevocationSet(options.maxEntries), loads: 0, isFull: false, lastError: null },
  };
  const follower: Follower = {
    ...{ options, freshness, progress, closed: closing.signal },
    ...{ epoch: null, reader: null, waiting: null },
    ...{ behindSinceMs: null, failures: 0, retryAtMs: 0 },
  };
  void listen(follower);
  return revocationsOf(freshness, progress, () => {
    closing.abort();
    follower.reader?.stop();
  });
}

/** Hears the heartbeats until the verifier or the connection is closed. */
async function listen(follower: Follower): Promise<void> {
  const { closed, progress } = follower;
  const { connection, onChange } = follower.options;
  for (let attempt = 1; !closed.aborted && !connection.isClosed(); attempt += 1) {
    const beats = connection.subscribe(HEARTBEAT);
    const stop = () => beats.unsubscribe();
    closed.addEventListener('abort', stop, { once: true });
    try {
      for await (const message of beats) {
        const heartbeat = readHeartbeat(message);
        if (heartbeat !== null) hear(follower, heartbeat);
      }
    } catch (error) {
      progress.lastError = String(error);
      stop();
    }
    closed.removeEventListener('abort', stop);
    await pause(backoffMs(attempt, BACKOFF), closed, false);
  }
  if (closed.aborted) return;
  progress.lastError = 'the NATS connection is closed';
  onChange();
}

/** Decides at each heartbeat whether the reader goes on, begins, or begins again. */
function hear(follower: Follower, { epoch, sequence }: Heartbeat): void {
  const atMs = performance.now();
  follower.waiting = { sequence, atMs };
  if (epoch !== follower.epoch) {
    follower.epoch = epoch;
    startReader(follower);
  } else if (follower.reader === null) {
    if (atMs >= follower.retryAtMs) startReader(follower);
  } else {
    confirm(follower, follower.reader);
    if (follower.waiting === null) return;
    follower.behindSinceMs ??= atMs;
    const isLost =
      follower.reader.sequence === null
        ? atMs - follower.reader.progressAtMs > STALLED_MS
        : atMs - follower.behindSinceMs > BEHIND_MS;
    if (isLost) startReader(follower);
  }
}

/** The last heartbeat counts once everything before it was read. */
function confirm(follower: Follower, { sequence }: Reader): void {
  const { waiting, freshness } = follower;
  if (waiting === null || sequence === null || sequence < waiting.sequence) return;
  freshness.confirm(waiting.atMs);
  follower.waiting = null;
  follower.behindSinceMs = null;
}

/** Begins to read the whole stream; another reader ends. */
function startReader(follower: Follower): void {
  follower.reader?.stop();
  follower.behindSinceMs = null;
  const stopping = new AbortController();
  const reader: Reader = {
    ...{ sequence: null, progressAtMs: performance.now() },
    stop: () => stopping.abort(),
  };
  follower.reader = reader;
  read(follower, reader, AbortSignal.any([stopping.signal, follower.closed]))
    .then(() => new Error('the consumer ended'))
    .catch((error: unknown) => error)
    .then((error) => {
      // A reader that was replaced or closed has ended as it should.
      if (follower.reader === reader && !follower.closed.aborted) fail(follower, error);
    });
}

/** The next reader begins at a heartbeat after the pause. */
function fail(follower: Follower, error: unknown): void {
  const { progress, options } = follower;
  follower.reader = null;
  follower.failures += 1;
  progress.isFull = error instanceof SetIsFull;
  progress.lastError = String(error);
  const pauseMs = progress.isFull ? FULL_PAUSE_MS : backoffMs(follower.failures, BACKOFF);
  follower.retryAtMs = performance.now() + pauseMs;
  options.onChange();
}

/** Reads the stream, and what follows, until the signal aborts. */
async function read(follower: Follower, reader: Reader, signal: AbortSignal): Promise<void> {
  const { connection, stream, maxEntries, now } = follower.options;
  const { DeliverPolicy, jetstream } = await import('@nats-io/jetstream');
  const client = jetstream(connection as Parameters<typeof jetstream>[0]);
  const manager = await client.jetstreamManager(false);
  // The last message may be gone, and be the only one behind the others: what was there counts as read then.
  const { last_seq: lastSequence } = (await manager.streams.info(stream)).state;
  const consumer = await client.consumers.get(stream, {
    deliver_policy: DeliverPolicy.LastPerSubject,
    filter_subjects: SUBJECTS,
  });
  const { num_pending: pending } = await consumer.info(true);
  const messages = await consumer.consume({ max_messages: BATCH });
  const stop = () => messages.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) return;
    if (pending === 0) finishLoad(follower, reader, lastSequence);
    confirm(follower, reader);
    for await (const message of messages) {
      const entry = readEntry(message.json());
      const { set } = follower.progress;
      if (entry !== null && !set.add(entry, Math.floor(now() / 1_000))) {
        throw new SetIsFull(maxEntries);
      }
      reader.progressAtMs = performance.now();
      if (reader.sequence === null && message.info.pending === 0) {
        finishLoad(follower, reader, lastSequence);
      }
      if (reader.sequence !== null) reader.sequence = Math.max(reader.sequence, message.seq);
      if (follower.reader === reader) confirm(follower, reader);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
    consumer.delete().catch(() => undefined);
  }
}

/** The whole stream is read; what follows comes as it is published. */
function finishLoad(follower: Follower, reader: Reader, lastSequence: number): void {
  const { progress } = follower;
  reader.sequence = lastSequence;
  follower.failures = 0;
  progress.loads += 1;
  progress.isFull = false;
  progress.lastError = null;
}

/** @returns null for a message that is no heartbeat */
function readHeartbeat(message: { json(): unknown }): Heartbeat | null {
  try {
    const { epoch, last_sequence: sequence } = message.json() as Record<string, unknown>;
    return typeof epoch === 'string' && typeof sequence === 'number' ? { epoch, sequence } : null;
  } catch {
    return null;
  }
}
