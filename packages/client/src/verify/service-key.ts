import { untilAborted } from '../lib/until-aborted.ts';

/** A service key, or a function that returns the current one, for keys that are rotated. */
export type ServiceKey = string | (() => string | Promise<string>);

const TIMEOUT_MS = 2_000;

/** @throws what the function throws; a TimeoutError when it does not return in time */
export async function serviceHeaders(
  key: ServiceKey,
  timeoutMs: number = TIMEOUT_MS,
): Promise<Record<string, string>> {
  const value =
    typeof key === 'string' ? key : await untilAborted(key, AbortSignal.timeout(timeoutMs));
  return { authorization: `Bearer ${value}` };
}
