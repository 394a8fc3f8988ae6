import type { UserRow } from './mirror-store.ts';

/** A user whose row in a copy is not as the service has it. */
export interface UserDifference {
  /**
   * `missing` from the copy; `extra`: the service does not have the user; `older` or `newer`: the copy has that
   * version; `different`: the same version with other values.
   */
  readonly kind: 'missing' | 'extra' | 'older' | 'newer' | 'different';
  readonly id: string;
  readonly serviceVersion: number | null;
  readonly copyVersion: number | null;
  /** Names of the fields that differ; values are not shown. */
  readonly fields: readonly string[];
}

type Pages = AsyncIterable<readonly UserRow[]>;

/** Compares two lists that are sorted by id. It has a page of each in memory. */
export async function* compareUsers(
  service: Pages,
  copy: Pages,
): AsyncGenerator<UserDifference, void> {
  const left = rowsOf(service);
  const right = rowsOf(copy);
  try {
    let [one, other] = [await left.next(), await right.next()];
    while (one.done !== true || other.done !== true) {
      const user = one.done === true ? undefined : one.value;
      const row = other.done === true ? undefined : other.value;
      const takesUser = user !== undefined && (row === undefined || user.id <= row.id);
      const takesRow = row !== undefined && (user === undefined || row.id <= user.id);
      const difference = differenceOf(takesUser ? user : undefined, takesRow ? row : undefined);
      if (difference !== null) yield difference;
      if (takesUser) one = await left.next();
      if (takesRow) other = await right.next();
    }
  } finally {
    await left.return(undefined);
    await right.return(undefined);
  }
}

/** @returns null when the row is as the service has the user */
export function differenceOf(
  user: UserRow | undefined,
  row: UserRow | undefined,
): UserDifference | null {
  const found = {
    id: user?.id ?? row?.id ?? '',
    serviceVersion: user?.version ?? null,
    copyVersion: row?.version ?? null,
    fields: [] as readonly string[],
  };
  if (user === undefined) return row === undefined ? null : { ...found, kind: 'extra' };
  if (row === undefined) return { ...found, kind: 'missing' };
  if (row.version !== user.version) {
    return { ...found, kind: row.version < user.version ? 'older' : 'newer' };
  }
  const fields = Object.keys(row).filter(
    (name) => name in user && comparable(name, row[name]) !== comparable(name, user[name]),
  );
  return fields.length === 0 ? null : { ...found, kind: 'different', fields };
}

async function* rowsOf(pages: Pages): AsyncGenerator<UserRow, void> {
  for await (const page of pages) yield* page;
}

/** Drivers return times as dates, and the service writes them as texts. */
function comparable(name: string, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.getTime();
  return name.endsWith('_at') && typeof value === 'string' ? Date.parse(value) : value;
}
