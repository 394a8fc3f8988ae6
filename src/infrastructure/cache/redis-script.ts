import { createHash } from 'node:crypto';
import type { RedisClient } from './redis-client.ts';

/** Runs a script on keys that one server holds. */
export type RedisScript = (
  keys: readonly string[],
  values: readonly (string | number)[],
) => Promise<unknown>;

/**
 * Sends the script's source until a server has run it, then only its hash. A server that does not know the hash
 * (restarted, or another primary) gets the source again. The script is not loaded in advance, so each call can be
 * pipelined with other commands.
 */
export function createRedisScript(client: RedisClient, source: string): RedisScript {
  const hash = createHash('sha1').update(source).digest('hex');
  let isKnown = false;

  async function sendSource(...[keys, values]: Parameters<RedisScript>): Promise<unknown> {
    const result = await client.eval(source, keys.length, ...keys, ...values);
    isKnown = true;
    return result;
  }

  return async (keys, values) => {
    if (!isKnown) return sendSource(keys, values);
    try {
      return await client.evalsha(hash, keys.length, ...keys, ...values);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      isKnown = false;
      return await sendSource(keys, values);
    }
  };
}
