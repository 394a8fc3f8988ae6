import type { SessionRepository } from '../../domain/session/session-repository.ts';

interface Deps {
  readonly sessions: Pick<SessionRepository, 'listRevoked' | 'deleteOldRevocations'>;
}

/**
 * Deletes the revocations that no instance needs any more. A run deletes only what was visible when the previous run
 * ended, so the pause between two runs must be longer than 15 s: an instance that has not polled
 * for that long has a gap and verifies every token again. So no clock, however it is set, makes a revocation disappear
 * before every instance has read it. The first run of a process deletes nothing. `models/revocation.pml` is the protocol.
 * @returns a function that deletes; `inRounds` repeats the given step, which deletes at most `limit` rows
 */
export function createDeleteOldRevocations({ sessions }: Deps) {
  let seenIn: string | null = null;

  return async (inRounds: (remove: () => Promise<number>) => Promise<void>, limit: number) => {
    const earlier = seenIn;
    if (earlier !== null) await inRounds(() => sessions.deleteOldRevocations(earlier, limit));
    seenIn = (await sessions.listRevoked(null, 0)).snapshot;
  };
}
