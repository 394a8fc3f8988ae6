import type { EventFeed, EventNumbering } from '../../domain/outbox/event-feed.ts';
import { overloaded } from '../../domain/rejections.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { UserReader } from '../../domain/user/user-repository.ts';
import type { Semaphore } from '../../lib/semaphore.ts';
import type { Caller } from '../access/caller.ts';
import { requireScope } from '../access/policy.ts';
import { type FeedPosition, positionAt } from '../outbox/feed-position.ts';

export interface ExportPorts {
  readonly users: Pick<UserReader, 'list'>;
  readonly eventFeed: EventFeed;
  readonly eventNumbering: EventNumbering;
  /** Bounds the exports at the same time. */
  readonly exports: Semaphore;
}

export interface UserExport {
  /** Where following the feed begins: every change up to it is in the pages. */
  readonly position: FeedPosition;
  /** All users by id, page by page; each page is one short statement. */
  readonly pages: AsyncIterable<readonly UserProfile[]>;
  /** Must be called once the export has ended or failed. */
  release(): void;
}

const PAGE_SIZE = 200;
/** Events that are numbered before the position is read. What stays without a number comes after the position. */
const NUMBERED_AT_ONCE = 2_000;
const RETRY_AFTER_SECONDS = 30;

/**
 * Starts an export of all users without a long transaction: first the position of the feed, then pages by key. Every
 * numbered event was committed before the first page, so the pages have its change. A change during the export has a
 * later number: a consumer that follows the feed from the position gets it again, and compares the versions.
 * `models/snapshot-then-follow.pml` is the protocol.
 * @throws DomainError `unauthenticated`, `forbidden`, `overloaded`
 */
export function createExportUsers(ports: ExportPorts) {
  async function* listAll(): AsyncGenerator<readonly UserProfile[]> {
    let afterId: string | null = null;
    do {
      const { users, nextAfterId }: Awaited<ReturnType<UserReader['list']>> =
        await ports.users.list({ afterId, limit: PAGE_SIZE });
      yield users;
      afterId = nextAfterId;
    } while (afterId !== null);
  }

  return async (caller: Caller): Promise<UserExport> => {
    requireScope(caller, 'users:admin');
    const release = await ports.exports.acquire();
    if (release === null) {
      throw overloaded('Too many exports at once. Try again later.', RETRY_AFTER_SECONDS);
    }
    try {
      await ports.eventNumbering.number(NUMBERED_AT_ONCE);
      const { last, lastId } = await ports.eventFeed.findBounds();
      return { position: positionAt(last, lastId), pages: listAll(), release };
    } catch (error) {
      release();
      throw error;
    }
  };
}
