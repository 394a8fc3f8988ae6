import { backoffMs, pause } from '../lib/backoff.ts';
import { createFreshness } from './freshness.ts';
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
 * Follows the stream of revocations with an ordered consumer, and the heartbeats beside it. The set is complete up to a
 * heartbeat once the consumer has read as far as that says. A new `epoch` means that the stream may have changed
 * otherwise than at its end; all of it is read again then, and when the consumer stays behind.
 */
export function followOverNats(options: NatsRevocationOptions): Revocations {
  const { connection, stream, maxEntries, now, onChange } = options;
  const freshness = createFreshness(options.maxStalenessMs, onChange);
  const closing = new AbortController();
  const progress: Progress = {
    ...{ set: createRevocationSet(maxEntries), loads: 0, isFull: false, lastError: null },
  };
  let epoch: string | null = null;
  let reader: Reader | null = null;
  let waiting: Beat | null = null;
  let behindSinceMs: number | null = null;
  let failures = 0;
  let retryAtMs = 0;

  function hear({ epoch: latest, sequence }: Heartbeat): void {
    const atMs = performance.now();
    waiting = { sequence, atMs };
    if (latest !== epoch) {
      epoch = latest;
      startReader();
    } else if (reader === null) {
      if (atMs >= retryAtMs) startReader();
    } else {
      confirm(reader);
      if (waiting === null) return;
      behindSinceMs ??= atMs;
      const isLost =
        reader.sequence === null
          ? atMs - reader.progressAtMs > STALLED_MS
          : atMs - behindSinceMs > BEHIND_MS;
      if (isLost) startReader();
    }
  }

  /** The last heartbeat counts once everything before it was read. */
  function confirm(current: Reader): void {
    if (waiting === null || current.sequence === null || current.sequence < waiting.sequence)
      return;
    freshness.confirm(waiting.atMs);
    waiting = null;
    behindSinceMs = null;
  }

  function startReader(): void {
    reader?.stop();
    behindSinceMs = null;
    const stopping = new AbortController();
    const current: Reader = {
      ...{ sequence: null, progressAtMs: performance.now() },
      stop: () => stopping.abort(),
    };
    reader = current;
    read(current, AbortSignal.any([stopping.signal, closing.signal]))
      .then(() => new Error('the consumer ended'))
      .catch((error: unknown) => error)
      .then((error) => {
        // A reader that was replaced or closed has ended as it should.
        if (reader !== current || closing.signal.aborted) return;
        reader = null;
        failures += 1;
        progress.isFull = error instanceof SetIsFull;
        progress.lastError = String(error);
        retryAtMs =
          performance.now() + (progress.isFull ? FULL_PAUSE_MS : backoffMs(failures, BACKOFF));
        onChange();
      });
  }

  async function read(current: Reader, signal: AbortSignal): Promise<void> {
    const { DeliverPolicy, jetstream } = await import('@nats-io/jetstream');
    const client = jetstream(connection as Parameters<typeof jetstream>[0]);
    const manager = await client.jetstreamManager(false);
    // The last message may be gone, and be the only one behind the others: what was there counts as read then.
    const { last_seq: lastSequence } = (await manager.streams.info(stream)).state;
    const consumer = await client.consumers.get(stream, {
      deliver_policy: DeliverPolicy.LastPerSubject,
      filter_subjects: SUBJECTS,
    });
    const finishLoad = (): void => {
      current.sequence = lastSequence;
      progress.loads += 1;
      failures = 0;
      progress.isFull = false;
      progress.lastError = null;
    };
    const { num_pending: pending } = await consumer.info(true);
    const messages = await consumer.consume({ max_messages: BATCH });
    const stop = () => messages.stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (signal.aborted) return;
      if (pending === 0) finishLoad();
      confirm(current);
      for await (const message of messages) {
        const entry = readEntry(message.json());
        if (entry !== null && !progress.set.add(entry, Math.floor(now() / 1_000))) {
          throw new SetIsFull(maxEntries);
        }
        current.progressAtMs = performance.now();
        if (current.sequence === null && message.info.pending === 0) finishLoad();
        if (current.sequence !== null) current.sequence = Math.max(current.sequence, message.seq);
        if (reader === current) confirm(current);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
      consumer.delete().catch(() => undefined);
    }
  }

  async function listen(): Promise<void> {
    for (let attempt = 1; !closing.signal.aborted && !connection.isClosed(); attempt += 1) {
      const beats = connection.subscribe(HEARTBEAT);
      const stop = () => beats.unsubscribe();
      closing.signal.addEventListener('abort', stop, { once: true });
      try {
        for await (const message of beats) {
          const heartbeat = readHeartbeat(message);
          if (heartbeat !== null) hear(heartbeat);
        }
      } catch (error) {
        progress.lastError = String(error);
        stop();
      }
      closing.signal.removeEventListener('abort', stop);
      await pause(backoffMs(attempt, BACKOFF), closing.signal, false);
    }
    if (closing.signal.aborted) return;
    progress.lastError = 'the NATS connection is closed';
    onChange();
  }

  void listen();
  return revocationsOf(freshness, progress, () => {
    closing.abort();
    reader?.stop();
  });
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
