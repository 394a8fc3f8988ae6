import type { Freshness } from './freshness.ts';
import type { RevocationSet, TokenIds } from './revocation-set.ts';

/** What is revoked, and how well it is known. */
export interface Revocations {
  isRevoked(token: TokenIds, nowSeconds: number): boolean;
  /** `stale` also when the set is full: it is not complete then. */
  state(): 'loading' | 'fresh' | 'stale';
  /** Resolves at the end of the first load, and after `maxStalenessMs` at the latest. */
  readonly settled: Promise<void>;
  stats(): RevocationStats;
  close(): void;
}

export interface RevocationStats {
  readonly state: 'loading' | 'fresh' | 'stale';
  /** Users and sessions that are revoked now. */
  readonly entries: number;
  /** Memory of the tables. */
  readonly bytes: number;
  /** Age of the moment up to which everything is known; null before the first load. */
  readonly ageMs: number | null;
  /** How often the whole set was read. */
  readonly loads: number;
  /** The set has `maxEntries`, and there are more. */
  readonly isFull: boolean;
  readonly lastError: string | null;
}

export interface RevocationDeps {
  readonly maxEntries: number;
  readonly maxStalenessMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly onChange: () => void;
}

/** The set has no room: what follows is not read. */
export class SetIsFull extends Error {
  override readonly name = 'SetIsFull';

  constructor(maxEntries: number) {
    super(`more than ${maxEntries} revocations`);
  }
}

/** Until a set that was full is read again: entries end all the time. */
export const FULL_PAUSE_MS = 30_000;

/** What a follower has read so far. It changes while the follower reads. */
export interface Progress {
  set: RevocationSet;
  loads: number;
  isFull: boolean;
  lastError: string | null;
}

/** @param close - ends the follower; the freshness ends with it */
export function revocationsOf(
  freshness: Freshness,
  progress: Progress,
  close: () => void,
): Revocations {
  const state = () =>
    progress.isFull && freshness.state() === 'fresh' ? 'stale' : freshness.state();
  return {
    isRevoked: (token, nowSeconds) => progress.set.isRevoked(token, nowSeconds),
    state,
    settled: freshness.settled,
    stats() {
      const { set, loads, isFull, lastError } = progress;
      return {
        ...{ state: state(), entries: set.size(), bytes: set.bytes() },
        ...{ ageMs: freshness.ageMs(), loads, isFull, lastError },
      };
    },
    close() {
      close();
      freshness.close();
    },
  };
}
