/** Makes and reads refresh tokens: 256 random bits, their session, and a proof that we made them. */
export interface RefreshTokens {
  create(sessionId: string): { readonly token: string; readonly hash: Uint8Array };
  /** @returns null for whatever we did not make. */
  read(token: string): { readonly sessionId: string; readonly hash: Uint8Array } | null;
  /** Seals a token so that only its predecessor opens it. */
  seal(successor: string, predecessor: string): Uint8Array;
  /** @returns null when the seal does not fit the predecessor. */
  open(sealed: Uint8Array, predecessor: string): string | null;
}
