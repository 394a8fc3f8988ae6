import type { CliIo } from '../io.ts';
import { isRecord } from '../problem.ts';
import { createTableWriter, type TableWriter } from '../table.ts';
import { padTo, printable } from '../text.ts';

/** Writes one user: one JSON document, or one line a field. */
export function writeUser(user: unknown, json: boolean, io: CliIo): void {
  if (json) {
    io.stdout(JSON.stringify(user));
    return;
  }
  for (const [name, value] of Object.entries(isRecord(user) ? user : {})) {
    io.stdout(`${padTo(printable(name), 16)}${printable(shown(value))}`);
  }
}

/** A table of users; see `createTableWriter`. */
export function createUserTable(io: CliIo): TableWriter {
  return createTableWriter(['ID', 'NAME', 'E-MAIL', 'PHONE', 'STATUS', 'CREATED'], io.stdout);
}

/** A user's row of that table. */
export function userRow(user: unknown): string[] {
  const { id, first_name, last_name, email, phone, status, created_at } = isRecord(user)
    ? user
    : {};
  const name = `${shown(first_name)} ${shown(last_name)}`;
  return [shown(id), name, shown(email), shown(phone), shown(status), shown(created_at)];
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
