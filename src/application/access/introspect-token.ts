import { DomainError } from '../../domain/errors.ts';
import type { AccessTokenClaims } from '../../domain/session/access-tokens.ts';
import type { AuthenticateUser } from './authenticate-user.ts';
import type { Caller } from './caller.ts';
import { requireScope } from './policy.ts';

interface Deps {
  readonly authenticateUser: AuthenticateUser;
}

/**
 * Gives an access token's claims while it and its session are valid, and null for anything else.
 * @throws DomainError `unauthenticated`, `forbidden`, `unavailable`
 */
export function createIntrospectToken(deps: Deps) {
  return async (caller: Caller, token: string): Promise<AccessTokenClaims | null> => {
    requireScope(caller, 'tokens:introspect');
    try {
      return await deps.authenticateUser(token);
    } catch (error) {
      if (error instanceof DomainError && error.code === 'invalid_token') return null;
      throw error;
    }
  };
}
