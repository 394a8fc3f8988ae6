import { type EventStream, StreamConflict } from '../../domain/outbox/event-stream.ts';
import {
  LeaseLost,
  type OutboxQueue,
  type RelayLease,
  type WaitingEvent,
} from '../../domain/outbox/outbox-queue.ts';
import type { Logger } from '../../domain/ports.ts';
import { createInFlightEvents } from './in-flight-events.ts';
import { RELAY_DEFAULTS, type RelaySettings } from './relay-settings.ts';
import { createStreamReconciler } from './stream-reconciler.ts';
import { createWakeupSignal } from './wakeup.ts';

/** What the relay works with. */
export interface RelayDeps {
  readonly queue: OutboxQueue;
  readonly stream: EventStream;
  /** Names this instance in the lease. */
  readonly holder: string;
  /** A clock that only goes forward, in milliseconds. */
  readonly monotonicMs: () => number;
  readonly logger: Logger;
  readonly settings?: Partial<RelaySettings>;
}

/** What the relay is doing, for metrics and health. */
export interface RelayStats {
  /** `standby`: another instance publishes. `blocked`: the stream cannot carry the events as configured. */
  readonly state: 'publishing' | 'standby' | 'disconnected' | 'blocked' | 'stopped';
  readonly inFlight: number;
  readonly published: number;
  readonly refused: number;
  /** Acknowledgements that did not come in time. */
  readonly unknown: number;
  /** Events sent again because the stream had lost them. */
  readonly resent: number;
  /** From the event to its acknowledgement, of the last one that was acknowledged; null before the first. */
  readonly lagMs: number | null;
}

/** Publishes what waits in the outbox, while it holds the lease. */
export interface OutboxRelay {
  /** Works until the signal; then waits for what is on its way, marks it and gives the lease up. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** There may be something new. Heard only by the instance that holds the lease: nobody else need do anything. */
  wake(): void;
  stats(): RelayStats;
}

interface Tenure {
  readonly lease: RelayLease;
  /** On the monotonic clock; nothing is sent after it. */
  expiresAtMs: number;
  renewAtMs: number;
}

/**
 * The relay of one instance. A round takes the lease or keeps it, compares the stream with the marks where that is due,
 * sends the first waiting event of each user, and marks what was acknowledged. Events whose outcome is not known stay
 * in the queue and are sent again: the broker knows their ids.
 */
export function createOutboxRelay(deps: RelayDeps): OutboxRelay {
  const { queue, stream, holder, monotonicMs, logger } = deps;
  const settings = { ...RELAY_DEFAULTS, ...deps.settings };
  const keeper = createStreamReconciler({ queue, stream, monotonicMs, logger, settings });
  const flight = createInFlightEvents({
    queue,
    stream,
    keeper,
    monotonicMs,
    logger,
    settings,
  });
  const alarm = createWakeupSignal();
  let tenure: Tenure | null = null;
  let state: RelayStats['state'] = 'stopped';
  let failing = false;
  let moreWaits = false;

  async function holdLease(): Promise<Tenure | null> {
    const nowMs = monotonicMs();
    if (tenure === null) {
      const taken = await queue.acquireLease(holder, settings.leaseTtlMs);
      if (taken === null) return null;
      keeper.begin(taken.stream);
      logger.info('this instance publishes events', { epoch: taken.lease.epoch });
      tenure = { lease: taken.lease, ...times(nowMs) };
    } else if (nowMs >= tenure.renewAtMs) {
      if (!(await queue.renewLease(holder, tenure.lease, settings.leaseTtlMs)))
        throw new LeaseLost();
      Object.assign(tenure, times(nowMs));
    }
    return tenure;
  }

  /** Counted from before the question: the database's answer took effect later than that. */
  function times(nowMs: number): Omit<Tenure, 'lease'> {
    return {
      expiresAtMs: nowMs + settings.leaseTtlMs,
      renewAtMs: nowMs + settings.renewEveryMs,
    };
  }

  async function giveUpLease(): Promise<void> {
    const held = tenure;
    tenure = null;
    if (held !== null) await queue.renewLease(holder, held.lease, 0);
  }

  async function round(): Promise<void> {
    if (!stream.isAvailable()) {
      state = 'disconnected';
      keeper.doubt();
      // Another instance may reach the broker.
      if (flight.size() === 0) await giveUpLease();
      else if (tenure !== null) await flight.mark(tenure.lease);
      return alarm.wait(settings.retryMs);
    }
    const held = await holdLease();
    if (held === null) {
      state = 'standby';
      return alarm.wait(settings.standbyMs);
    }
    if (keeper.isDue()) {
      await keeper.compare(held.lease, async () => {
        await flight.settle();
        await flight.mark(held.lease);
      });
    }
    state = 'publishing';
    const events = await markAndClaim(held.lease);
    if (events === null) return alarm.wait(settings.retryMs);
    if (monotonicMs() >= held.expiresAtMs) return;
    for (const event of events) flight.start(event, keeper.known());
    if (moreWaits && room() > 0) return;
    if (flight.size() === 0) await alarm.wait(settings.pollMs);
    else await flight.gather(settings.gatherMs, settings.pollMs, alarm);
  }

  function room(): number {
    return settings.maxInFlight - flight.unsettled();
  }

  /**
   * One after the other, so that the next event of a user whose last one is marked is found at once; at the same time
   * while other users wait anyway.
   * @returns null when the stream took something no more: it is worth a pause.
   */
  async function markAndClaim(lease: RelayLease): Promise<readonly WaitingEvent[] | null> {
    let events: readonly WaitingEvent[] = [];
    const claim = async (): Promise<void> => {
      if (room() <= 0) return;
      const claimed = await queue.claim(flight.busy(), room());
      events = claimed.events;
      moreWaits = claimed.mayHaveMore;
    };
    const together = moreWaits;
    if (!(await flight.mark(lease, together ? claim : undefined))) return null;
    if (!together) await claim();
    return events;
  }

  async function guardedRound(signal: AbortSignal): Promise<void> {
    try {
      await round();
      if (failing) logger.info('the relay works again');
      failing = false;
    } catch (error) {
      if (error instanceof LeaseLost) {
        logger.warn('another instance publishes events now');
        tenure = null;
        await flight.settle();
        flight.forget();
      } else {
        if (!failing) logger.warn('the relay waits', { error });
        failing = true;
        if (error instanceof StreamConflict) state = 'blocked';
      }
      keeper.doubt();
      if (!signal.aborted) await alarm.wait(settings.retryMs);
    }
  }

  async function end(): Promise<void> {
    await flight.settle();
    if (tenure !== null) {
      await flight.mark(tenure.lease);
      await giveUpLease();
    }
  }

  return {
    async run(signal) {
      const ring = () => alarm.ring();
      const unsubscribe = stream.onChange(() => {
        keeper.doubt();
        alarm.ring();
      });
      signal.addEventListener('abort', ring);
      while (!signal.aborted) await guardedRound(signal);
      signal.removeEventListener('abort', ring);
      unsubscribe();
      await end().catch((error) => logger.warn('the relay did not end cleanly', { error }));
      state = 'stopped';
    },
    wake: () => void (tenure !== null && alarm.ring()),
    stats: () => ({ state, inFlight: flight.size(), resent: keeper.resent(), ...flight.counts() }),
  };
}
