/** With an answer that may end while the service stops: its connection must not stay open after it. */
export const STREAM_HEADERS = { connection: 'close' } as const;

/** What a route needs that waits for something, or whose answer is a stream. */
export interface LongLivedConnection {
  /** Aborts when the client has hung up, the answer is complete, or the service stops. */
  readonly signal: AbortSignal;
  /** Since the arrival of the request, in milliseconds. */
  elapsedMs(): number;
  /**
   * Verifies the credentials of the request again.
   * @throws DomainError `invalid_token`, `forbidden`, `unavailable`
   */
  verifyAgain(): Promise<void>;
}
