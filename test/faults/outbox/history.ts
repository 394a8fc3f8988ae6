import { expect } from 'vitest';
import type { RecordedEvent } from '../../../src/domain/events.ts';
import type { Database } from '../../../src/infrastructure/database/sql.ts';
import { expectEveryEvent, waitUntilDrained } from '../../support/relay.ts';
import type { Life, Lives } from './lives.ts';

/** What was read back and compared. */
interface Figures {
  readonly events: number;
  readonly users: number;
  readonly versions: number;
  /** Writes that clients had an answer to. */
  readonly acknowledged: number;
}

interface Row {
  readonly id: string;
  readonly version: number;
  readonly last_name: string;
}

/** How long a drain may take, on a machine with other work. */
const DRAIN_MS = 120_000;

/**
 * Waits until the service has published everything, reads the whole stream back (each message against its schema) and
 * compares it with the rows and with what clients were told: every committed version of a user is there once and in
 * order, nothing else is, and no acknowledged write is missing.
 */
export async function expectWholeHistory(
  database: Pick<Database, 'query'>,
  url: string,
  lives: Pick<Lives, 'people'>,
): Promise<Figures> {
  const streamed = await waitUntilDrained(database, url, DRAIN_MS);
  expect(new Set(streamed.map(({ id }) => id)).size, 'an id came twice').toBe(streamed.length);
  await expectEveryEvent(database, streamed);

  const { rows } = await database.query<Row>('select id, version, last_name from users');
  const stored = new Map(rows.map((row) => [row.id, row]));
  const histories = byUser(streamed);
  const faults = [
    ...[...stored.keys()].filter((id) => !histories.has(id)).map((id) => `${id}: no events`),
    ...[...histories].flatMap(([id, events]) => historyFaults(id, events, stored.get(id))),
    ...lives.people.flatMap((life) =>
      lifeFaults(life, histories.get(life.id) ?? [], stored.get(life.id)),
    ),
  ];
  expect(faults).toEqual([]);
  return {
    events: streamed.length,
    users: histories.size,
    versions: [...histories.values()].reduce((sum, events) => sum + ofUser(events).length, 0),
    acknowledged: lives.people.reduce((sum, life) => sum + acknowledgedWrites(life), 0),
  };
}

type Event = Pick<RecordedEvent, 'event'>['event'];

function byUser(events: readonly RecordedEvent[]): ReadonlyMap<string, readonly Event[]> {
  const histories = new Map<string, Event[]>();
  for (const { event } of events) {
    if (event.userId === null) continue;
    histories.set(event.userId, [...(histories.get(event.userId) ?? []), event]);
  }
  return histories;
}

const ofUser = (events: readonly Event[]) => events.filter(({ type }) => type.startsWith('user.'));

/** Versions 1 to n without a gap, where n is the stored one, or the last event is the deletion. */
function historyFaults(id: string, events: readonly Event[], row: Row | undefined): string[] {
  const own = ofUser(events);
  const versions = own.map(({ userVersion }) => userVersion);
  const faults: string[] = [];
  if (versions.some((version, index) => version !== index + 1)) {
    faults.push(`${id}: versions ${versions.join(' ')}`);
  }
  if (own[0]?.type !== 'user.created') faults.push(`${id}: begins with ${own[0]?.type}`);
  if (row === undefined) {
    const last = events.at(-1)?.type;
    if (last !== 'user.deleted') faults.push(`${id}: gone, and its last event is ${last}`);
  } else if (row.version !== own.length || own.some(({ type }) => type === 'user.deleted')) {
    faults.push(`${id}: at version ${row.version} after ${own.map(({ type }) => type).join(' ')}`);
  }
  return faults;
}

/** Whatever a client was told is stored and in the stream. */
function lifeFaults(life: Life, events: readonly Event[], row: Row | undefined): string[] {
  const { id } = life;
  const faults: string[] = [];
  for (const [version, type] of life.versions) {
    const found = ofUser(events).find(({ userVersion }) => userVersion === version)?.type;
    if (found !== type) faults.push(`${id}: version ${version} is ${found} rather than ${type}`);
  }
  for (const session of life.sessions) {
    const isStart = (event: Event) =>
      event.type === 'session.started' && event.data.session_id === session;
    if (!events.some(isStart)) faults.push(`${id}: session ${session} is missing`);
  }
  const changes = events.filter(({ type }) => type === 'user.password_changed').length;
  if (changes < life.passwordChanges) faults.push(`${id}: a password change is missing`);
  if (life.deleted === 'yes' ? row !== undefined : life.deleted === 'no' && row === undefined) {
    faults.push(`${id}: deleted: ${life.deleted}, stored: ${row !== undefined}`);
  }
  if (row !== undefined && !life.names.includes(row.last_name)) {
    faults.push(`${id}: named ${row.last_name} rather than ${life.names.join(' or ')}`);
  }
  return faults;
}

function acknowledgedWrites(life: Life): number {
  const left = life.deleted === 'yes' ? 1 : 0;
  return life.versions.size + life.sessions.length + life.passwordChanges + left;
}
