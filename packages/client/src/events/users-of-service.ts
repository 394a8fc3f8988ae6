import { isRecord } from './event.ts';
import { type MirrorStore, toRow, type UserRow } from './mirror-store.ts';
import { type Retrying, Transient, untilItWorks } from './retry.ts';
import type { Service } from './service.ts';

/** The users of the service, as rows of a store. */
export interface UsersOfService {
  /** The users as they are now. @returns those that exist */
  read(ids: readonly string[]): Promise<readonly UserRow[]>;
  /** Begins an export: all users, sorted by id. */
  exportAll(): Promise<UserExport>;
}

export interface UserExport {
  /** @throws Transient when the export is cut off */
  pages(): AsyncGenerator<readonly UserRow[]>;
  /** Where events begin that the export may lack. @throws Transient before the end of the export */
  position(): string;
}

const MAX_IDS = 500;
const READ_TIMEOUT_MS = 15_000;
const EXPORT_TIMEOUT_MS = 60_000;

export function usersOfService(
  service: Service,
  fields: MirrorStore['fields'],
  retrying: Retrying,
): UsersOfService {
  const { signal } = retrying;

  async function readSome(ids: readonly string[]): Promise<readonly UserRow[]> {
    const request = { method: 'POST', body: { ids }, signal, timeoutMs: READ_TIMEOUT_MS } as const;
    const response = await service.request('/v1/users/batch', request);
    const values: unknown[] = [];
    for await (const lines of response.lines()) values.push(...lines);
    const [body] = values;
    if (!isRecord(body) || !Array.isArray(body.users)) throw notTheService();
    return body.users.map((user) => toRow(user, fields));
  }

  return {
    async read(ids) {
      const rows: UserRow[] = [];
      for (let first = 0; first < ids.length; first += MAX_IDS) {
        const some = ids.slice(first, first + MAX_IDS);
        rows.push(...(await untilItWorks(() => readSome(some), retrying)));
      }
      return rows;
    },
    async exportAll() {
      const request = { signal, timeoutMs: EXPORT_TIMEOUT_MS };
      const response = await untilItWorks(
        () => service.request('/v1/users/export', request),
        retrying,
      );
      let position: string | undefined;
      return {
        async *pages() {
          for await (const lines of response.lines()) {
            const users = lines.filter(isRecord).filter(({ id }) => id !== undefined);
            if (users.length > 0) yield users.map((user) => toRow(user, fields));
            const last = lines.at(-1);
            if (isRecord(last) && typeof last.position === 'string') position = last.position;
          }
          if (position === undefined) throw new Transient('The export was cut off.');
        },
        position() {
          if (position === undefined) throw new Transient('The export was cut off.');
          return position;
        },
      };
    },
  };
}

function notTheService(): Transient {
  return new Transient('The response is not from the user service.');
}
