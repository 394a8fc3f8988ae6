import type { EventStream, StreamPlace, StreamState } from '../../domain/outbox/event-stream.ts';
import type { KnownStream, OutboxQueue, RelayLease } from '../../domain/outbox/outbox-queue.ts';
import type { Logger } from '../../domain/ports.ts';
import type { RelaySettings } from './relay-settings.ts';

interface Deps {
  readonly queue: Pick<OutboxQueue, 'recordStream' | 'resetPublished'>;
  readonly stream: Pick<EventStream, 'prepare'>;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
  readonly settings: Pick<RelaySettings, 'reconcileEveryMs'>;
}

/** The stream as known when an event is sent. */
export interface KnownStreamWindow extends KnownStream {
  readonly duplicateWindowMs: number;
}

export interface AcknowledgedPlace extends StreamPlace {
  /** The highest sequence that was marked when the event was sent. */
  readonly markedBefore: number;
}

/** Rows that one statement resets. */
const RESET_BATCH = 1_000;

/**
 * Compares the stream with the marks in the database. A broker acknowledges an event before it is safe on disk, so it
 * can lose acknowledged events: a recreated stream has lost every marked event, and a stream that ends below the
 * highest marked sequence has lost its tail. Lost events are reset, so that they wait again and are sent first.
 */
export function createStreamReconciler(deps: Deps) {
  const { queue, stream, monotonicMs, logger, settings } = deps;
  let known: KnownStream | null = null;
  let duplicateWindowMs = 0;
  let dueAtMs = 0;
  let staleMarks = 0;
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

  function isRewound(state: StreamState): boolean {
    return known !== null && (!isSame(state) || state.lastSequence < known.sequence);
  }

  /** Resets what the stream lost. @returns what to record of the stream. */
  async function resetLost(lease: RelayLease, state: StreamState): Promise<KnownStream> {
    const { name, created, lastSequence } = state;
    if (known === null) return { name, created, sequence: 0 };
    if (!isSame(state)) {
      await reset(lease, -1, 'the stream was recreated');
      return { name, created, sequence: 0 };
    }
    if (lastSequence >= known.sequence) return known;
    await reset(lease, lastSequence, 'the stream ends before the last mark');
    return { name, created, sequence: lastSequence };
  }

  async function record(lease: RelayLease, next: KnownStream): Promise<void> {
    if (next === known) return;
    await queue.recordStream(lease, next);
    known = next;
  }

  async function read(): Promise<{ readonly state: StreamState; readonly staleMarks: number }> {
    const before = staleMarks;
    return { state: await stream.prepare(), staleMarks: before };
  }

  async function restore(
    lease: RelayLease,
    reading: Awaited<ReturnType<typeof read>>,
  ): Promise<void> {
    await record(lease, await resetLost(lease, reading.state));
    duplicateWindowMs = reading.state.duplicateWindowMs;
    // A disturbance after the reading is not covered by it.
    if (reading.staleMarks === staleMarks) dueAtMs = monotonicMs() + settings.reconcileEveryMs;
  }

  return {
    /** Starts a leadership term with what the last leader recorded of the stream. */
    begin(recorded: KnownStream | null): void {
      known = recorded;
      dueAtMs = 0;
    },

    /** Makes a reconciliation due: something happened that may have changed the stream. */
    markStale(): void {
      staleMarks += 1;
      dueAtMs = 0;
    },

    isDue: () => monotonicMs() >= dueAtMs,

    /**
     * Compares the stream with the marks. It changes no event.
     * @returns false when the stream lost events: nothing may be in flight when `reconcile` resets them.
     * @throws StreamConflict, StreamUnavailable, LeaseLost
     */
    async compare(lease: RelayLease): Promise<boolean> {
      const reading = await read();
      if (isRewound(reading.state)) return false;
      await restore(lease, reading);
      return true;
    },

    /**
     * Reads the stream again and resets the events that it lost. Nothing may be in flight.
     * @throws StreamConflict, StreamUnavailable, LeaseLost
     */
    async reconcile(lease: RelayLease): Promise<void> {
      await restore(lease, await read());
    },

    /**
     * Detects a tail that was lost unnoticed: an event was added at or below a sequence that was marked before the event
     * was sent. The lost events are reset, and are sent after these.
     */
    async detectRewind(lease: RelayLease, places: readonly AcknowledgedPlace[]): Promise<void> {
      const wrong = places.filter(
        ({ duplicate, sequence, markedBefore }) => !duplicate && sequence <= markedBefore,
      );
      if (wrong.length > 0) {
        const lowest = wrong.reduce((least, { sequence }) => Math.min(least, sequence), Infinity);
        const state = await stream.prepare();
        const kept = isSame(state) ? lowest - 1 : 0;
        await reset(lease, isSame(state) ? kept : -1, 'a sequence was given twice');
        await record(lease, { name: state.name, created: state.created, sequence: kept });
      }
      const highest = places.reduce((most, { sequence }) => Math.max(most, sequence), 0);
      if (known !== null && highest > known.sequence) known = { ...known, sequence: highest };
    },

    /** @throws Error before the first comparison. */
    known(): KnownStreamWindow {
      if (known === null) throw new Error('the stream was not compared yet');
      return { ...known, duplicateWindowMs };
    },

    /** Events reset since the process started. */
    resent: () => resent,
  };
}
