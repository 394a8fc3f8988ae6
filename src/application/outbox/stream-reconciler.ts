import type { EventStream, StreamPlace, StreamState } from '../../domain/outbox/event-stream.ts';
import type { KnownStream, OutboxQueue, RelayLease } from '../../domain/outbox/outbox-queue.ts';
import type { Logger } from '../../domain/ports.ts';
import { createForeignMessages } from './foreign-messages.ts';
import type { RelaySettings } from './relay-settings.ts';
import { createStreamLosses, type Loss } from './stream-losses.ts';
import { createStreamSweep } from './stream-sweep.ts';

interface Deps {
  readonly queue: Pick<
    OutboxQueue,
    | 'findStream'
    | 'recordStream'
    | 'resetPublished'
    | 'resetRange'
    | 'resetSequences'
    | 'countMarked'
    | 'findLastPosition'
  >;
  readonly stream: Pick<EventStream, 'isAvailable' | 'prepare' | 'listGaps' | 'listMissing'>;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
  readonly settings: Pick<RelaySettings, 'reconcileEveryMs' | 'sweepEveryMs' | 'sweepSliceEveryMs'>;
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
 * highest marked sequence has lost its tail. A purge takes the head, and removed messages leave gaps. Lost events are
 * reset, so that they wait again and are sent first. It also tells when the stream has what the database does not know.
 * `models/relay.pml` is the protocol.
 */
export function createStreamReconciler(deps: Deps) {
  const { queue, stream, monotonicMs, logger, settings } = deps;
  let known: KnownStream | null = null;
  let duplicateWindowMs = 0;
  let lastState: StreamState | null = null;
  let dueAtMs = 0;
  let staleMarks = 0;
  let resent = 0;
  let foreign = 0;
  const losses = createStreamLosses({ queue, stream });
  const sweep = createStreamSweep(deps);
  const foreignMessages = createForeignMessages({ queue, monotonicMs });

  async function reset(lease: RelayLease, afterSequence: number, cause: string): Promise<void> {
    let count = 0;
    for (let batch = RESET_BATCH; batch === RESET_BATCH; count += batch) {
      batch = await queue.resetPublished(lease, afterSequence, RESET_BATCH);
    }
    reportLoss({ cause, count });
    losses.begin();
    foreignMessages.begin();
    sweep.discard();
  }

  function reportLoss({ cause, count }: Loss): void {
    if (count === 0) return;
    resent += count;
    foreignMessages.drop();
    logger.error('the stream lost events: they are sent again', { cause, count });
  }

  /** Says once that the stream has messages of others, and counts them as known from then on. */
  async function reportForeign(lease: RelayLease, state: StreamState): Promise<void> {
    if (known === null) return;
    const found = await foreignMessages.look(state, known);
    if (found === null || (await reloadReplaced(lease, state))) return;
    foreign += found.count;
    logger.error(
      'the stream has messages that the database does not know: see The database is older than the stream in the runbook',
      { count: found.count, last_sequence: found.upTo },
    );
    await record(lease, { ...known, sequence: Math.max(known.sequence, found.upTo) });
  }

  /**
   * Starts again from what the database has recorded, if that is less than what was known: the database was replaced by
   * one that lacks the last marks, and the stream has more messages that it does not know than were just found.
   */
  async function reloadReplaced(
    lease: RelayLease,
    { name, created }: StreamState,
  ): Promise<boolean> {
    const recorded = await queue.findStream();
    if (recorded !== null && recorded.sequence >= (known?.sequence ?? 0)) return false;
    reload(recorded);
    if (recorded === null) await record(lease, { name, created, sequence: 0 });
    markStale();
    return true;
  }

  function isSame({ name, created }: StreamState): boolean {
    return known?.name === name && known.created === created;
  }

  function isRewound(state: StreamState, acknowledged: number): boolean {
    if (known === null) return false;
    return !isSame(state) || state.lastSequence < Math.max(known.sequence, acknowledged);
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

  /** Starts the comparison again from what is recorded of the stream: the database may be another one. */
  function reload(recorded: KnownStream | null): void {
    known = recorded;
    dueAtMs = 0;
    losses.begin();
    foreignMessages.begin();
  }

  function markStale(): void {
    staleMarks += 1;
    dueAtMs = 0;
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
    lastState = reading.state;
    duplicateWindowMs = reading.state.duplicateWindowMs;
    for (const loss of await losses.reset(lease, reading.state)) reportLoss(loss);
    await reportForeign(lease, reading.state);
    // A disturbance after the reading is not covered by it.
    if (reading.staleMarks === staleMarks) dueAtMs = monotonicMs() + settings.reconcileEveryMs;
  }

  return {
    /** Starts a leadership term with what the last leader recorded of the stream. */
    begin(recorded: KnownStream | null): void {
      sweep.discard();
      sweep.request();
      reload(recorded);
    },

    reload,

    /** Makes a reconciliation due: something happened that may have changed the stream. */
    markStale,

    /** Makes a reconciliation due, and a sweep: the connection to the broker was lost or is back. */
    markDisturbed(): void {
      markStale();
      sweep.request();
    },

    isDue: () => monotonicMs() >= dueAtMs,

    /**
     * Compares the stream with the marks. It changes no event.
     * @param acknowledged the highest acknowledged sequence that is not marked yet, 0 without one: the stream may have
     *   lost that event since
     * @returns false when the stream lost events: nothing may be in flight when `reconcile` resets them.
     * @throws StreamConflict, StreamUnavailable, LeaseLost
     */
    async compare(lease: RelayLease, acknowledged: number): Promise<boolean> {
      const reading = await read();
      if (isRewound(reading.state, acknowledged)) return false;
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

    /** Searches the stream for messages that it counts and has lost, where that was requested. @throws LeaseLost */
    async sweep(lease: RelayLease): Promise<void> {
      if (known === null || lastState === null || monotonicMs() >= dueAtMs) return;
      const loss = await sweep.step(lease, lastState, known.sequence);
      if (loss !== null) reportLoss(loss);
    },

    /**
     * Detects a tail that was lost unnoticed: an event was added at or below a sequence that was marked before the event
     * was sent. The lost events are reset, and are sent after these.
     * @returns whether that was the case; then these are to be marked before the next call
     */
    async detectRewind(lease: RelayLease, places: readonly AcknowledgedPlace[]): Promise<boolean> {
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
      return wrong.length > 0;
    },

    /** The highest sequence that is recorded as far as this relay knows; 0 before the first comparison. */
    knownSequence: () => known?.sequence ?? 0,

    /**
     * Takes in what a mark left recorded.
     * @returns false when that is less than was known: the database was replaced by one that lacks the last marks.
     */
    confirm(recorded: number | null): boolean {
      if (known === null || recorded === null) return true;
      if (recorded < known.sequence) return false;
      known = { ...known, sequence: recorded };
      return true;
    },

    /** @throws Error before the first comparison. */
    known(): KnownStreamWindow {
      if (known === null) throw new Error('the stream was not compared yet');
      return { ...known, duplicateWindowMs };
    },

    /** Events reset since the process started. */
    resent: () => resent,
    /** Messages that the database does not know, found since the process started. */
    foreign: () => foreign,
  };
}
