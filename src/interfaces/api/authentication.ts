import type { Principal } from '../../application/access/caller.ts';
import type { UseCases } from '../../application/use-cases.ts';
import { DomainError } from '../../domain/errors.ts';
import { invalidToken, unauthenticated } from '../../domain/rejections.ts';
import type { AccessTokenClaims } from '../../domain/session/access-tokens.ts';
import type { Access } from './access.ts';

/** Prefix of every service key. No access token has it. */
const SERVICE_KEY_PREFIX = 'usk_';
/** RFC 6750 §2.1. The name of the scheme is case-insensitive (RFC 9110 §11.1). */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i;
const ANONYMOUS: Principal = { kind: 'anonymous' };
const BEARER_SCHEME = /^bearer(?: |$)/i;

interface Deps {
  readonly useCases: {
    readonly access: Pick<UseCases['access'], 'verifyAccessToken' | 'verifyServiceKey'>;
  };
  readonly operator?: true;
}

/** Authenticates callers by their `Authorization` header. Every caller on the control socket is the operator. */
export function createAuthentication(deps: Deps) {
  /**
   * Public routes ignore credentials: a client that sends an expired token by default can still sign in. Credentials that
   * are cached need no promise.
   * @throws DomainError `unauthenticated`, `invalid_token`, `unavailable`; at once or as a rejected promise
   */
  return (access: Access, authorization: string | undefined): Principal | Promise<Principal> => {
    if (deps.operator === true) return { kind: 'operator' };
    if (access === 'public') return { kind: 'anonymous' };
    const token = BEARER.exec(authorization ?? '')?.[1];
    if (access === 'public_or_service' && token?.startsWith(SERVICE_KEY_PREFIX) !== true) {
      return token === undefined ? ANONYMOUS : serviceOrAnonymous(token);
    }
    if (access === 'public_or_user') return userOrAnonymous(token);
    if (token === undefined) throw missingToken(authorization);
    if (token.startsWith(SERVICE_KEY_PREFIX)) return deps.useCases.access.verifyServiceKey(token);
    const claims = deps.useCases.access.verifyAccessToken(token);
    return claims instanceof Promise ? claims.then(principalOf) : principalOf(claims);
  };

  async function userOrAnonymous(token: string | undefined): Promise<Principal> {
    if (token === undefined || token.startsWith(SERVICE_KEY_PREFIX)) return ANONYMOUS;
    const principal = await validOrAnonymous(token);
    return principal.kind === 'user' ? principal : ANONYMOUS;
  }

  /** Only a valid token of a service counts: every other one is ignored, as on public routes. */
  async function serviceOrAnonymous(token: string): Promise<Principal> {
    const principal = await validOrAnonymous(token);
    return principal.kind === 'service' ? principal : ANONYMOUS;
  }

  async function validOrAnonymous(token: string): Promise<Principal> {
    try {
      return principalOf(await deps.useCases.access.verifyAccessToken(token));
    } catch (error) {
      if (error instanceof DomainError && error.code === 'invalid_token') return ANONYMOUS;
      throw error;
    }
  }
}

function principalOf(claims: AccessTokenClaims): Principal {
  if (claims.kind === 'service') {
    return { kind: 'service', accountId: claims.accountId, scopes: claims.scopes };
  }
  const { userId, sessionId, authenticatedAt } = claims;
  return authenticatedAt === null
    ? { kind: 'user', userId, sessionId }
    : { kind: 'user', userId, sessionId, authenticatedAt };
}

function missingToken(authorization: string | undefined): Error {
  return authorization !== undefined && BEARER_SCHEME.test(authorization)
    ? invalidToken('The bearer token is malformed.')
    : unauthenticated();
}

/** The id for log lines; anonymous callers and the operator have none. */
export function principalId(principal: Principal): string | undefined {
  switch (principal.kind) {
    case 'user':
      return principal.userId;
    case 'service':
      return principal.accountId;
    default:
      return undefined;
  }
}
