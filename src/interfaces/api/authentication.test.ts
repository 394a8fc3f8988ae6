import { describe, expect, it } from 'vitest';
import type { ServicePrincipal } from '../../application/access/caller.ts';
import { invalidToken } from '../../domain/rejections.ts';
import type { AccessTokenClaims } from '../../domain/session/access-tokens.ts';
import { createAuthentication } from './authentication.ts';

const claims: AccessTokenClaims = {
  kind: 'user',
  audience: ['user-service'],
  authenticatedAt: 1_000,
  userId: 'user 1',
  sessionId: 'session 1',
  clientId: 'client',
  tokenId: 'token 1',
  issuedAt: 1_000,
  expiresAt: 1_600,
};
const user = { kind: 'user', userId: 'user 1', sessionId: 'session 1', authenticatedAt: 1_000 };
const service: ServicePrincipal = { kind: 'service', accountId: 'account 1', scopes: [] };

/** An authentication that knows `cached` and `usk_cached` at once, and `stored` and `usk_stored` later. */
function setUp() {
  return createAuthentication({
    useCases: {
      access: {
        verifyAccessToken: (token) =>
          token === 'cached' ? claims : later(token === 'stored' ? claims : null),
        verifyServiceKey: (key) =>
          key === 'usk_cached' ? service : later(key === 'usk_stored' ? service : null),
      },
    },
  });
}

async function later<T>(found: T | null): Promise<T> {
  await Promise.resolve();
  if (found === null) throw invalidToken('No such token.');
  return found;
}

describe('authentication', () => {
  it('has the principal of cached credentials and of a public route without a promise', () => {
    const authenticate = setUp();
    expect(authenticate('user', 'Bearer cached')).toEqual(user);
    expect(authenticate('scope:users:read', 'Bearer usk_cached')).toEqual(service);
    expect(authenticate('public', 'Bearer stored')).toEqual({ kind: 'anonymous' });
  });

  it('waits for credentials that are verified, and rejects those that are not valid', async () => {
    const authenticate = setUp();
    await expect(authenticate('user', 'bearer  stored ')).resolves.toEqual(user);
    await expect(authenticate('user', 'BEARER usk_stored')).resolves.toEqual(service);
    const refused = { code: 'invalid_token' };
    await expect(authenticate('user', 'Bearer other')).rejects.toMatchObject(refused);
    await expect(authenticate('user', 'Bearer usk_other')).rejects.toMatchObject(refused);
  });

  it.each([
    ['no header', undefined, 'unauthenticated'],
    ['an empty header', '', 'unauthenticated'],
    ['another scheme', 'Basic cached', 'unauthenticated'],
    ['a scheme that begins alike', 'Bearers cached', 'unauthenticated'],
    ['a scheme without a token', 'Bearer', 'invalid_token'],
    ['two tokens', 'Bearer cached cached', 'invalid_token'],
    ['a token with a comma', 'Bearer cached,', 'invalid_token'],
  ])('refuses %s', (_what, authorization, code) => {
    expect(() => setUp()('user', authorization)).toThrow(expect.objectContaining({ code }));
  });
});
