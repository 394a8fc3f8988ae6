import { randomBytes } from 'node:crypto';
import type { FakeClock } from './fake-clock.ts';
import { createId } from './fake-ids.ts';
import type { FakeRevocations } from './fake-revocations.ts';
import { createFakeTokens, type FakeTokens, type TokenClaims } from './fake-tokens.ts';
import type { FakeUsers } from './fake-users.ts';
import type { TestServiceAccount } from './types.ts';

/** Who makes a request. */
export type Caller =
  | { readonly kind: 'user'; readonly userId: string; readonly sessionId: string }
  | { readonly kind: 'service'; readonly accountId: string; readonly scopes: readonly string[] };

export interface TokenOptions {
  /** Claim `scope`. Tokens of users have none in the service; a test may give them some. */
  readonly scopes?: readonly string[];
  /** Seconds until the token expires, 600 by default. A negative one makes a token that has expired. */
  readonly expiresIn?: number;
  /** Another `aud` than that of the fake. */
  readonly audience?: string;
  /** The session of the token; a new one by default. */
  readonly sessionId?: string;
}

export interface FakeAccess {
  readonly tokens: FakeTokens;
  tokenForUser(userId: string, options: TokenOptions): string;
  tokenForService(account: TestServiceAccount, options: TokenOptions): string;
  createServiceAccount(scopes: readonly string[]): TestServiceAccount;
  /** Claims of a token that is valid now; null for any other. */
  introspect(token: string): TokenClaims | null;
  /** Null for credentials that are not valid. */
  authenticate(credentials: string): Caller | null;
}

interface Deps {
  readonly clock: FakeClock;
  readonly users: FakeUsers;
  readonly revocations: FakeRevocations;
  readonly issuer: () => string;
  readonly audience: string;
  readonly accessTtlSeconds: number;
}

export function createFakeAccess(deps: Deps): FakeAccess {
  const { clock, users, revocations } = deps;
  const tokens = createFakeTokens();
  /** Service accounts by key. */
  const accounts = new Map<string, { readonly id: string; readonly scopes: readonly string[] }>();

  function claims(issuedAt: number, { scopes, expiresIn, audience }: TokenOptions) {
    return {
      iss: deps.issuer(),
      aud: audience ?? deps.audience,
      jti: createId(clock.nowMs()),
      iat: issuedAt,
      exp: issuedAt + (expiresIn ?? deps.accessTtlSeconds),
      ...(scopes === undefined ? {} : { scope: scopes.join(' ') }),
    };
  }
  function introspect(token: string): TokenClaims | null {
    const read = tokens.read(token);
    if (read === null || read.exp <= clock.nowSeconds() || read.iss !== deps.issuer()) return null;
    if (read.sid === undefined) return read;
    return users.hasSession(read.sid) ? read : null;
  }
  return {
    tokens,
    introspect,
    tokenForUser(userId, options) {
      const sessionId = options.sessionId ?? users.startSession(userId);
      const issuedAt = revocations.firstIssuableAt(userId);
      return tokens.sign({
        ...claims(issuedAt, options),
        sub: userId,
        client_id: 'first-party',
        sid: sessionId,
        auth_time: issuedAt,
      });
    },
    tokenForService({ id, key }, options) {
      const account = accounts.get(key);
      if (account === undefined) throw new Error('the fake has no service account with this key');
      return tokens.sign({
        ...claims(clock.nowSeconds(), { scopes: account.scopes, ...options }),
        sub: id,
        client_id: id,
        key_id: createId(clock.nowMs()),
      });
    },
    createServiceAccount(scopes) {
      const account = { id: createId(clock.nowMs()), scopes };
      const key = `usk_${randomBytes(32).toString('base64url')}`;
      accounts.set(key, account);
      return { id: account.id, key };
    },
    authenticate(credentials) {
      const account = accounts.get(credentials);
      if (account !== undefined) {
        return { kind: 'service', accountId: account.id, scopes: account.scopes };
      }
      const valid = introspect(credentials);
      if (valid === null || valid.aud !== deps.audience) return null;
      if (valid.sid !== undefined) {
        return { kind: 'user', userId: valid.sub, sessionId: valid.sid };
      }
      return { kind: 'service', accountId: valid.sub, scopes: valid.scope?.split(' ') ?? [] };
    },
  };
}
