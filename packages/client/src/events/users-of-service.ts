import { isRecord } from './event.ts';
import { type MirrorStore, toRow, type UserRow } from './mirror-store.ts';
import { type Retrying, Transient, untilItWorks } from './retry.ts';
import type { Service } from './service.ts';

/** The users of the service, as rows of a store. */
export interface UsersOfService {
  /** The users as they are now. @returns those that exist */
  read(ids: readonly string[]): Promise<readonly UserRow[]>;
  /** Begins an export: all users, sorted by id. It is tried once. @throws Transient */
  exportAll(): Promise<UserExport>;
}

export interface UserExport {
  /** @throws Transient when the export is cut off */
  pages(): AsyncGenerator<readonly UserRow[]>;
  /** Where events begin that the export may lack. @throws Transient before the end of the export */
  position(): string;
}

const MAX_IDS = 500;
const READ_TIMEOUT_MS = 30_000;
const EXPORT_TIMEOUT_MS = 60_000;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function usersOfService(
  service: Service,
  fields: MirrorStore['fields'],
  retrying: Retrying,
): UsersOfService {
  const { signal } = retrying;

  /** A user counts as deleted only where the service says that it is missing. */
  async function readSome(ids: readonly string[]): Promise<readonly UserRow[]> {
    const request = { method: 'POST', body: { ids }, signal, timeoutMs: READ_TIMEOUT_MS } as const;
    const [body] = await (await service.request('/v1/users/batch', request)).lines();
    if (!isRecord(body) || !Array.isArray(body.users) || !Array.isArray(body.missing)) {
      throw notTheService();
    }
    const rows = body.users.map((user) => readRow(user, fields));
    const told = new Set([...rows.map(({ id }) => id), ...body.missing].map(inLowerCase));
    const asked = new Set(ids.map(inLowerCase));
    if (told.size !== asked.size || [...asked].some((id) => !told.has(id))) throw notTheService();
    return rows;
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
      const response = await service.request('/v1/users/export', request);
      let end: string | null = null;
      const position = (): string => {
        if (end === null) throw new Transient('The export was cut off.');
        return end;
      };
      return {
        async *pages() {
          let last = '';
          for await (const lines of response.stream()) {
            const rows: UserRow[] = [];
            for (const line of lines) {
              // Only that of the last line stays.
              end = positionOf(line);
              if (end !== null) continue;
              const row = readRow(line, fields);
              if (row.id <= last) throw notTheService();
              last = row.id;
              rows.push(row);
            }
            if (rows.length > 0) yield rows;
          }
          position();
        },
        position,
      };
    },
  };
}

/** Ids have no case. */
function inLowerCase(id: unknown): string {
  return String(id).toLowerCase();
}

/** @throws Transient for what is not a user */
function readRow(value: unknown, fields: MirrorStore['fields']): UserRow {
  if (!isRecord(value)) throw notTheService();
  const { id, version } = value;
  if (typeof id !== 'string' || !UUID.test(id)) throw notTheService();
  if (!Number.isSafeInteger(version) || Number(version) < 1) throw notTheService();
  return toRow(value, fields);
}

/** @returns null for a line that is not the end of an export */
function positionOf(line: unknown): string | null {
  if (!isRecord(line) || 'id' in line) return null;
  return typeof line.position === 'string' && line.position !== '' ? line.position : null;
}

function notTheService(): Transient {
  return new Transient('The response is not from the user service.');
}
