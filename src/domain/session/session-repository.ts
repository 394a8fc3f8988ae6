/** The client that started a session, for the list that the user sees. */
export interface SessionClient {
  readonly ip: string | null;
  /** At most 256 characters. */
  readonly userAgent: string | null;
}

/** A session as its user sees it. */
export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly client: SessionClient;
  readonly createdAt: Date;
  /** Time of sign-in or of the last refresh. */
  readonly lastUsedAt: Date;
  /** When it ends unless refreshed; never later than its absolute end. */
  readonly expiresAt: Date;
}

export interface SessionLifetimes {
  readonly idleTtlMs: number;
  readonly absoluteTtlMs: number;
}

export interface NewSession {
  readonly id: string;
  readonly userId: string;
  readonly client: SessionClient;
  readonly refreshTokenHash: Uint8Array;
}

/** A session that has not ended: its access tokens are valid. */
export interface LiveSession {
  readonly id: string;
  readonly userId: string;
  /** Milliseconds until it ends unless refreshed, by the database's clock. */
  readonly remainingMs: number;
  /** Milliseconds since its user proved a password, by the database's clock. Negative after the clock was set back. */
  readonly sinceAuthenticationMs: number;
}

/** When a session ends and when its user proved a password, by the database's clock. */
export interface SessionTimes {
  /** Milliseconds until it ends unless refreshed. */
  readonly remainingMs: number;
  /** Whole seconds since the epoch. A refresh never changes it. */
  readonly authenticatedAt: number;
  /**
   * The `iat` of the tokens that follow, in whole seconds since the epoch: now, or later in the second of a revocation
   * that would make them void.
   */
  readonly issuedAt: number;
}

/** The refresh state of a live session. Its row is locked until the transaction ends. */
export interface RefreshState extends SessionTimes {
  readonly userId: string;
  readonly currentHash: Uint8Array;
  readonly previousHash: Uint8Array | null;
  /**
   * Milliseconds since the last rotation by the database's clock; null before the first. Somewhat negative when the row
   * was rotated while this reading waited for its lock, very negative when the clock was set back.
   */
  readonly sinceRotationMs: number | null;
  /** Whether the last change of the row was visible in the given snapshot; null without one. */
  readonly rotatedBefore: boolean | null;
  /** The current token, sealed under the previous one. */
  readonly sealedSuccessor: Uint8Array | null;
}

export interface Rotation {
  readonly currentHash: Uint8Array;
  readonly previousHash: Uint8Array;
  readonly sealedSuccessor: Uint8Array;
}

/** The revocations that one poll read, and the state of the database at that moment. */
export interface RevocationReading {
  /** In no order. */
  readonly sessionIds: readonly string[];
  /** All tokens were revoked since the given snapshot. */
  readonly isAllRevoked: boolean;
  /** What was visible to this reading; the next one starts from it. */
  readonly snapshot: string;
  /** The database is older than the given snapshot: it was restored, or an older copy took over. */
  readonly isBehind: boolean;
  /** Differs from that of an earlier reading when another server answers, or the same one after a restart. */
  readonly serverStarted: string;
  /** The database's wall clock, in milliseconds since the epoch. */
  readonly databaseTimeMs: number;
}

/**
 * The live sessions. Only the database's clock decides expiry, so that instances with different clocks agree. Ended
 * sessions are removed; the revocation of each is kept for as long as an access token can live.
 */
export interface SessionRepository {
  /** Inserts a session whose user has just proved a password. */
  insert(session: NewSession, lifetimes: SessionLifetimes): Promise<SessionTimes>;
  /** Calls of one turn of the event loop are read together. */
  findLive(id: string): Promise<LiveSession | null>;
  /** A user's live sessions, most recently used first; at most 200. */
  listLive(userId: string): Promise<readonly Session[]>;
  /**
   * Rotates a session's token as `rotate` does, if the session is live and its current token has the hash
   * `rotation.previousHash`. One statement, which waits for no lock: the result is null as well while another
   * transaction changes the session. `lockForRefresh` tells why.
   */
  rotateCurrent(
    id: string,
    rotation: Rotation,
    idleTtlMs: number,
  ): Promise<(SessionTimes & { readonly userId: string }) | null>;
  /** Locks the row of a session; null when it is not live. @param earlier a snapshot of this server */
  lockForRefresh(id: string, earlier: string | null): Promise<RefreshState | null>;
  /** Rotates a locked session's token and restarts its idle time. @returns milliseconds until it now ends. */
  rotate(id: string, rotation: Rotation, idleTtlMs: number): Promise<number>;
  /** Reads the revocations that became visible after `snapshot`, at most `limit` of them; none when it is null. */
  listRevoked(snapshot: string | null, limit: number): Promise<RevocationReading>;
  /** Removes up to `limit` expired sessions. @returns the number of removed rows. */
  deleteExpired(limit: number): Promise<number>;
  /**
   * Removes up to `limit` sessions that began before all tokens were revoked, and adds their events. They are not live
   * any more. @returns the number of removed rows; sessions of users who are being changed are left to the next call
   */
  deleteRevoked(limit: number, requestId: string): Promise<number>;
  /**
   * Removes up to `limit` revocations that can concern no valid token and were visible in the snapshot `seenIn`.
   * @returns the number of removed rows.
   */
  deleteOldRevocations(seenIn: string, limit: number): Promise<number>;
}
