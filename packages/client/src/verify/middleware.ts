import type { Allowed, Requirements } from './authorize.ts';
import type { Verified } from './claims.ts';

/** @throws TypeError for requirements that can never work: wrong ones would protect nothing, or everything */
export function checkRequirements<A extends Allowed>(
  requirements: Requirements<A>,
): Requirements<A> {
  const { allow = 'user', scopes = [], maxAgeSeconds = 0 } = requirements;
  const known: readonly string[] = ['user', 'service', 'any'];
  if (!known.includes(allow)) throw new TypeError(`allow: one of ${known.join(', ')}`);
  // The characters of RFC 6749 §3.3; no quotation mark ends the header early.
  const isScope = (scope: unknown) =>
    typeof scope === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope);
  if (!Array.isArray(scopes) || !scopes.every(isScope))
    throw new TypeError('scopes: a list of scopes');
  if (!Number.isInteger(maxAgeSeconds) || maxAgeSeconds < 0) {
    throw new TypeError('maxAgeSeconds: whole seconds');
  }
  return requirements;
}

/**
 * What is thrown by `user` of a request that has none: the route is not protected, or its token is of a service. The type
 * says that there is one, and `undefined` in its place could be taken for a user.
 */
export function noPrincipal(principal: Verified | null | undefined): Error {
  const reason =
    principal == null ? 'the route requires no token' : 'the token is of a service account';
  return new Error(`no user: ${reason}`);
}
