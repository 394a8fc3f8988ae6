import type { Quota } from '../../application/access/caller.ts';

/**
 * Writes the quotas of a client as the fields `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11):
 * `q` requests in `w` seconds, of which `r` are allowed now and one more after `t` seconds. Null without a quota.
 */
export function rateLimitFields(
  quotas: readonly Quota[],
): { readonly policy: string; readonly limit: string } | null {
  if (quotas.length === 0) return null;
  return {
    policy: quotas
      .map(({ name, limit, windowSeconds }) => `"${name}";q=${limit};w=${windowSeconds}`)
      .join(', '),
    limit: quotas
      .map(({ name, remaining, resetSeconds }) => `"${name}";r=${remaining};t=${resetSeconds}`)
      .join(', '),
  };
}
