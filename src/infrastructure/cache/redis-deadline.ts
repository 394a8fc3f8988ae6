import { Cluster, type Redis } from 'ioredis';
import { createLinkedList } from '../../lib/linked-list.ts';
import type { RedisClient } from './redis-client.ts';

/** What the deadline is made with. */
export interface RedisDeadlineDeps {
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
  /** How long a step may take, in milliseconds. */
  readonly deadlineMs: number;
}

/**
 * The deadline of every step, and what is known from steps that missed it.
 *
 * States: answering; stalled, from a missed deadline until the server has answered a ping sent after it. A stalled
 * server must not be asked: when it goes on, it reads all that waits on one connection before it turns to the next, and
 * so a question that waits behind an older one is answered before the deletion that somebody else sent in between, and
 * gave up waiting for.
 */
export interface RedisDeadline {
  /** Rejects at the deadline, or at once without a connection; what comes later is ignored. */
  inTime<T>(step: () => Promise<T>): Promise<T>;
  isStalled(): boolean;
}

/** Thrown without a connection; it has no stack of its own. */
export const NOT_CONNECTED = new Error('the cache is not connected');

/** Watches the steps on one client. */
export function createRedisDeadline(client: RedisClient, deps: RedisDeadlineDeps): RedisDeadline {
  const { nowMs, deadlineMs } = deps;
  /** When the steps under way began, the oldest first. */
  const underWay = createLinkedList<number>();
  let stalled = false;

  async function untilAnswered(): Promise<void> {
    if (stalled) return;
    stalled = true;
    // Each try ends with the time-out of the client, and all of them with the connection.
    for (;;) {
      const answers = await Promise.allSettled(serversOf(client).map((server) => server.ping()));
      if (!answers.some((answer) => answer.status === 'rejected' && isTimeout(answer.reason)))
        break;
    }
    stalled = false;
  }

  return {
    // By the clock, too: the timer may be late.
    isStalled() {
      const oldest = underWay.first();
      return stalled || (oldest !== undefined && nowMs() - oldest >= deadlineMs);
    },
    inTime<T>(step: () => Promise<T>): Promise<T> {
      if (client.status !== 'ready') return Promise.reject(NOT_CONNECTED);
      return new Promise((resolve, reject) => {
        const begun = underWay.append(nowMs());
        const miss = (): void => {
          if (!underWay.remove(begun)) return;
          void untilAnswered();
          reject(new Error(`the cache did not answer within ${deadlineMs} ms`));
        };
        // An answer that arrived while this process was busy with other things is taken first.
        const timer = setTimeout(() => setImmediate(miss), deadlineMs);
        const end = (): void => {
          clearTimeout(timer);
          underWay.remove(begun);
        };
        step().then(
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

/** The servers that hold keys: one, or the primaries of a cluster. */
export function serversOf(client: RedisClient): Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out';
}
