import type { Scope } from '../access/scope.ts';

/**
 * How far the clocks of two instances may differ, in seconds: a token is valid for this long after its `exp` (RFC 7519
 * §4.1.4). Longer than a clock that is kept by NTP is ever off, and short against the life of a token.
 */
export const CLOCK_LEEWAY_SECONDS = 60;

/** The claims of a valid access token: of a user, or of a service. */
export type AccessTokenClaims = UserTokenClaims | ServiceTokenClaims;

interface CommonClaims {
  readonly clientId: string;
  readonly tokenId: string;
  /** The services that the token is for (`aud`); at least one of them is in `tokens.audience`. */
  readonly audience: readonly string[];
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

export interface UserTokenClaims extends CommonClaims {
  readonly kind: 'user';
  readonly userId: string;
  readonly sessionId: string;
  /** When the user proved a password, in seconds since the epoch; null for a token of an older build. */
  readonly authenticatedAt: number | null;
}

/** A token that a service account got for its key. */
export interface ServiceTokenClaims extends CommonClaims {
  readonly kind: 'service';
  readonly accountId: string;
  readonly keyId: string;
  readonly scopes: readonly Scope[];
}

/** A public key set (RFC 7517). */
export interface JsonWebKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** The published key set; not current when it could not be read again for a minute: verifiers must not cache it. */
export interface PublishedKeys extends JsonWebKeySet {
  readonly isCurrent: boolean;
}

/** Issues and verifies access tokens (RFC 9068). */
export interface AccessTokens {
  issue(claims: {
    readonly userId: string;
    readonly sessionId: string;
    /** Seconds since the epoch. */
    readonly authenticatedAt: number;
    /**
     * The `iat` in seconds since the epoch, by the database's clock, as the times of revocations are. Default: the time
     * of this instance.
     */
    readonly issuedAt?: number;
    readonly expiresInSeconds: number;
    /** One of `tokens.audience`. Default: the first of them, which is this service. */
    readonly audience?: string;
  }): Promise<string>;
  /** Issues a token of a service. Its `sub` and `client_id` are the id of the account; it has no `sid`. */
  issueForService(claims: {
    readonly accountId: string;
    readonly keyId: string;
    readonly scopes: readonly Scope[];
    readonly expiresInSeconds: number;
    readonly audience?: string;
  }): Promise<string>;
  /**
   * A token that bears this service's signature is never refused for its `iat`: the clock of the instance that issued it
   * may be ahead.
   * @returns null unless this service issued the token and it is valid now, or was within `CLOCK_LEEWAY_SECONDS`.
   */
  verify(token: string): Promise<AccessTokenClaims | null>;
  publicKeys(): Promise<PublishedKeys>;
}
