import type { EventStream, StreamState } from '../../domain/outbox/event-stream.ts';
import type { OutboxQueue, RelayLease } from '../../domain/outbox/outbox-queue.ts';
import type { Logger } from '../../domain/ports.ts';
import type { RelaySettings } from './relay-settings.ts';
import { type Loss, unexpiredAgeMs } from './stream-losses.ts';

interface Deps {
  readonly queue: Pick<OutboxQueue, 'resetSequences'>;
  readonly stream: Pick<EventStream, 'isAvailable' | 'listMissing'>;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
  readonly settings: Pick<RelaySettings, 'sweepEveryMs' | 'sweepSliceEveryMs'>;
}

/** The part of the stream that is still to be read: from `lowest` to `highest`, from the end. */
interface Sweep {
  readonly lowest: number;
  highest: number;
  /** Slices in a row that could not be read. */
  failures: number;
}

/** Messages of one sweep, the newest ones. */
const MAX_SWEPT = 20_000;
/** Messages of one slice. */
const SLICE = 500;
/** A sweep ends after this many failed slices in a row. */
const MAX_FAILURES = 3;

/**
 * Finds published events whose messages the stream has lost without saying so: a server can count the messages of a
 * damaged block that it cannot read. It reads the newest messages a slice at a time, in the background: publishing goes
 * on meanwhile. Limits that an operator set on the stream remove messages by right; then nothing is read.
 *
 * A further sweep follows a sweep that found something, and a request that came during a sweep, which goes on meanwhile.
 * Sweeps start at least `sweepEveryMs` apart, so whatever happens causes at most 20,000 reads in that time.
 */
export function createStreamSweep(deps: Deps) {
  const { queue, stream, monotonicMs, logger, settings } = deps;
  let isRequested = false;
  let sweep: Sweep | null = null;
  let reading: Promise<void> | null = null;
  /** Found by the last slice, and not reset yet. */
  let missing: readonly number[] = [];
  let startsAtMs = 0;
  let sliceAtMs = 0;

  function discard(): void {
    sweep = null;
    reading = null;
    missing = [];
  }

  function start(state: StreamState, lastMarked: number): void {
    if (!isRequested || monotonicMs() < startsAtMs) return;
    isRequested = false;
    startsAtMs = monotonicMs() + settings.sweepEveryMs;
    // An empty stream may say that it begins at 0.
    const lowest = Math.max(1, state.firstSequence, lastMarked - MAX_SWEPT + 1);
    sweep = { lowest, highest: lastMarked, failures: 0 };
  }

  async function readSlice(current: Sweep, first: number): Promise<void> {
    try {
      const found = await stream.listMissing({ first, last: current.highest });
      // The stream was found to be another one meanwhile.
      if (sweep !== current) return;
      missing = found;
      current.highest = first - 1;
      current.failures = 0;
    } catch (error) {
      // An unreachable broker is no failure of the sweep, which goes on after the reconnect.
      if (sweep !== current || !stream.isAvailable()) return;
      current.failures += 1;
      if (current.failures < MAX_FAILURES) return;
      sweep = null;
      logger.warn('the stream could not be searched for lost events', { error });
    }
  }

  /** Begins to read the next slice, unless one is being read or the pause after the last one has not passed. */
  function readNext(current: Sweep, { firstSequence }: StreamState): void {
    if (reading !== null || monotonicMs() < sliceAtMs) return;
    const lowest = Math.max(current.lowest, firstSequence);
    if (lowest > current.highest) {
      sweep = null;
      return;
    }
    sliceAtMs = monotonicMs() + settings.sweepSliceEveryMs;
    const started = readSlice(current, Math.max(lowest, current.highest - SLICE + 1)).finally(
      () => {
        if (reading === started) reading = null;
      },
    );
    reading = started;
  }

  return {
    /** Asks for a sweep: the stream may have been damaged, or another leader may have left one unfinished. */
    request(): void {
      isRequested = true;
    },

    /** Forgets what was read: the sequences belong to other events from now on. The rest of a sweep starts again. */
    discard(): void {
      if (sweep !== null || missing.length > 0) isRequested = true;
      discard();
    },

    /**
     * Resets what the last slice found to be missing, and begins the next slice where that is due. It does not wait for
     * the stream.
     * @param lastMarked the highest marked sequence; later messages may be in flight
     * @returns what was reset, or null. @throws LeaseLost
     */
    async step(lease: RelayLease, state: StreamState, lastMarked: number): Promise<Loss | null> {
      if (state.limitsSize || state.limitsSubjects) {
        isRequested = false;
        discard();
        return null;
      }
      const found = missing;
      const count =
        found.length === 0 ? 0 : await queue.resetSequences(lease, found, unexpiredAgeMs(state));
      missing = [];
      // What is sent again goes into the last block, which may be the damaged one.
      if (count > 0) isRequested = true;
      if (sweep === null) start(state, lastMarked);
      if (sweep !== null) readNext(sweep, state);
      return count === 0 ? null : { cause: 'the stream counts messages that it has lost', count };
    },
  };
}
