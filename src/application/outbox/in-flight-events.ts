import {
  EventRefused,
  type EventStream,
  OutcomeUnknown,
  type StreamPlace,
  StreamUnavailable,
} from '../../domain/outbox/event-stream.ts';
import type { OutboxQueue, RelayLease, WaitingEvent } from '../../domain/outbox/outbox-queue.ts';
import type { Logger } from '../../domain/ports.ts';
import type { RelaySettings } from './relay-settings.ts';
import type { KnownStreamWindow, StreamReconciler } from './stream-reconciler.ts';
import type { WakeupSignal } from './wakeup.ts';

interface Deps {
  readonly queue: Pick<OutboxQueue, 'markPublished' | 'markFailed'>;
  readonly stream: Pick<EventStream, 'add' | 'findLast'>;
  readonly keeper: Pick<StreamReconciler, 'doubt' | 'misplaced'>;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
  readonly settings: Pick<RelaySettings, 'maxAttempts' | 'backOffMs'>;
}

type Outcome =
  | { readonly kind: 'published'; readonly place: StreamPlace; readonly above: number }
  | { readonly kind: 'failed'; readonly error: unknown };

interface Settled {
  readonly event: WaitingEvent;
  readonly outcome: Outcome;
}

const MAX_BACK_OFF_MS = 60_000;

/** The events that are on their way: sent and not marked yet, at most one of a user. */
export function createInFlightEvents(deps: Deps) {
  const { queue, stream, keeper, monotonicMs, logger, settings } = deps;
  /** By the user's key; a user is busy until the mark is written. */
  const flying = new Map<string, Promise<void>>();
  const settled: Settled[] = [];
  const counts = { published: 0, refused: 0, unknown: 0 };
  let landed: (() => void) | null = null;
  let lagMs: number | null = null;

  async function send(event: WaitingEvent, known: KnownStreamWindow): Promise<Outcome> {
    const above = known.sequence;
    try {
      // It may have been sent by somebody who then died; inside the window the broker would notice.
      if (event.ageMs > known.duplicateWindowMs / 2) {
        const last = await stream.findLast(event);
        if (last?.id === event.id) {
          return { kind: 'published', place: { sequence: last.sequence, duplicate: true }, above };
        }
      }
      return { kind: 'published', place: await stream.add(event), above };
    } catch (error) {
      return { kind: 'failed', error };
    }
  }

  async function fail(lease: RelayLease, event: WaitingEvent, error: unknown): Promise<void> {
    if (error instanceof EventRefused) {
      counts.refused += 1;
      const attempts = event.attempts + 1;
      const park = attempts >= settings.maxAttempts;
      await queue.markFailed(lease, {
        id: event.id,
        reason: error.message,
        delayMs: Math.min(MAX_BACK_OFF_MS, settings.backOffMs * 2 ** event.attempts),
        park,
      });
      const fields = { event_id: event.id, event_type: event.event.type, attempts, error };
      if (park) logger.error('an event is parked: see user-service events parked list', fields);
      else logger.warn('an event was refused', fields);
      return;
    }
    if (error instanceof OutcomeUnknown) counts.unknown += 1;
    // Not the event's fault: it stays first in its user's line, and the stream is looked at before it goes again.
    keeper.doubt();
    logger.debug('an event was not acknowledged', { event_id: event.id, error });
  }

  /** Nothing is removed before it is written: should the write fail, the next one has it, too. */
  function landedDown(item: Settled): void {
    settled.splice(settled.indexOf(item), 1);
    flying.delete(item.event.userKey);
  }

  /**
   * Does `meanwhile` while the marks are written, with these users busy still.
   * @returns false when the stream took something no more: it is worth a pause. @throws LeaseLost
   */
  async function mark(lease: RelayLease, meanwhile = async () => {}): Promise<boolean> {
    const batch = [...settled];
    const places = batch.flatMap(({ event, outcome }) =>
      outcome.kind === 'published'
        ? [{ id: event.id, ...outcome.place, above: outcome.above }]
        : [],
    );
    await keeper.misplaced(lease, places);
    const marks = places.map(({ id, sequence }) => ({ id, sequence }));
    const writing = queue.markPublished(lease, marks);
    // Both are over before anything else is done, whichever fails.
    const [written, other] = await Promise.allSettled([writing, meanwhile()]);
    if (written.status === 'rejected') throw written.reason;
    counts.published += places.length;
    const published = batch.filter(({ outcome }) => outcome.kind === 'published');
    for (const item of published) landedDown(item);
    if (other.status === 'rejected') throw other.reason;
    let works = true;
    for (const item of batch) {
      if (item.outcome.kind === 'published') continue;
      await fail(lease, item.event, item.outcome.error);
      works &&= !(item.outcome.error instanceof StreamUnavailable);
      landedDown(item);
    }
    return works;
  }

  return {
    size: () => flying.size,
    /** Those that are not acknowledged yet. */
    unsettled: () => flying.size - settled.length,
    busy: () => [...flying.keys()],
    counts: () => ({ ...counts, lagMs }),
    start(event: WaitingEvent, known: KnownStreamWindow): void {
      const startedAtMs = monotonicMs();
      flying.set(
        event.userKey,
        send(event, known).then((outcome) => {
          // The age is told by the database's clock, which may be behind the one that wrote the time.
          if (outcome.kind === 'published')
            lagMs = Math.max(0, event.ageMs) + monotonicMs() - startedAtMs;
          settled.push({ event, outcome });
          landed?.();
        }),
      );
    },
    /** Waits for all of them: each has a deadline of its own. */
    async settle(): Promise<void> {
      await Promise.all(flying.values());
    },
    /**
     * Waits until all have landed, or for a moment after the first has; in either case only until there may be
     * something else to do.
     */
    async gather(gatherMs: number, patienceMs: number, alarm: WakeupSignal): Promise<void> {
      const allLanded = () => settled.length === flying.size;
      if (settled.length === 0) {
        landed = () => alarm.ring();
        await alarm.wait(patienceMs);
      }
      if (settled.length > 0 && !allLanded()) {
        landed = () => void (allLanded() && alarm.ring());
        await alarm.wait(gatherMs);
      }
      landed = null;
    },
    mark,
    /** Forgets what has landed: somebody else publishes now, and finds it in the stream. */
    forget(): void {
      for (const { event } of settled.splice(0)) flying.delete(event.userKey);
    },
  };
}
