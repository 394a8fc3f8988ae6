import type { StreamState } from '../../domain/outbox/event-stream.ts';
import type { KnownStream, OutboxQueue } from '../../domain/outbox/outbox-queue.ts';

interface Deps {
  readonly queue: Pick<OutboxQueue, 'countMarked' | 'findLastPosition'>;
  readonly monotonicMs: () => number;
}

/** Messages beyond the last mark, which may turn out to be events of a dead relay, or events in flight. */
interface Suspicion {
  readonly after: number;
  readonly upTo: number;
  /** Every event that can be among them has at most this position. */
  readonly position: number;
  readonly sinceMs: number;
}

export interface Finding {
  /** Messages that the database does not know. */
  readonly count: number;
  /** The last sequence that was looked at. */
  readonly upTo: number;
}

/** Marks are kept for at least an hour; an older suspicion could not be decided. */
const MAX_AGE_MS = 30 * 60_000;

/**
 * Finds messages in the stream that the database does not know: it was restored from a backup or lost its last commits
 * in a failover, or someone else wrote into the stream. Messages after the last mark are normal for a while: they are in
 * flight, or a relay died before it marked them. They are judged at a later look, when no event waits that is as old.
 */
export function createForeignMessages({ queue, monotonicMs }: Deps) {
  let suspicion: Suspicion | null = null;
  let judgedUpTo = 0;

  return {
    /** Forgets the present suspicion: marks were reset, or another leader worked meanwhile. */
    drop(): void {
      suspicion = null;
    },
    /** Forgets what was judged: the stream is another one, or ends earlier. */
    begin(): void {
      suspicion = null;
      judgedUpTo = 0;
    },
    /** @returns what was found since the last look, or null. */
    async look(state: StreamState, known: KnownStream): Promise<Finding | null> {
      if (suspicion !== null && monotonicMs() - suspicion.sinceMs > MAX_AGE_MS) suspicion = null;
      if (suspicion === null) {
        const after = Math.max(known.sequence, judgedUpTo, state.firstSequence - 1);
        if (state.lastSequence <= after) return null;
        const position = await queue.findLastPosition();
        suspicion = { after, upTo: state.lastSequence, position, sinceMs: monotonicMs() };
        return null;
      }
      const { after, upTo } = suspicion;
      const { marked, waiting } = await queue.countMarked(suspicion);
      if (waiting) return null;
      suspicion = null;
      judgedUpTo = upTo;
      const count = upTo - after - marked;
      return count > 0 ? { count, upTo } : null;
    },
  };
}
