import type { OutboxQueue, WaitingEvent } from '../../domain/outbox/outbox-queue.ts';
import type { RelaySettings } from './relay-settings.ts';

interface Deps {
  readonly queue: Pick<OutboxQueue, 'claim'>;
  readonly inFlight: { unmarkedByUser(): ReadonlyMap<string, number> };
  /** How many events may be sent now. */
  readonly capacity: () => number;
  readonly monotonicMs: () => number;
  readonly settings: Pick<RelaySettings, 'claimEveryMs' | 'pollMs'>;
}

/**
 * Claims waiting events through all users in the order of their keys, and starts again after the last one. It knows
 * whether a claim may find something, so that a change costs one claim and not one before and one after its mark.
 */
export function createClaims({ queue, inFlight, capacity, monotonicMs, settings }: Deps) {
  /** The key after which the next claim goes on; null for the first key. */
  let after: string | null = null;
  /** Events that were claimed or released since the last claim from the first key. */
  let movedInLap = 0;
  /** The last claim did not examine all waiting events. */
  let moreWaits = false;
  /** The last claim may have passed events of users who were busy: they can be claimed once those are released. */
  let passedBusy = false;
  /** Something may wait that the last claim did not see. */
  let isExpected = true;
  let claimedAtMs = Number.NEGATIVE_INFINITY;

  // Half of the pause, since a timer may end a moment early.
  const isDue = (): boolean =>
    moreWaits || isExpected || monotonicMs() - claimedAtMs >= settings.pollMs / 2;

  return {
    moreWaits: () => moreWaits,
    passedBusy: () => passedBusy,

    /** The next claim begins with the first user. */
    restart(): void {
      after = null;
      isExpected = true;
    },

    /** Says that events may wait. */
    expect(): void {
      isExpected = true;
    },

    /** Says that so many events were released during a claim, which may have passed their users. */
    release(count: number): void {
      movedInLap += count;
      if (count > 0) moreWaits = true;
    },

    /** Pauses before a claim that would follow the last one at once: changes in a quick succession share one. */
    async rest(): Promise<void> {
      const restMs = claimedAtMs + settings.claimEveryMs - monotonicMs();
      if (restMs > 0 && !moreWaits && isDue()) {
        await new Promise((resolve) => setTimeout(resolve, restMs));
      }
    },

    /** @returns the events to send now; none while nothing is expected */
    async claim(): Promise<readonly WaitingEvent[]> {
      if (!isDue() || capacity() <= 0) return [];
      isExpected = false;
      claimedAtMs = monotonicMs();
      const claimed = await queue.claim(inFlight.unmarkedByUser(), capacity(), after);
      movedInLap += claimed.events.length;
      // After the last key the next lap begins, unless nothing moved in this one: all users are busy or held back.
      moreWaits = claimed.next !== null || (after !== null && movedInLap > 0);
      // A claim that began in the middle of a lap says nothing about the users before.
      passedBusy = claimed.passedBusy || (after !== null && !moreWaits);
      if (claimed.next === null) movedInLap = 0;
      after = claimed.next;
      return claimed.events;
    },
  };
}
