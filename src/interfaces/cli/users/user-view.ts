import type { CliIo } from '../io.ts';
import { isRecord } from '../problem.ts';
import { createTableWriter, type TableOptions, type TableWriter } from '../table.ts';
import { padTo, printable } from '../text.ts';
import { PROFILE_VIEWS } from './profile-views.ts';

const PROFILE_HEADINGS = [...new Set(PROFILE_VIEWS.flatMap(([, { heading }]) => heading ?? []))];

/** Writes one user as one JSON document, or as one line for each field. */
export function writeUser(user: unknown, json: boolean, io: CliIo): void {
  if (json) {
    io.stdout(JSON.stringify(user));
    return;
  }
  for (const [name, value] of Object.entries(isRecord(user) ? user : {})) {
    io.stdout(`${padTo(printable(name), 16)}${printable(cell(value))}`);
  }
}

export function createUserTable(io: CliIo, options: TableOptions): TableWriter {
  return createTableWriter(['ID', ...PROFILE_HEADINGS, 'STATUS', 'CREATED'], io, options);
}

/** A user's row of the table that `createUserTable` makes. */
export function userRow(user: unknown): string[] {
  const values = isRecord(user) ? user : {};
  const profile = PROFILE_HEADINGS.map((heading) =>
    PROFILE_VIEWS.filter(([, view]) => view.heading === heading)
      .map(([, { name }]) => cell(values[name]))
      .join(' '),
  );
  return [cell(values.id), ...profile, cell(values.status), cell(values.created_at)];
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
