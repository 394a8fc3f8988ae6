import { isUuid, type VerifiedUser } from './claims.ts';
import { type PackedId, PackedTable, packId } from './packed-table.ts';

/** What a revocation makes void. Times are whole seconds since the epoch, of the clock of the issuer's database. */
export interface RevocationEntry {
  readonly kind: 'session' | 'user' | 'all';
  /** Of the session or user; null for `all`. */
  readonly id: string | null;
  /** With `user` and `all`: tokens are void whose `iat` is this or less. */
  readonly notBefore: number;
  /** From then on no token that the entry concerns is valid. */
  readonly until: number;
}

/** The ids of a token in the form in which the set looks them up. */
export interface TokenIds {
  readonly session: PackedId;
  readonly user: PackedId;
  readonly issuedAt: number;
}

export function tokenIds({ id, sessionId, claims }: VerifiedUser): TokenIds {
  return { session: packId(sessionId), user: packId(id), issuedAt: claims.iat };
}

/** The last second that fits into the table, in 2106. */
const LAST_SECOND = 2 ** 32 - 1;
const SWEEP_EVERY_SECONDS = 30;

/**
 * Reads an entry as the feed has it.
 * @returns null for a kind that this version does not know
 * @throws Error for a malformed entry: the feed is not the one of the service
 */
export function readEntry(record: unknown): RevocationEntry | null {
  if (typeof record !== 'object' || record === null) throw new Error('not a revocation');
  const { kind, id, not_before: notBefore, until } = record as Record<string, unknown>;
  if (typeof kind !== 'string') throw new Error('a revocation without a kind');
  if (kind !== 'session' && kind !== 'user' && kind !== 'all') return null;
  if (!isSecond(notBefore) || !isSecond(until)) throw new Error('a revocation without its times');
  if (kind === 'all') return { kind, id: null, notBefore, until };
  if (!isUuid(id)) throw new Error('a revocation without an id');
  return { kind, id, notBefore, until };
}

/** What is revoked. Entries may come more than once and in any order. */
export interface RevocationSet {
  /** @returns false when the set is full: from then on it is not complete */
  add(entry: RevocationEntry, nowSeconds: number): boolean;
  isRevoked(token: TokenIds, nowSeconds: number): boolean;
  size(): number;
  /** Memory of the tables. */
  bytes(): number;
}

/** @param maxEntries of users and sessions together; 24 bytes each at best, and 60 right after the table has grown */
export function createRevocationSet(maxEntries: number): RevocationSet {
  const sessions = new PackedTable();
  const users = new PackedTable();
  const all = { notBefore: 0, until: 0 };
  let sweepAt = 0;

  function sweep(nowSeconds: number): void {
    sessions.sweep(nowSeconds);
    users.sweep(nowSeconds);
    sweepAt = nowSeconds + SWEEP_EVERY_SECONDS;
  }

  return {
    add({ kind, id, notBefore, until }, nowSeconds) {
      if (until <= nowSeconds) return true;
      if (kind === 'all' || id === null) {
        all.notBefore = Math.max(all.notBefore, notBefore);
        all.until = Math.max(all.until, until);
        return true;
      }
      if (nowSeconds >= sweepAt) sweep(nowSeconds);
      const table = kind === 'session' ? sessions : users;
      const packed = packId(id);
      const isFull = () => sessions.size + users.size >= maxEntries && !table.has(packed);
      if (isFull()) sweep(nowSeconds);
      if (isFull()) return false;
      table.set(packed, Math.min(notBefore, LAST_SECOND), Math.min(until, LAST_SECOND));
      return true;
    },
    isRevoked({ session, user, issuedAt }, nowSeconds) {
      if (issuedAt <= all.notBefore && all.until > nowSeconds) return true;
      if (sessions.find(session, nowSeconds) !== undefined) return true;
      const notBefore = users.find(user, nowSeconds);
      return notBefore !== undefined && issuedAt <= notBefore;
    },
    size: () => sessions.size + users.size + (all.until > 0 ? 1 : 0),
    bytes: () => sessions.bytes + users.bytes,
  };
}

function isSecond(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
