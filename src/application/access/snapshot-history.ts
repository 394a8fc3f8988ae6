interface Deps {
  /** Snapshots older than this are dropped, in milliseconds. */
  readonly maxAgeMs: number;
  readonly monotonicMs: () => number;
}

interface Taken {
  readonly snapshot: string;
  /** Monotonic time at which it arrived: the database took it before. */
  readonly endedAtMs: number;
}

export type SnapshotHistory = ReturnType<typeof createSnapshotHistory>;

/**
 * Remembers the snapshots of the last polls, by the monotonic clock: what was visible in a snapshot of ten seconds ago
 * is older than that, whatever the clock of the database says. Holds two snapshots for each second of `maxAgeMs`.
 */
export function createSnapshotHistory({ maxAgeMs, monotonicMs }: Deps) {
  /** The oldest first. */
  let taken: readonly Taken[] = [];

  return {
    add(added: Taken): void {
      const oldest = added.endedAtMs - maxAgeMs;
      // The newest one beyond the bound stays: it is the one that `before` looks for.
      const firstKept = taken.findLastIndex(({ endedAtMs }) => endedAtMs <= oldest);
      taken = [...taken.slice(Math.max(0, firstKept)), added];
    },
    /** Forgets everything: another server has other transactions. */
    clear(): void {
      taken = [];
    },
    /** The newest snapshot that is at least so many milliseconds old; null when none is known. */
    before(ageMs: number): string | null {
      const latest = monotonicMs() - ageMs;
      return taken.findLast(({ endedAtMs }) => endedAtMs <= latest)?.snapshot ?? null;
    },
  };
}
