import type { EventStream, StreamPlace, StreamState } from '../../domain/outbox/event-stream.ts';
import type { KnownStream, OutboxQueue, RelayLease } from '../../domain/outbox/outbox-queue.ts';
import type { Logger } from '../../domain/ports.ts';
import type { RelaySettings } from './relay-settings.ts';

interface Deps {
  readonly queue: Pick<OutboxQueue, 'recordStream' | 'resetPublished'>;
  readonly stream: Pick<EventStream, 'prepare'>;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
  readonly settings: Pick<RelaySettings, 'compareEveryMs'>;
}

/** A stream, as known when an event is sent. */
export interface KnownStreamWindow extends KnownStream {
  readonly duplicateWindowMs: number;
}

/** Knows what the stream must hold, and notices when it does not. */
export type StreamReconciler = ReturnType<typeof createStreamReconciler>;

interface AcknowledgedPlace extends StreamPlace {
  /** The highest sequence that was marked when the event was sent. */
  readonly above: number;
}

const RESET_BATCH = 1_000;

/**
 * Compares the stream with the marks. An acknowledgement is the broker's word, not its disk: a stream that was made
 * anew has lost all that is marked, one that ends below the highest mark has lost its tail. What is lost waits again
 * before anything else is sent.
 */
export function createStreamReconciler(deps: Deps) {
  const { queue, stream, monotonicMs, logger, settings } = deps;
  let known: KnownStream | null = null;
  let duplicateWindowMs = 0;
  let dueAtMs = 0;
  let doubts = 0;
  let resent = 0;

  async function reset(lease: RelayLease, afterSequence: number, cause: string): Promise<void> {
    let count = 0;
    for (let batch = RESET_BATCH; batch === RESET_BATCH; count += batch) {
      batch = await queue.resetPublished(lease, afterSequence, RESET_BATCH);
    }
    resent += count;
    if (count > 0) logger.error('the stream lost events: they are sent again', { cause, count });
  }

  function isSame({ name, created }: StreamState): boolean {
    return known?.name === name && known.created === created;
  }

  function isDisturbed(state: StreamState): boolean {
    return known !== null && (!isSame(state) || state.lastSequence < known.sequence);
  }

  /** @returns what is to be recorded. */
  async function restore(lease: RelayLease, state: StreamState): Promise<KnownStream> {
    const { name, created, lastSequence } = state;
    if (known === null) return { name, created, sequence: 0 };
    if (!isSame(state)) {
      await reset(lease, -1, 'the stream was made anew');
      return { name, created, sequence: 0 };
    }
    if (lastSequence >= known.sequence) return known;
    await reset(lease, lastSequence, 'the stream ends before the last mark');
    return { name, created, sequence: lastSequence };
  }

  async function remember(lease: RelayLease, next: KnownStream): Promise<void> {
    if (next === known) return;
    await queue.recordStream(lease, next);
    known = next;
  }

  return {
    begin(recorded: KnownStream | null): void {
      known = recorded;
      dueAtMs = 0;
    },
    /** Something happened that may have changed the stream. */
    doubt(): void {
      doubts += 1;
      dueAtMs = 0;
    },
    isDue: () => monotonicMs() >= dueAtMs,
    /**
     * Before anything waits again, `quiesce` lets what is on its way come down.
     * @throws StreamConflict, StreamUnavailable, LeaseLost
     */
    async compare(lease: RelayLease, quiesce: () => Promise<unknown>): Promise<void> {
      const before = doubts;
      let state = await stream.prepare();
      if (isDisturbed(state)) {
        await quiesce();
        state = await stream.prepare();
      }
      await remember(lease, await restore(lease, state));
      duplicateWindowMs = state.duplicateWindowMs;
      // What was doubted meanwhile was not answered by this.
      if (doubts === before) dueAtMs = monotonicMs() + settings.compareEveryMs;
    },
    /**
     * Looks for events that were added at or below a sequence that was marked before they were sent: the stream lost
     * its tail without our noticing. What is missing waits again, and is sent after these.
     */
    async misplaced(lease: RelayLease, places: readonly AcknowledgedPlace[]): Promise<void> {
      const added = places.filter(({ duplicate }) => !duplicate);
      const wrong = added.filter(({ sequence, above }) => sequence <= above);
      if (wrong.length > 0) {
        const lowest = wrong.reduce((least, { sequence }) => Math.min(least, sequence), Infinity);
        const state = await stream.prepare();
        const isNew = !isSame(state);
        await reset(lease, isNew ? -1 : lowest - 1, 'a sequence came twice');
        const { name, created } = state;
        await remember(lease, { name, created, sequence: isNew ? 0 : lowest - 1 });
      }
      const highest = places.reduce((most, { sequence }) => Math.max(most, sequence), 0);
      if (known !== null && highest > known.sequence) known = { ...known, sequence: highest };
    },
    /** @throws Error before the first comparison. */
    known(): KnownStreamWindow {
      if (known === null) throw new Error('the stream was not compared yet');
      return { ...known, duplicateWindowMs };
    },
    resent: () => resent,
  };
}
