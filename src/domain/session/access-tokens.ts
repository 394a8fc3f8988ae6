/** The claims of a valid access token. */
export interface AccessTokenClaims {
  readonly userId: string;
  readonly sessionId: string;
  readonly clientId: string;
  readonly tokenId: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** A public key set (RFC 7517). */
export interface JsonWebKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** Issues and verifies access tokens (RFC 9068). */
export interface AccessTokens {
  issue(claims: {
    readonly userId: string;
    readonly sessionId: string;
    readonly expiresInSeconds: number;
  }): Promise<string>;
  /** @returns null unless this service issued the token and it is valid now. */
  verify(token: string): Promise<AccessTokenClaims | null>;
  publicKeys(): Promise<JsonWebKeySet>;
}
