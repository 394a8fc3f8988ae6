import type { UserEvent } from './event.ts';
import { applyValues, canFollowValues, judge } from './mirror-rules.ts';
import type { MirrorSession, MirrorStore, UserRow } from './mirror-store.ts';
import type { UsersOfService } from './users-of-service.ts';

interface Parts {
  readonly session: MirrorSession;
  readonly users: UsersOfService;
  readonly fields: MirrorStore['fields'];
}

/** What a batch makes of the rows of its users. */
interface Plan {
  readonly rows: ReadonlyMap<string, UserRow>;
  readonly deleted: ReadonlySet<string>;
  /** Users that only the service knows. */
  readonly unknown: ReadonlySet<string>;
}

/** Brings the copy up to date with a batch, and stores the position in the same step. */
export async function applyEvents(
  events: readonly UserEvent[],
  position: string | null,
  { session, users, fields }: Parts,
): Promise<void> {
  const ids = [...new Set(events.flatMap(({ userId }) => userId ?? []))];
  const kept = ids.length === 0 ? [] : await session.find(ids);
  const plan = planChanges(events, kept, fields);
  const rows = new Map(plan.rows);
  const deleted = new Set(plan.deleted);
  if (plan.unknown.size > 0) {
    for (const row of await users.read([...plan.unknown])) rows.set(row.id, row);
    for (const id of plan.unknown) if (!rows.has(id)) deleted.add(id);
  }
  for (const id of rows.keys()) deleted.delete(id);
  if (rows.size === 0 && deleted.size === 0 && position === null) return;
  await session.apply({ rows: [...rows.values()], deleted: [...deleted], position });
}

function planChanges(
  events: readonly UserEvent[],
  kept: readonly UserRow[],
  fields: MirrorStore['fields'],
): Plan {
  const state = new Map(kept.map((row) => [row.id, row]));
  const rows = new Map<string, UserRow>();
  const deleted = new Set<string>();
  const unknown = new Set<string>();
  const canFollow = canFollowValues(fields);
  for (const event of events) {
    const id = event.userId;
    // A user that is read has the effect of all events of the batch.
    if (id === null || unknown.has(id)) continue;
    const row = state.get(id);
    const verdict = judge(event, row?.version ?? null);
    if (verdict === 'ignore') continue;
    rows.delete(id);
    const next =
      verdict === 'change' && canFollow && row !== undefined
        ? applyValues(row, event, fields)
        : null;
    if (verdict === 'delete') {
      state.delete(id);
      deleted.add(id);
    } else if (next === null) {
      unknown.add(id);
    } else {
      state.set(id, next);
      rows.set(id, next);
    }
  }
  return { rows, deleted, unknown };
}
