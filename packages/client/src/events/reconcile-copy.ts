import { compareUsers, differenceOf, type UserDifference } from './compare-users.ts';
import type { MirrorSession, UserRow } from './mirror-store.ts';
import type { UserExport, UsersOfService } from './users-of-service.ts';

/** What a comparison found, and repaired. */
export interface Reconciliation {
  readonly repaired: readonly UserDifference[];
}

const LIST_LIMIT = 500;
const MAX_REPAIRS = 10_000;

/**
 * Compares every row of the copy with an export, and repairs what differs.
 * @param exported - just begun
 * @param inTurn - runs a step while no other one changes the copy
 */
export async function reconcileCopy(
  session: MirrorSession,
  users: Pick<UsersOfService, 'read'>,
  exported: UserExport,
  inTurn: <T>(step: () => Promise<T>) => Promise<T>,
): Promise<Reconciliation> {
  const repaired: UserDifference[] = [];
  const suspects: string[] = [];
  async function repairSuspects(): Promise<void> {
    repaired.push(...(await inTurn(() => repairRows(suspects.splice(0), session, users.read))));
  }
  for await (const { id } of compareUsers(exported.pages(), rowsOf(session))) {
    suspects.push(id);
    if (suspects.length >= LIST_LIMIT) await repairSuspects();
    if (repaired.length >= MAX_REPAIRS) break;
  }
  await repairSuspects();
  return { repaired };
}

async function* rowsOf(session: MirrorSession): AsyncGenerator<readonly UserRow[], void> {
  let after: string | null = null;
  for (;;) {
    const rows: readonly UserRow[] = await session.list(after, LIST_LIMIT);
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1)?.id ?? after;
  }
}

/**
 * Compares these users as both sides have them now, and makes the rows of those that differ as the service has them.
 * @param session - of a copy that no other process writes meanwhile
 * @param read - reads users from the service; those that it does not return are deleted from the copy
 * @returns what differed
 */
export async function repairRows(
  ids: readonly string[],
  session: Pick<MirrorSession, 'find' | 'apply'>,
  read: (ids: readonly string[]) => Promise<readonly UserRow[]>,
): Promise<readonly UserDifference[]> {
  if (ids.length === 0) return [];
  const rows = new Map((await session.find(ids)).map((row) => [row.id, row]));
  const found = new Map((await read(ids)).map((user) => [user.id, user]));
  const differences = ids.flatMap((id) => differenceOf(found.get(id), rows.get(id)) ?? []);
  const wrong = differences.map(({ id }) => id);
  if (wrong.length === 0) return [];
  await session.apply({
    rows: wrong.flatMap((id) => found.get(id) ?? []),
    deleted: wrong.filter((id) => !found.has(id)),
    position: null,
  });
  return differences;
}
