/** Rows besides the signing keys that only the right master key opens or recognises. Counts end at `MOST_COUNTED`. */
export interface SealedCounts {
  /** Their refresh tokens. */
  readonly sessions: number;
  /** E-mails that wait, and dead letters with their content. */
  readonly mails: number;
  /** Stored answers of requests with an idempotency key. */
  readonly answers: number;
  /** Links and codes that were sent and not used. */
  readonly challenges: number;
  readonly invitations: number;
}

export const MOST_COUNTED = 10_000;

export interface SealedRows {
  /** @param before rows that were sealed before this time; null for all */
  count(before: Date | null): Promise<SealedCounts>;
  /**
   * Ends every live session in pieces, each with its event and its revocation.
   * @returns how many
   */
  endSessions(requestId: string): Promise<number>;
  /** Makes unsent mails dead letters without content. @returns how many */
  discardMails(): Promise<number>;
  /** Ends open challenges. @returns how many */
  endChallenges(): Promise<number>;
  /** Other programs that use this database with the same role, at most 100; none on the embedded database. */
  listOtherConnections(): Promise<
    readonly { readonly pid: number; readonly application: string }[]
  >;
}
