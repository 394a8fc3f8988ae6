import { type MirrorSession, type MirrorStore, toRow, type UserRow } from './mirror-store.ts';

/**
 * A copy in memory, for small numbers of users and for tests: it is filled at every start.
 * @param map - gets the rows by id; read it, do not write it
 * @param fields - what is kept of a user besides id and version; whole users by default
 */
export function mapStore(
  map: Map<string, UserRow>,
  { fields = 'all' }: { readonly fields?: readonly string[] | 'all' } = {},
): MirrorStore {
  let position: string | null = null;
  const session: MirrorSession = {
    position: async () => position,
    async forgetPosition() {
      position = null;
    },
    find: async (ids) => ids.flatMap((id) => map.get(id) ?? []),
    async list(after, limit) {
      const ids = [...map.keys()].filter((id) => after === null || id > after).sort();
      return ids.slice(0, limit).flatMap((id) => map.get(id) ?? []);
    },
    async apply(change) {
      for (const id of change.deleted) map.delete(id);
      for (const row of change.rows) map.set(row.id, toRow(row, fields));
      position = change.position ?? position;
    },
    async replaceAll(pages, nextPosition) {
      const next = new Map<string, UserRow>();
      for await (const rows of pages) for (const row of rows) next.set(row.id, toRow(row, fields));
      const reached = nextPosition();
      for (const id of map.keys()) if (!next.has(id)) map.delete(id);
      for (const [id, row] of next) map.set(id, row);
      position = reached;
    },
    close: async () => {},
  };
  return { fields, open: async () => session };
}
