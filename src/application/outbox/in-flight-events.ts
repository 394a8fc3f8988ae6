import {
  EventHeldBack,
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
import { createEventSender, type SendingTerm } from './send-events.ts';
import type { AcknowledgedPlace } from './stream-reconciler.ts';
import type { WakeupSignal } from './wakeup.ts';

interface Deps {
  readonly queue: Pick<OutboxQueue, 'markPublished' | 'markFailed' | 'isBefore'>;
  readonly stream: Pick<EventStream, 'add' | 'find' | 'holds'>;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
  readonly settings: Pick<RelaySettings, 'maxAttempts' | 'backOffMs' | 'gatherMs' | 'pollMs'>;
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

/** The events of one user that are sent and not marked. */
interface UserInFlight {
  unmarked: number;
  /** Resolves, and never rejects, when the sending of all has ended. */
  readonly sending: Promise<unknown>;
}

const MAX_BACK_OFF_MS = 60_000;
/** The failure says nothing about the stream. */
function isAboutTheEvent(error: unknown): boolean {
  return (
    error instanceof EventRefused ||
    error instanceof EventRemembered ||
    error instanceof EventHeldBack
  );
}

/**
 * The events that are sent and not marked yet. A user is released, and its next events may be claimed, only after the
 * outcome of each of its events is in the database. `models/relay.pml` is the protocol.
 */
export function createInFlightEvents(deps: Deps) {
  const { queue, stream, monotonicMs, logger, settings } = deps;
  /** By user key. */
  const inFlight = new Map<string, UserInFlight>();
  let size = 0;
  // Appended as sendings end, and removed from the front as they are marked. Not sets: see `LinkedList`.
  const published: PublishedEvent[] = [];
  const failed: FailedEvent[] = [];
  const counts = { published: 0, refused: 0, unknown: 0 };
  let onOutcome = (): void => {};
  /** Of those that are not marked. */
  let firstOutcomeAtMs = 0;
  let lagMs: number | null = null;
  /** The last failure that was no refusal, until an event is published. */
  let failure: Error | null = null;
  const outage = createOutageLog({
    onOutage: (error) =>
      logger.warn('events cannot be published; they wait in the outbox', { error }),
    onRecovery: () => logger.info('events are published again'),
  });

  const outcomeCount = (): number => published.length + failed.length;

  /** Notes the outcome. @returns the place, or null after a failure; never rejects. */
  async function note(
    event: WaitingEvent,
    sending: Promise<AcknowledgedPlace>,
  ): Promise<AcknowledgedPlace | null> {
    const startedAtMs = monotonicMs();
    let place: AcknowledgedPlace | null = null;
    try {
      place = await sending;
      // The age is by the database's clock, which may be behind the clock that stamped the event.
      lagMs = Math.max(0, event.ageMs) + monotonicMs() - startedAtMs;
      noteTime();
      published.push({ event, place });
    } catch (error) {
      noteTime();
      failed.push({ event, error });
    }
    onOutcome();
    return place;
  }

  function noteTime(): void {
    if (outcomeCount() === 0) firstOutcomeAtMs = monotonicMs();
  }

  function holdBack(events: readonly WaitingEvent[]): void {
    noteTime();
    for (const event of events) {
      failed.push({
        event,
        error: new EventHeldBack('an earlier event of the user was not added'),
      });
    }
    if (events.length > 0) onOutcome();
  }

  const send = createEventSender({ queue, stream, note, holdBack });

  function release(event: WaitingEvent): void {
    const user = inFlight.get(event.userKey);
    if (user === undefined) return;
    size -= 1;
    user.unmarked -= 1;
    if (user.unmarked === 0) inFlight.delete(event.userKey);
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
    size: () => size,
    unacknowledged: () => size - outcomeCount(),
    /** The events in flight of each busy user. */
    unmarkedByUser: (): ReadonlyMap<string, number> =>
      new Map(Array.from(inFlight, ([key, { unmarked }]) => [key, unmarked])),
    counts: () => ({ ...counts, lagMs, failure }),

    /** Starts to send events; those of a user stand together. Their users are busy until all are marked. */
    start(events: readonly WaitingEvent[], term: SendingTerm): void {
      size += events.length;
      for (let from = 0, to = 0; from < events.length; from = to) {
        const userKey = events[from]?.userKey ?? '';
        while (events[to]?.userKey === userKey) to += 1;
        const sending = send(events.slice(from, to), term);
        inFlight.set(userKey, { unmarked: to - from, sending });
      }
    },

    /** Waits until every sending has ended; each has a deadline of its own. */
    async settle(): Promise<void> {
      await Promise.all([...inFlight.values()].map(({ sending }) => sending));
    },

    /** Whether the first outcome that is not marked is `gatherMs` old. */
    isGathered: (): boolean =>
      outcomeCount() > 0 && monotonicMs() >= firstOutcomeAtMs + settings.gatherMs,

    /**
     * Waits until `enough` sendings have ended, or for `gatherMs` after the first one has. A notification, or `pollMs`
     * without an outcome, ends the wait early.
     */
    async gather(enough: number, wakeup: WakeupSignal): Promise<void> {
      const { gatherMs, pollMs } = settings;
      const enoughEnded = () => outcomeCount() >= enough;
      if (outcomeCount() === 0) {
        onOutcome = () => wakeup.notify();
        await wakeup.wait(pollMs);
      }
      if (outcomeCount() > 0 && !enoughEnded()) {
        onOutcome = () => void (enoughEnded() && wakeup.notify());
        await wakeup.wait(Math.max(0, Math.ceil(firstOutcomeAtMs + gatherMs - monotonicMs())));
      }
      onOutcome = () => {};
    },

    /** The highest sequence that was acknowledged and is not marked; 0 without one. */
    highestAcknowledged: (): number =>
      published.reduce((highest, { place }) => Math.max(highest, place.sequence), 0),

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
      for (const { event } of events) release(event);
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
        else if (!(error instanceof EventHeldBack)) {
          failure = error instanceof Error ? error : new Error(String(error));
          outage.failed(error);
          logger.debug('could not publish an event', { event_id: event.id, error });
        }
        if (error instanceof OutcomeUnknown) counts.unknown += 1;
        failed.shift();
        release(event);
      }
      return {
        uncertain: events.some(({ error }) => !isAboutTheEvent(error)),
        unavailable: events.some(({ error }) => error instanceof StreamUnavailable),
      };
    },

    /** Drops all outcomes without a mark: another instance publishes now, and finds these events in the stream. */
    discard(): void {
      for (const { event } of [...published, ...failed]) release(event);
      published.length = 0;
      failed.length = 0;
      failure = null;
    },
  };
}
