import {
  EventRefused,
  EventRemembered,
  type EventStream,
  OutcomeUnknown,
  StreamUnavailable,
} from '../../domain/outbox/event-stream.ts';
import type { OutboxQueue, RelayLease, WaitingEvent } from '../../domain/outbox/outbox-queue.ts';
import type { Logger } from '../../domain/ports.ts';
import { backoffDelayMs } from '../../lib/backoff.ts';
import { createOutageLog } from '../../lib/outage-log.ts';
import type { RelaySettings } from './relay-settings.ts';
import type { AcknowledgedPlace, KnownStreamWindow } from './stream-reconciler.ts';
import type { WakeupSignal } from './wakeup.ts';

interface Deps {
  readonly queue: Pick<OutboxQueue, 'markPublished' | 'markFailed' | 'isBefore'>;
  readonly stream: Pick<EventStream, 'add' | 'find' | 'holds'>;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
  readonly settings: Pick<RelaySettings, 'maxAttempts' | 'backOffMs'>;
}

interface PublishedEvent {
  readonly event: WaitingEvent;
  readonly place: AcknowledgedPlace;
}

interface FailedEvent {
  readonly event: WaitingEvent;
  readonly error: unknown;
}

/** What became of the events whose sending has ended. */
export interface Outcomes {
  readonly published: readonly PublishedEvent[];
  readonly failed: readonly FailedEvent[];
}

/** What failed attempts say about the stream. */
export interface FailureSummary {
  /** An attempt failed that was not a rejection, so the stream may have changed. */
  readonly uncertain: boolean;
  /** The broker or the stream was unavailable: a pause is due before the next attempt. */
  readonly unavailable: boolean;
}

const MAX_BACK_OFF_MS = 60_000;
/** How far the clocks of the database, the instances and the broker may be apart. */
const CLOCK_MARGIN_MS = 60_000;

/**
 * Whether the broker may have forgotten that it has the event: a relay that died may have sent it, and only within its
 * duplicate window does the broker recognise it. The age is by two clocks, so it may be wrong by their difference.
 */
function mayBeForgotten(
  { ageMs }: WaitingEvent,
  { duplicateWindowMs }: KnownStreamWindow,
): boolean {
  return ageMs > duplicateWindowMs / 2 - CLOCK_MARGIN_MS || ageMs < -CLOCK_MARGIN_MS;
}

/**
 * The events that are sent and not marked yet, at most one of each user. A user is released, and its next event may be
 * claimed, only after the mark of its event is in the database.
 */
export function createInFlightEvents(deps: Deps) {
  const { queue, stream, monotonicMs, logger, settings } = deps;
  /** By user key. Each promise resolves, and never rejects, when the sending has ended. */
  const inFlight = new Map<string, Promise<void>>();
  // Appended as sendings end, and removed from the front as they are marked. Not sets: see `LinkedList`.
  const published: PublishedEvent[] = [];
  const failed: FailedEvent[] = [];
  const counts = { published: 0, refused: 0, unknown: 0 };
  let onOutcome = (): void => {};
  let lagMs: number | null = null;
  /** The last failure that was no refusal, until an event is published. */
  let failure: Error | null = null;
  const outage = createOutageLog({
    onOutage: (error) =>
      logger.warn('events cannot be published; they wait in the outbox', { error }),
    onRecovery: () => logger.info('events are published again'),
  });

  const outcomeCount = (): number => published.length + failed.length;

  async function publish(event: WaitingEvent, known: KnownStreamWindow): Promise<PublishedEvent> {
    const markedBefore = known.sequence;
    if (mayBeForgotten(event, known)) {
      const sequence = await stream.find(event, (id) => queue.isBefore(id, event.position));
      if (sequence !== null) return { event, place: { sequence, duplicate: true, markedBefore } };
    }
    const place = await stream.add(event);
    if (place.duplicate && !(await stream.holds({ id: event.id, sequence: place.sequence }))) {
      throw new EventRemembered('the stream lost the event, and the broker still knows its id');
    }
    return { event, place: { ...place, markedBefore } };
  }

  async function send(event: WaitingEvent, known: KnownStreamWindow): Promise<void> {
    const startedAtMs = monotonicMs();
    try {
      const sent = await publish(event, known);
      // The age is by the database's clock, which may be behind the clock that stamped the event.
      lagMs = Math.max(0, event.ageMs) + monotonicMs() - startedAtMs;
      published.push(sent);
    } catch (error) {
      failed.push({ event, error });
    }
    onOutcome();
  }

  /** The event waits until the broker has forgotten its id; its attempts never make it a dead letter. */
  async function markRemembered(lease: RelayLease, { id }: WaitingEvent): Promise<void> {
    const reason = 'lost by the stream and still in the duplicate window of the broker';
    await queue.markFailed(lease, { id, reason, delayMs: MAX_BACK_OFF_MS, deadLetter: false });
  }

  async function markRefused(lease: RelayLease, event: WaitingEvent, error: Error): Promise<void> {
    counts.refused += 1;
    const attempts = event.attempts + 1;
    const deadLetter = attempts >= settings.maxAttempts;
    await queue.markFailed(lease, {
      id: event.id,
      reason: error.message,
      delayMs: backoffDelayMs(attempts, { firstMs: settings.backOffMs, maxMs: MAX_BACK_OFF_MS }),
      deadLetter,
    });
    const fields = { event_id: event.id, event_type: event.event.type, attempts, error };
    if (deadLetter) {
      logger.error('an event is a dead letter: see user-service events dead-letters list', fields);
    } else {
      logger.warn('the broker refused an event', fields);
    }
  }

  return {
    size: () => inFlight.size,
    unacknowledged: () => inFlight.size - outcomeCount(),
    busyUserKeys: () => [...inFlight.keys()],
    counts: () => ({ ...counts, lagMs, failure }),

    /** Starts to send an event. Its user is busy until the event is marked. */
    start(event: WaitingEvent, known: KnownStreamWindow): void {
      inFlight.set(event.userKey, send(event, known));
    },

    /** Waits until every sending has ended; each has a deadline of its own. */
    async settle(): Promise<void> {
      await Promise.all(inFlight.values());
    },

    /**
     * Waits until every sending has ended, or for `gatherMs` after the first one has. A notification, or `patienceMs`
     * without an outcome, ends the wait early.
     */
    async gather(gatherMs: number, patienceMs: number, wakeup: WakeupSignal): Promise<void> {
      const allEnded = () => outcomeCount() === inFlight.size;
      if (outcomeCount() === 0) {
        onOutcome = () => wakeup.notify();
        await wakeup.wait(patienceMs);
      }
      if (outcomeCount() > 0 && !allEnded()) {
        onOutcome = () => void (allEnded() && wakeup.notify());
        await wakeup.wait(gatherMs);
      }
      onOutcome = () => {};
    },

    /** They stay until they are marked, so that a failed statement loses none. */
    outcomes: (): Outcomes => ({ published: [...published], failed: [...failed] }),

    /**
     * Marks the events of the last `outcomes` and releases their users.
     * @returns the sequence that is recorded now, as `OutboxQueue.markPublished` does. @throws LeaseLost
     */
    async markPublished(
      lease: RelayLease,
      events: Outcomes['published'],
      knownSequence: number,
    ): Promise<number | null> {
      const marks = events.map(({ event, place }) => ({ id: event.id, sequence: place.sequence }));
      const recorded = await queue.markPublished(lease, marks, knownSequence);
      counts.published += events.length;
      if (events.length > 0) {
        failure = null;
        outage.succeeded();
      }
      published.splice(0, events.length);
      for (const { event } of events) inFlight.delete(event.userKey);
      return recorded;
    },

    /**
     * Counts refused attempts against their events and releases the users. Other failures do not count: the event stays
     * the first of its user and is sent again. @throws LeaseLost
     */
    async markFailed(lease: RelayLease, events: Outcomes['failed']): Promise<FailureSummary> {
      for (const { event, error } of events) {
        if (error instanceof EventRefused) await markRefused(lease, event, error);
        else if (error instanceof EventRemembered) await markRemembered(lease, event);
        else {
          failure = error instanceof Error ? error : new Error(String(error));
          outage.failed(error);
          logger.debug('could not publish an event', { event_id: event.id, error });
        }
        if (error instanceof OutcomeUnknown) counts.unknown += 1;
        failed.shift();
        inFlight.delete(event.userKey);
      }
      return {
        uncertain: events.some(
          ({ error }) => !(error instanceof EventRefused || error instanceof EventRemembered),
        ),
        unavailable: events.some(({ error }) => error instanceof StreamUnavailable),
      };
    },

    /** Drops all outcomes without a mark: another instance publishes now, and finds these events in the stream. */
    discard(): void {
      for (const { event } of [...published, ...failed]) inFlight.delete(event.userKey);
      published.length = 0;
      failed.length = 0;
      failure = null;
    },
  };
}
