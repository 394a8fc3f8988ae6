import { createHash } from 'node:crypto';
import type { RedisClient } from './redis-client.ts';

/** Runs a script on keys that one server holds. */
export type RedisScript = (
  keys: readonly string[],
  values: readonly (string | number)[],
) => Promise<unknown>;

/**
 * A script that is sent whole until a server has run it, then by its hash, and whole again to a server that does not
 * know it: a restarted one, another primary. Each call is pipelined with its neighbours, so nothing is loaded in advance.
 */
export function createRedisScript(client: RedisClient, source: string): RedisScript {
  const hash = createHash('sha1').update(source).digest('hex');
  let isKnown = false;

  async function sendWhole(...[keys, values]: Parameters<RedisScript>): Promise<unknown> {
    const result = await client.eval(source, keys.length, ...keys, ...values);
    isKnown = true;
    return result;
  }

  return async (keys, values) => {
    if (!isKnown) return sendWhole(keys, values);
    try {
      return await client.evalsha(hash, keys.length, ...keys, ...values);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      isKnown = false;
      return await sendWhole(keys, values);
    }
  };
}
