import { expect } from 'vitest';
import type { RecordedEvent } from '../../../src/domain/events.ts';
import type { Database } from '../../../src/infrastructure/database/sql.ts';
import { expectEveryEvent, waitUntilDrained } from '../../support/relay.ts';
import { findStreamFaults } from '../../support/verify-stream.ts';
import type { Life, Lives } from './lives.ts';

interface Figures {
  readonly events: number;
  readonly users: number;
  readonly versions: number;
  /** Writes that were acknowledged to a client. */
  readonly acknowledged: number;
}

interface Row {
  readonly id: string;
  readonly version: number;
  readonly last_name: string;
}

/** Longest drain, on a busy machine. */
const DRAIN_MS = 120_000;

/**
 * Waits until the service has published every event, reads the whole stream (each message against its schema) and
 * compares it with the rows and with the responses to clients: the stream has every committed version of a user once and
 * in order, nothing else, and every acknowledged write.
 */
export async function expectWholeHistory(
  database: Pick<Database, 'query'>,
  url: string,
  lives: Pick<Lives, 'people'>,
): Promise<Figures> {
  const streamed = await waitUntilDrained(database, url, DRAIN_MS);
  expect(new Set(streamed.map(({ id }) => id)).size, 'an id came twice').toBe(streamed.length);
  await expectEveryEvent(database, streamed);
  expect(await findStreamFaults(database, url)).toEqual([]);

  const { rows } = await database.query<Row>('select id, version, last_name from users');
  const stored = new Map(rows.map((row) => [row.id, row]));
  const histories = byUser(streamed);
  const problems = [
    ...[...stored.keys()].filter((id) => !histories.has(id)).map((id) => `${id}: no events`),
    ...[...histories].flatMap(([id, events]) => historyProblems(id, events, stored.get(id))),
    ...lives.people.flatMap((life) =>
      lifeProblems(life, histories.get(life.id) ?? [], stored.get(life.id)),
    ),
  ];
  expect(problems).toEqual([]);
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

/** Versions 1 to n without a gap, where n is the stored version, or the last event is the deletion. */
function historyProblems(id: string, events: readonly Event[], row: Row | undefined): string[] {
  const own = ofUser(events);
  const versions = own.map(({ userVersion }) => userVersion);
  const problems: string[] = [];
  if (versions.some((version, index) => version !== index + 1)) {
    problems.push(`${id}: versions ${versions.join(' ')}`);
  }
  if (own[0]?.type !== 'user.created') problems.push(`${id}: starts with ${own[0]?.type}`);
  if (row === undefined) {
    const last = events.at(-1)?.type;
    if (last !== 'user.deleted') problems.push(`${id}: deleted, and its last event is ${last}`);
  } else if (row.version !== own.length || own.some(({ type }) => type === 'user.deleted')) {
    problems.push(
      `${id}: at version ${row.version} after ${own.map(({ type }) => type).join(' ')}`,
    );
  }
  return problems;
}

/** Every acknowledged write is stored and in the stream. */
function lifeProblems(life: Life, events: readonly Event[], row: Row | undefined): string[] {
  const { id } = life;
  const problems: string[] = [];
  for (const [version, type] of life.versions) {
    const found = ofUser(events).find(({ userVersion }) => userVersion === version)?.type;
    if (found !== type) problems.push(`${id}: version ${version} is ${found} rather than ${type}`);
  }
  for (const session of life.sessions) {
    const isStart = (event: Event) =>
      event.type === 'session.started' && event.data.session_id === session;
    if (!events.some(isStart)) problems.push(`${id}: session ${session} is missing`);
  }
  const changes = events.filter(({ type }) => type === 'user.password_changed').length;
  if (changes < life.passwordChanges) problems.push(`${id}: a password change is missing`);
  if (life.deleted === 'yes' ? row !== undefined : life.deleted === 'no' && row === undefined) {
    problems.push(`${id}: deleted: ${life.deleted}, stored: ${row !== undefined}`);
  }
  if (row !== undefined && !life.names.includes(row.last_name)) {
    problems.push(`${id}: named ${row.last_name} rather than ${life.names.join(' or ')}`);
  }
  return problems;
}

function acknowledgedWrites(life: Life): number {
  const deletions = life.deleted === 'yes' ? 1 : 0;
  return life.versions.size + life.sessions.length + life.passwordChanges + deletions;
}
