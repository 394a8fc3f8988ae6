import type { Logger } from '../../domain/ports.ts';
import { createCircuitBreaker, type Permit } from '../../lib/circuit-breaker.ts';
import { createLinkedList } from '../../lib/linked-list.ts';
import { type RedisClient, serversOf, watchConnections } from './redis-client.ts';

/** What the guard measures with and reports to. */
export interface RedisGuardDeps {
  readonly logger: Logger;
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
  /** Longest wait for one command, in milliseconds. */
  readonly deadlineMs: number;
  /** Called with each error reply to a counted command. */
  readonly onErrorReply?: (error: unknown) => void;
}

/** Counts since the start, and the breaker's state. */
export interface RedisGuardStats {
  /** Commands that failed; one may look up or fill many keys. */
  readonly errors: number;
  /** Keys of commands that were not sent. */
  readonly rejectedKeys: number;
  readonly breakerOpenings: number;
  readonly breakerOpen: boolean;
}

/**
 * Decides which commands reach Redis and whether cached values are trusted. Commands and invalidations share one guard.
 *
 * Three states change independently of each other:
 * - Trust: *trusted*; *warming up*, for 1.5 s after a lost connection came back. During the warm-up other instances
 *   reconnect and repeat the invalidations that they could not deliver, so a cached value may be old.
 * - Server: *responsive*; *stalled*, from a missed deadline until every server has responded to a ping sent after it or
 *   has lost its connection. A stalled server gets no look-ups: when it resumes, it handles all that waits on one
 *   connection before it turns to the next. A look-up that queued behind an older one would be served before an
 *   invalidation that another instance sent in between and stopped waiting for.
 * - Circuit breaker: *closed*; *open* after repeated failures, when only one probe a second is sent.
 *
 * Each command ends at the deadline, or at once while there is no connection. The command itself is not stopped; its
 * later result is ignored.
 */
export interface RedisGuard {
  /** Whether the warm-up is over. */
  isTrusted(): boolean;
  isBreakerOpen(): boolean;
  /**
   * Sends a look-up or fill of `keyCount` keys.
   * @throws at once, without sending, while the server is stalled or the breaker permits no attempt.
   */
  execute<T>(keyCount: number, command: () => Promise<T>): Promise<T>;
  /**
   * Sends a command in every state, and records its outcome. A server that other instances can reach again must not
   * keep an old value beyond the acknowledged write.
   */
  executeAlways<T>(command: () => Promise<T>): Promise<T>;
  /** Sends a command in every state; its outcome counts neither as an error nor for the breaker. */
  executeUncounted<T>(command: () => Promise<T>): Promise<T>;
  /** Calls the listener when a lost connection came back and the warm-up has begun. */
  onReconnected(listener: () => void): void;
  stats(): RedisGuardStats;
}

/** Longer than any other instance takes to reconnect and to repeat the invalidations that it could not deliver. */
const WARM_UP_MS = 1_500;

/** Thrown without a connection. One shared instance: creating a stack for each look-up of an outage is expensive. */
const NOT_CONNECTED = new Error('the cache is not connected');
/** Shared for the same reason as `NOT_CONNECTED`. */
const UNAVAILABLE = new Error('the cache is not used: it stalled or failed repeatedly');

export function createRedisGuard(client: RedisClient, deps: RedisGuardDeps): RedisGuard {
  const { logger, nowMs } = deps;
  const breaker = createCircuitBreaker({
    nowMs,
    onChange: (isOpen) =>
      isOpen
        ? logger.warn('the circuit breaker of the cache opened; reads go to the database')
        : logger.info('the circuit breaker of the cache closed'),
  });
  const stalls = createStallDetector(client, deps);
  const reconnectListeners: (() => void)[] = [];
  let isConnectionLost = false;
  let trustedFromMs = 0;
  let errors = 0;
  let rejectedKeys = 0;

  watchConnections(client, {
    onLost() {
      isConnectionLost = true;
    },
    onReady() {
      if (!isConnectionLost) return;
      isConnectionLost = false;
      trustedFromMs = nowMs() + WARM_UP_MS;
      for (const listener of reconnectListeners) listener();
    },
  });

  async function record<T>(permit: Permit, command: () => Promise<T>): Promise<T> {
    try {
      const result = await stalls.withDeadline(command);
      breaker.record(permit, true);
      return result;
    } catch (error) {
      errors += 1;
      const isReply = isErrorReply(error);
      if (isReply) deps.onErrorReply?.(error);
      // An error reply is a response: it came in time, so the breaker has no waiting to save.
      breaker.record(permit, isReply);
      throw error;
    }
  }

  return {
    isTrusted: () => nowMs() >= trustedFromMs,
    isBreakerOpen: () => breaker.isOpen(),
    async execute(keyCount, command) {
      const permit = stalls.isStalled() ? null : breaker.acquire();
      if (permit === null) {
        rejectedKeys += keyCount;
        throw UNAVAILABLE;
      }
      return await record(permit, command);
    },
    executeAlways: (command) => record(breaker.acquire() ?? 'normal', command),
    executeUncounted: (command) => stalls.withDeadline(command),
    onReconnected: (listener) => void reconnectListeners.push(listener),
    stats: () => ({
      errors,
      rejectedKeys,
      breakerOpenings: breaker.openings(),
      breakerOpen: breaker.isOpen(),
    }),
  };
}

interface StallDetector {
  isStalled(): boolean;
  /** Rejects at the deadline, or at once without a connection. */
  withDeadline<T>(command: () => Promise<T>): Promise<T>;
}

function createStallDetector(
  client: RedisClient,
  deps: Pick<RedisGuardDeps, 'nowMs' | 'deadlineMs'>,
): StallDetector {
  const { nowMs, deadlineMs } = deps;
  /** Start times of the commands in flight, the oldest first. */
  const inFlight = createLinkedList<number>();
  let stalled = false;

  async function pingUntilResponsive(): Promise<void> {
    if (stalled) return;
    stalled = true;
    // Each ping ends with the client's command timeout, and all of them end with the connection.
    for (;;) {
      const pings = await Promise.allSettled(serversOf(client).map((server) => server.ping()));
      if (!pings.some((ping) => ping.status === 'rejected' && isCommandTimeout(ping.reason))) break;
    }
    stalled = false;
  }

  return {
    // The clock decides, too: the timer of an overdue command may fire late.
    isStalled() {
      const oldest = inFlight.first();
      return stalled || (oldest !== undefined && nowMs() - oldest >= deadlineMs);
    },
    withDeadline<T>(command: () => Promise<T>): Promise<T> {
      if (client.status !== 'ready') return Promise.reject(NOT_CONNECTED);
      return new Promise((resolve, reject) => {
        const started = inFlight.append(nowMs());
        const miss = (): void => {
          if (!inFlight.remove(started)) return;
          void pingUntilResponsive();
          reject(new Error(`the cache did not respond within ${deadlineMs} ms`));
        };
        // A response that arrived while this process was busy is read before the miss is declared.
        const timer = setTimeout(() => setImmediate(miss), deadlineMs);
        const end = (): void => {
          clearTimeout(timer);
          inFlight.remove(started);
        };
        command().then(
          (result) => {
            end();
            resolve(result);
          },
          (error: unknown) => {
            end();
            reject(error);
          },
        );
      });
    },
  };
}

function isCommandTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out';
}

function isErrorReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}
