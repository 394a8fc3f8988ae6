/** Creates and reads refresh tokens. A token has 256 random bits, its session id and a proof that it is ours. */
export interface RefreshTokens {
  create(sessionId: string): { readonly token: string; readonly hash: Uint8Array };
  /** @returns null for a token that this service did not create. */
  read(token: string): { readonly sessionId: string; readonly hash: Uint8Array } | null;
  /** Encrypts a token so that only its predecessor decrypts it. */
  seal(successor: string, predecessor: string): Uint8Array;
  /** @returns null when the token was not sealed under this predecessor. */
  open(sealed: Uint8Array, predecessor: string): string | null;
}
