import type { EventRestorations, Restoration } from '../../domain/outbox/event-audit.ts';
import type { StreamReader } from '../../domain/outbox/event-stream.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import { isUuid } from '../../lib/uuid.ts';
import type { Caller } from '../access/caller.ts';
import { requireOperator } from '../access/policy.ts';
import { reachable } from './read-stream-slice.ts';

interface Deps {
  readonly unitOfWork: UnitOfWork;
  readonly eventRestorations: EventRestorations;
  /** Null without a broker. */
  readonly streamReader: StreamReader | null;
}

/** Where a resync goes on. */
export type ResyncCursor =
  | { readonly part: 'users'; readonly after: string | null }
  | { readonly part: 'stream'; readonly after: number };

export interface ResyncStep {
  /** Users whose version was raised, with an event each. */
  readonly announced: number;
  /** Users that only the stream knows, with a deletion each. */
  readonly deleted: number;
  /** Null when the resync is finished. */
  readonly next: ResyncCursor | null;
}

/** Users of one transaction. */
const USERS_AT_ONCE = 200;
/** Sequences of the stream that one step reads. */
const SLICE = 500;

/**
 * Makes the copies of all consumers equal to a database that was restored from a backup. Consumers know versions and
 * numbers of changes that the database has lost, and ignore what is not newer:
 *
 * 1. Numbers go on far above the old ones, and every position of the feed from before is gone.
 * 2. Every user gets a version above all that may have been published, with the event `user.restored`.
 * 3. Users that only the stream knows get the event `user.deleted`.
 *
 * Each call does a bounded part. A resync that was interrupted goes on with the same version when it is started again:
 * users who have it already are left out.
 */
export function createResyncUsers(deps: Deps) {
  const { unitOfWork, eventRestorations, streamReader } = deps;

  /**
   * @param cursor null to begin
   * @throws DomainError `forbidden` unless the caller is the operator, `unavailable`
   */
  return async (caller: Caller, cursor: ResyncCursor | null): Promise<ResyncStep> => {
    requireOperator(caller);
    if (cursor === null) {
      await eventRestorations.begin();
      return { announced: 0, deleted: 0, next: { part: 'users', after: null } };
    }
    const restoration = await eventRestorations.find();
    // Another call has finished it.
    if (restoration === null) return { announced: 0, deleted: 0, next: null };
    if (cursor.part === 'users') return announce(caller, restoration, cursor.after);
    return deleteLost(caller, restoration, cursor.after);
  };

  async function announce(
    caller: Caller,
    { version, since }: Restoration,
    afterId: string | null,
  ): Promise<ResyncStep> {
    const range = { version, afterId, createdBefore: since, limit: USERS_AT_ONCE };
    const users = await unitOfWork.run(caller, async (transaction) => {
      const locked = await transaction.users.lockBelowVersion(range);
      if (locked.length === 0) return locked;
      for (const user of locked) user.announceRestored(version);
      await transaction.users.updateVersions(locked, version);
      await transaction.outbox.append(locked.flatMap((user) => user.takeEvents()));
      return locked;
    });
    const lastId = users.at(-1)?.id ?? null;
    if (lastId !== null) {
      return {
        ...{ announced: users.length, deleted: 0 },
        next: { part: 'users', after: lastId },
      };
    }
    if (streamReader === null) return finish(0);
    return { announced: 0, deleted: 0, next: { part: 'stream', after: 0 } };
  }

  async function deleteLost(
    caller: Caller,
    restoration: Restoration,
    after: number,
  ): Promise<ResyncStep> {
    if (streamReader === null) return finish(0);
    const reader = streamReader;
    const state = await reachable(() => reader.findState());
    if (state === null || state.lastSequence <= after) return finish(0);
    const first = Math.max(after + 1, state.firstSequence, 1);
    const last = Math.min(first + SLICE - 1, state.lastSequence);
    const messages = last < first ? [] : await reachable(() => reader.read(first, last));
    const named = messages.flatMap(({ event }) => {
      if (event === null || event.userId === null || !event.type.startsWith('user.')) return [];
      const isEarlier = (event.number ?? 0) < restoration.sequence;
      return isEarlier && isUuid(event.userId) ? [event.userId] : [];
    });
    const deleted = await appendDeletions(caller, restoration, [...new Set(named)], reader);
    if (last >= state.lastSequence) return finish(deleted);
    return { announced: 0, deleted, next: { part: 'stream', after: last } };
  }

  async function appendDeletions(
    caller: Caller,
    { version }: Restoration,
    userIds: readonly string[],
    reader: StreamReader,
  ): Promise<number> {
    const known = await eventRestorations.listKnownUsers(userIds);
    const absent = userIds.filter((id) => !known.has(id));
    if (absent.length === 0) return 0;
    const told = await reachable(() => reader.listDeleted(absent));
    const lost = absent.filter((id) => !told.has(id));
    const events = lost.map(
      (userId) => ({ type: 'user.deleted', userId, userVersion: version, data: {} }) as const,
    );
    await unitOfWork.run(caller, (transaction) => transaction.outbox.append(events));
    return lost.length;
  }

  async function finish(deleted: number): Promise<ResyncStep> {
    await eventRestorations.finish();
    return { announced: 0, deleted, next: null };
  }
}
