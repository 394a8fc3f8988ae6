import type { EventStream, StreamState } from '../../domain/outbox/event-stream.ts';
import type { OutboxQueue, RelayLease } from '../../domain/outbox/outbox-queue.ts';

interface Deps {
  readonly queue: Pick<OutboxQueue, 'resetRange' | 'resetSequences'>;
  readonly stream: Pick<EventStream, 'listGaps'>;
}

/** Events that wait again because the stream lost them. */
export interface Loss {
  readonly cause: string;
  readonly count: number;
}

/** Rows or sequences of one statement. */
const BATCH = 1_000;
/** How far the clocks of the database and the broker may be apart: an event this close to its expiry counts as expired. */
const EXPIRY_MARGIN_MS = 120_000;

/** @returns the age after which a published event may have expired; null when events do not expire. */
export function unexpiredAgeMs({ maxAgeMs }: StreamState): number | null {
  return maxAgeMs === 0 ? null : Math.max(0, maxAgeMs - EXPIRY_MARGIN_MS);
}

/**
 * Finds published events that the stream has lost below its end, and makes them wait again: those before its first
 * message that have not expired, and those whose sequence has no message. It compares only what changed since the last
 * comparison. Limits that an operator set on the stream remove messages by right; then their part is not compared.
 */
export function createStreamLosses({ queue, stream }: Deps) {
  /** Everything below is compared. */
  let comparedBefore = 0;
  let comparedGaps = '';

  async function resetHead(lease: RelayLease, state: StreamState): Promise<number> {
    const range = { from: comparedBefore, before: state.firstSequence };
    if (range.from >= range.before) return 0;
    let count = 0;
    if (!state.limitsSize && !state.limitsSubjects) {
      for (let batch = BATCH; batch === BATCH; count += batch) {
        batch = await queue.resetRange(lease, range, unexpiredAgeMs(state), BATCH);
      }
    }
    comparedBefore = range.before;
    return count;
  }

  async function resetGaps(lease: RelayLease, state: StreamState): Promise<number> {
    const { firstSequence, lastSequence, messages } = state;
    const missing = messages === 0 ? 0 : lastSequence - firstSequence + 1 - messages;
    const gaps = `${firstSequence} ${missing}`;
    if (missing === 0 || state.limitsSubjects || gaps === comparedGaps) return 0;
    const sequences = await stream.listGaps();
    let count = 0;
    for (let start = 0; start < sequences.length; start += BATCH) {
      const batch = sequences.slice(start, start + BATCH);
      count += await queue.resetSequences(lease, batch, unexpiredAgeMs(state));
    }
    comparedGaps = gaps;
    return count;
  }

  return {
    /** Forgets what was compared: another stream, or another leader. */
    begin(): void {
      comparedBefore = 0;
      comparedGaps = '';
    },
    /** @throws StreamUnavailable, LeaseLost */
    async reset(lease: RelayLease, state: StreamState): Promise<readonly Loss[]> {
      const head = await resetHead(lease, state);
      const gaps = await resetGaps(lease, state);
      return [
        { cause: 'the stream begins after events that have not expired', count: head },
        { cause: 'the stream has gaps', count: gaps },
      ].filter(({ count }) => count > 0);
    },
  };
}
