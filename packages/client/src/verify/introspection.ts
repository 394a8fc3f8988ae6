import { readJson } from './read-json.ts';
import { type ServiceKey, serviceHeaders } from './service-key.ts';

export interface IntrospectionOptions {
  /** Base address of the service. */
  readonly url: string;
  readonly key: ServiceKey;
  readonly fetch: typeof fetch;
}

const TIMEOUT_MS = 2_000;
const MAX_IN_FLIGHT = 100;
const MAX_BYTES = 65_536;

/**
 * Asks the service whether a token is active (RFC 7662). Results are not kept. At most 100 questions run at the same
 * time: beyond that, and when there is no answer, the result is null.
 */
export function createIntrospection({ url, key, fetch }: IntrospectionOptions) {
  const address = `${url.replace(/\/+$/, '')}/v1/tokens/introspect`;
  let inFlight = 0;

  return async (token: string): Promise<boolean | null> => {
    if (inFlight >= MAX_IN_FLIGHT) return null;
    inFlight += 1;
    try {
      const response = await fetch(address, {
        method: 'POST',
        headers: {
          ...(await serviceHeaders(key)),
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({ token }).toString(),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.status !== 200) {
        await response.body?.cancel();
        return null;
      }
      const body = (await readJson(response, MAX_BYTES)) as { readonly active?: unknown } | null;
      return typeof body?.active === 'boolean' ? body.active : null;
    } catch {
      return null;
    } finally {
      inFlight -= 1;
    }
  };
}
