import { DomainError } from '../../domain/errors.ts';
import type { AccessTokenClaims } from '../../domain/session/access-tokens.ts';
import type { Caller } from './caller.ts';
import { requireScope } from './policy.ts';
import type { VerifyAccessToken } from './verify-access-token.ts';

interface Deps {
  readonly verifyAccessToken: VerifyAccessToken;
}

/**
 * Returns the claims of an access token while it and its session are valid, else null. The session is always read from
 * the database, so that a session whose end was acknowledged on any instance is never valid.
 * @throws DomainError `unauthenticated`, `forbidden`, `unavailable`
 */
export function createIntrospectToken(deps: Deps) {
  return async (caller: Caller, token: string): Promise<AccessTokenClaims | null> => {
    requireScope(caller, 'tokens:introspect');
    try {
      return await deps.verifyAccessToken(token, 'database', 'any');
    } catch (error) {
      if (error instanceof DomainError && error.code === 'invalid_token') return null;
      throw error;
    }
  };
}
