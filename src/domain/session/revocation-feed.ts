/** What a revocation makes void: the tokens of a session, of a user, or of all users. */
export const REVOCATION_KINDS = ['session', 'user', 'all'] as const;
export type RevocationKind = (typeof REVOCATION_KINDS)[number];

/**
 * A revocation as other services get it. Times are whole seconds since the epoch, as in tokens. With `user` and `all`, a
 * token is void whose `iat` is `notBefore` or less.
 */
export interface RevocationEntry {
  readonly kind: RevocationKind;
  /** Of the session or user; null for `all`. */
  readonly id: string | null;
  readonly notBefore: number;
  /** From then on no token that it concerns is valid any more. */
  readonly until: number;
}

/** A revocation with its number. */
export interface SequencedRevocation extends RevocationEntry {
  readonly sequence: number;
  /** Tells it from another revocation that has the same number in another copy of the database. */
  readonly rowId: string;
}

export interface RevocationWindow {
  readonly after: number;
  /** The last number that is read; null for no bound. */
  readonly through: number | null;
  readonly limit: number;
}

export interface RevocationSlice {
  /** In the order of their numbers. Those that concern no valid token are left out. */
  readonly entries: readonly SequencedRevocation[];
  /** The newest number at the time of reading, 0 before the first, and the `rowId` of that revocation. */
  readonly last: number;
  readonly lastId: string | null;
  /** The `rowId` of the revocation at `after`; null when it is not kept. */
  readonly afterId: string | null;
}

/** The revocations of all instances, in the order of their commits. */
export interface RevocationFeed {
  /** Numbers at most `limit` committed revocations. Several instances may call it at once: they take turns. */
  number(limit: number): Promise<{ readonly numbered: number; readonly newest: number }>;
  list(window: RevocationWindow): Promise<RevocationSlice>;
}
