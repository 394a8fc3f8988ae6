import { type EventStream, StreamConflict } from '../../domain/outbox/event-stream.ts';
import {
  LeaseLost,
  type OutboxQueue,
  type RelayLease,
  type WaitingEvent,
} from '../../domain/outbox/outbox-queue.ts';
import type { Logger } from '../../domain/ports.ts';
import { createOutageLog } from '../../lib/outage-log.ts';
import { createClaims } from './claim-events.ts';
import { createInFlightEvents, type Outcomes } from './in-flight-events.ts';
import { createLeaseWatch } from './lease-watch.ts';
import { RELAY_DEFAULTS, type RelaySettings } from './relay-settings.ts';
import type { RelayStats } from './relay-stats.ts';
import { createStreamReconciler } from './stream-reconciler.ts';
import { createWakeupSignal } from './wakeup.ts';

export interface RelayDeps {
  readonly queue: OutboxQueue;
  readonly stream: EventStream;
  /** Names this instance in the lease. */
  readonly holder: string;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
  readonly settings?: Partial<RelaySettings>;
}

/** The relay of one instance. */
export interface OutboxRelay {
  /** Works until the signal aborts, then marks what is in flight and releases the lease. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Says that new events may wait. Ignored unless this instance holds the lease. */
  notify(): void;
  stats(): RelayStats;
}

/** The time for which this instance holds the lease. */
interface LeadershipTerm {
  readonly lease: RelayLease;
  /** By the monotonic clock. Nothing is sent after it. */
  expiresAtMs: number;
  renewAtMs: number;
}

/**
 * Publishes the events of the outbox to the stream. Every instance runs a relay; the one that holds the lease publishes.
 * `models/relay.pml` is its protocol.
 *
 * # States
 *
 * | state          | meaning                                                   | leaves it when                           |
 * | -------------- | --------------------------------------------------------- | ---------------------------------------- |
 * | `stopped`      | not started yet, or ended                                 | `run` is called                          |
 * | `disconnected` | the broker is unreachable; the lease is released as soon  | the broker is reachable                  |
 * |                | as nothing is in flight, for an instance that reaches it  |                                          |
 * | `standby`      | another instance holds the lease                          | that lease is released or expires        |
 * | `publishing`   | this instance holds the lease and publishes               | the lease is lost, the broker is lost,   |
 * |                |                                                           | or the stream is in conflict             |
 * | `blocked`      | the stream cannot carry the events as configured; the     | a round succeeds: an operator changed    |
 * |                | relay keeps the lease and retries                         | the stream or the configuration          |
 *
 * Each round computes the state again. A round acquires or renews the lease, reconciles the stream where that is due,
 * marks the events that were acknowledged, claims waiting events of idle users, and sends those. Claims go through the
 * users in the order of their keys and start again after the last one. Any other failure of a round is logged once per
 * outage, and the next round follows after `retryMs`.
 *
 * # Invariants
 *
 * - The events of a user are sent in commit order, and the broker adds none of them without the one before it. Further
 *   ones are claimed only after the outcomes of all of them are in the database. So they enter the stream in commit order.
 *   Events without a user go in any order.
 * - Nothing is sent after the lease has expired, by a clock that starts before the lease was requested. Every mark names
 *   the epoch of the lease: a relay that lost its lease changes no row.
 * - Nothing is sent on a connection that is newer than the round's comparison of the stream with the marks.
 * - An event whose outcome is unknown stays the first of its user and is sent again under the same id. Inside the
 *   duplicate window the broker drops the copy; for an older event, the relay looks for it in the stream first.
 * - A stream that lost acknowledged events is detected by its creation time, its last sequence, or a sequence given
 *   twice. The lost events wait again before further events are sent; nothing is in flight while they are reset.
 *
 * # Calls
 *
 * The relay calls the in-flight events and the reconciler; these call the queue and the stream, and never the relay or
 * each other.
 */
export function createOutboxRelay(deps: RelayDeps): OutboxRelay {
  const { queue, stream, holder, monotonicMs, logger } = deps;
  const settings = { ...RELAY_DEFAULTS, ...deps.settings };
  const reconciler = createStreamReconciler({ queue, stream, monotonicMs, logger, settings });
  const inFlight = createInFlightEvents({ queue, stream, monotonicMs, logger, settings });
  const capacity = (): number => settings.maxInFlight - inFlight.unacknowledged();
  const claims = createClaims({ queue, inFlight, capacity, monotonicMs, settings });
  const acquireLease = createLeaseWatch({ ...deps, leaseTtlMs: settings.leaseTtlMs });
  const wakeup = createWakeupSignal();
  const outage = createOutageLog({
    onOutage: (error) => logger.warn('the relay failed and tries again', { error }),
    onRecovery: () => logger.info('the relay works again'),
  });
  let term: LeadershipTerm | null = null;
  let state: RelayStats['state'] = 'stopped';
  /** After a failure, or when marks are missing, the database may be another one: a standby that lacks the last commits. */
  let mayBeReplaced = false;
  /** Of the connection to the broker. After one, the stream may lack earlier events of a user: those go first. */
  let changes = 0;

  async function round(): Promise<void> {
    if (term !== null) await claims.rest();
    const changesBefore = changes;
    if (!stream.isAvailable()) {
      state = 'disconnected';
      reconciler.markStale();
      if (inFlight.size() === 0) await releaseLease();
      else if (term !== null) await mark(term.lease);
      return wakeup.wait(settings.retryMs);
    }
    const held = await holdLease();
    if (held === null) {
      state = 'standby';
      return wakeup.wait(settings.standbyMs);
    }
    if (mayBeReplaced) {
      reconciler.reload(await queue.findStream());
      mayBeReplaced = false;
    }
    if (reconciler.isDue()) {
      claims.expect();
      await reconcile(held.lease);
    }
    state = 'publishing';
    const events = await markAndClaim(held.lease);
    if (events === null) return wakeup.wait(settings.retryMs);
    const mayStillSend = () => monotonicMs() < held.expiresAtMs && changes === changesBefore;
    if (!mayStillSend()) return claims.expect();
    if (events.length > 0) inFlight.start(events, { known: reconciler.known(), mayStillSend });
    if (claims.moreWaits() && capacity() > 0) return;
    // While much waits, publishing has the broker for itself.
    if (!claims.moreWaits()) await reconciler.sweep(held.lease);
    if (inFlight.size() === 0) await wakeup.wait(settings.pollMs);
    else await inFlight.gather(enoughOutcomes(), wakeup);
  }

  /** @returns null while another instance holds the lease. @throws LeaseLost */
  async function holdLease(): Promise<LeadershipTerm | null> {
    const nowMs = monotonicMs();
    if (term === null) {
      const acquired = await acquireLease();
      if (acquired === null) return null;
      reconciler.begin(acquired.stream);
      claims.restart();
      logger.info('this instance publishes events', { epoch: acquired.lease.epoch });
      term = { lease: acquired.lease, ...leaseTimes(nowMs) };
    } else if (nowMs >= term.renewAtMs) {
      if (!(await queue.renewLease(holder, term.lease, settings.leaseTtlMs))) throw new LeaseLost();
      Object.assign(term, leaseTimes(nowMs));
    }
    return term;
  }

  /** Counted from before the statement: the lease in the database ends later than this. */
  function leaseTimes(nowMs: number): Omit<LeadershipTerm, 'lease'> {
    return {
      expiresAtMs: nowMs + settings.leaseTtlMs,
      renewAtMs: nowMs + settings.renewEveryMs,
    };
  }

  async function releaseLease(): Promise<void> {
    const held = term;
    term = null;
    if (held !== null) await queue.renewLease(holder, held.lease, 0);
  }

  async function reconcile(lease: RelayLease): Promise<void> {
    if (await reconciler.compare(lease, inFlight.highestAcknowledged())) return;
    await inFlight.settle();
    await mark(lease);
    await reconciler.reconcile(lease);
  }

  /**
   * While much waits, one half is marked, and as many are claimed, while the other half is on its way. Without further
   * events of busy users, nothing waits for the marks.
   */
  function enoughOutcomes(): number {
    const size = inFlight.size();
    if (claims.moreWaits()) return Math.min(size, Math.ceil(settings.maxInFlight / 2));
    return claims.passedBusy() ? size : Number.POSITIVE_INFINITY;
  }

  /**
   * Marks before it claims, so that the next event of a user is found at once. While other users wait anyway, it does
   * both at the same time; the users whose marks are being written count as busy then. While nothing waits for the
   * marks, they are collected for several claims.
   * @returns null when the stream is unavailable: a pause is due. @throws LeaseLost
   */
  async function markAndClaim(lease: RelayLease): Promise<readonly WaitingEvent[] | null> {
    const { published, failed, rewound } = await nextOutcomes(lease);
    const nextWaits = failed.length > 0 || (claims.passedBusy() && published.length > 0);
    if (!claims.moreWaits()) {
      if (!rewound && !nextWaits && !inFlight.isGathered()) return claims.claim();
      await markPublished(lease, published);
      if (nextWaits) claims.expect();
      return (await markFailed(lease, failed)) ? claims.claim() : null;
    }
    const marking = markPublished(lease, published);
    // Both end before the next step, even when one fails.
    const [marked, claimed] = await Promise.allSettled([marking, claims.claim()]);
    if (marked.status === 'rejected') throw marked.reason;
    if (claimed.status === 'rejected') throw claimed.reason;
    // The claim may have passed the users whose outcomes were being recorded.
    claims.release(published.length + failed.length);
    return (await markFailed(lease, failed)) ? claimed.value : null;
  }

  async function mark(lease: RelayLease): Promise<void> {
    const { published, failed } = await nextOutcomes(lease);
    await markPublished(lease, published);
    await markFailed(lease, failed);
  }

  async function markPublished(lease: RelayLease, published: Outcomes['published']): Promise<void> {
    const known = reconciler.knownSequence();
    const recorded = await inFlight.markPublished(lease, published, known);
    if (!reconciler.confirm(recorded)) mayBeReplaced = true;
  }

  async function nextOutcomes(lease: RelayLease): Promise<Outcomes & { rewound: boolean }> {
    const { published, failed } = inFlight.outcomes();
    const places = published.map(({ place }) => place);
    const rewound = await reconciler.detectRewind(lease, places);
    return { published, failed, rewound };
  }

  /** @returns false when the stream is unavailable. */
  async function markFailed(lease: RelayLease, failed: Outcomes['failed']): Promise<boolean> {
    const { uncertain, unavailable } = await inFlight.markFailed(lease, failed);
    if (uncertain) reconciler.markStale();
    return !unavailable;
  }

  async function handleFailure(error: unknown): Promise<void> {
    if (error instanceof LeaseLost) {
      logger.warn('another instance publishes events now');
      term = null;
      await inFlight.settle();
      inFlight.discard();
    } else {
      outage.failed(error);
      mayBeReplaced = true;
      if (error instanceof StreamConflict) state = 'blocked';
    }
    reconciler.markStale();
    claims.expect();
  }

  async function finish(): Promise<void> {
    await inFlight.settle();
    if (term === null) return;
    await mark(term.lease);
    await releaseLease();
  }

  return {
    async run(signal) {
      const wake = () => wakeup.notify();
      const unsubscribe = stream.onChange(() => {
        changes += 1;
        claims.expect();
        reconciler.markDisturbed();
        wake();
      });
      signal.addEventListener('abort', wake);
      while (!signal.aborted) {
        try {
          await round();
          outage.succeeded();
        } catch (error) {
          await handleFailure(error);
          if (!signal.aborted) await wakeup.wait(settings.retryMs);
        }
      }
      signal.removeEventListener('abort', wake);
      unsubscribe();
      await finish().catch((error) => logger.warn('the relay did not stop cleanly', { error }));
      state = 'stopped';
    },
    notify() {
      if (term === null) return;
      claims.expect();
      wakeup.notify();
    },
    stats: () => ({
      state,
      inFlight: inFlight.size(),
      resent: reconciler.resent(),
      foreign: reconciler.foreign(),
      ...inFlight.counts(),
    }),
  };
}
