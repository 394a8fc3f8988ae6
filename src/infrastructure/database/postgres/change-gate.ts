import { createSemaphore } from '../../../lib/semaphore.ts';

/** A change that may wait for its commit; ended once. */
export interface PendingChange {
  /** The statement that commits has been sent. */
  sent(): void;
  /** The server has answered it, or its backend has ended. */
  ended(): void;
}

/**
 * Admits changes to the pool. States: confirming, and blocked while the server does not confirm commits, as when its
 * synchronous standby is away. Reads never pass here, so part of the connections stays free for them.
 */
export interface ChangeGate {
  /** Whether changes are rejected now. Logs the change of the state. */
  isBlocked(): boolean;
  /** @returns the function that releases the slot, or null when none came free in time. */
  acquire(): Promise<(() => void) | null>;
  begin(): PendingChange;
  /** Changes that wait for a slot. */
  waiting(): number;
}

export interface ChangeGateOptions {
  readonly maxOpenConns: number;
  readonly waitMs: number;
  readonly maxWaiting: number;
  readonly nowMs: () => number;
  readonly onChange: (blocked: boolean) => void;
}

/** A commit that has waited for this long counts as unconfirmed, in milliseconds. */
const LATE_MS = 2_000;
/** One connection of so many is for reads only; a smaller pool has none to spare. */
const READ_SHARE = 5;

/** Connections that changes may hold at the same time. */
export function changeSlots(maxOpenConns: number): number {
  return maxOpenConns - Math.floor(maxOpenConns / READ_SHARE);
}

/** Unconfirmed commits at which further changes are rejected: half of the slots. */
function unconfirmedLimit(maxOpenConns: number): number {
  return Math.max(1, Math.floor(changeSlots(maxOpenConns) / 2));
}

export function createChangeGate(options: ChangeGateOptions): ChangeGate {
  const { maxOpenConns, waitMs, maxWaiting, nowMs, onChange } = options;
  const slots = createSemaphore({ maxConcurrent: changeSlots(maxOpenConns), waitMs, maxWaiting });
  const limit = unconfirmedLimit(maxOpenConns);
  /** When each unanswered commit was sent. No more than there are slots. */
  const sentAt = new Map<PendingChange, number>();
  let blocked = false;

  function isBlocked(): boolean {
    const before = nowMs() - LATE_MS;
    let late = 0;
    if (sentAt.size >= limit) for (const at of sentAt.values()) if (at <= before) late += 1;
    if (blocked !== late >= limit) {
      blocked = !blocked;
      onChange(blocked);
    }
    return blocked;
  }

  return {
    isBlocked,
    acquire: () => slots.acquire(),
    waiting: () => slots.stats().waiting,
    begin() {
      const pending: PendingChange = {
        sent: () => void sentAt.set(pending, nowMs()),
        ended() {
          if (sentAt.delete(pending) && blocked) isBlocked();
        },
      };
      return pending;
    },
  };
}
