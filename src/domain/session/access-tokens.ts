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
  issue(grant: {
    readonly userId: string;
    readonly sessionId: string;
    readonly expiresInSeconds: number;
  }): Promise<string>;
  /** @returns null for whatever is not an access token of ours that is valid now. */
  verify(token: string): Promise<AccessTokenClaims | null>;
  publicKeys(): Promise<JsonWebKeySet>;
}
