import { createHash } from 'node:crypto';
import type { RedisClient } from './redis-client.ts';

/** Runs a script on one key. */
export type RedisScript = (key: string, ...values: readonly string[]) => Promise<unknown>;

/**
 * A script that is sent whole until a server has run it, then by its hash, and whole again to a server that does not
 * know it: a restarted one, another primary. Each call is pipelined with its neighbours, so nothing is loaded in advance.
 */
export function createRedisScript(client: RedisClient, source: string): RedisScript {
  const hash = createHash('sha1').update(source).digest('hex');
  let isKnown = false;

  async function sendWhole(key: string, values: readonly string[]): Promise<unknown> {
    const result = await client.eval(source, 1, key, ...values);
    isKnown = true;
    return result;
  }

  return async (key, ...values) => {
    if (!isKnown) return sendWhole(key, values);
    try {
      return await client.evalsha(hash, 1, key, ...values);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      isKnown = false;
      return await sendWhole(key, values);
    }
  };
}
