import { compare, type Side } from '../compare.ts';
import { type Context, copyWithPeople, onDatabase, type Result } from '../context.ts';
import { loadSide } from '../load-generator.ts';
import type { Person } from '../people.ts';
import { runPgbench } from '../pgbench.ts';
import { type Service, startService } from '../service.ts';
import {
  endSessionScript,
  FLOOR_USERS,
  insertFloorUsers,
  refreshScript,
  sessionId,
} from './session-scripts.ts';

const CONNECTIONS = 16;
/** Connections of the service's pool. */
const CLIENTS = 10;
/** Sessions that one slice ends. */
const ENDED = 2_000;
const QUICK_ENDED = 300;

/** Measures refresh and the end of a session beside pgbench with the same statements. */
export async function measureSessions(context: Context): Promise<Result[]> {
  const { database, people } = await copyWithPeople(context, 'bench_sessions');
  const { postgres } = context;
  const query = (sql: string) => postgres.query(sql, database.database);
  await query(insertFloorUsers());
  const service = await startService(onDatabase(database));
  try {
    const persons = await people.on(service);
    await insertSessions(query, 1, FLOOR_USERS, 'floor');
    const refreshFloor: Side = {
      title: `pgbench, ${CLIENTS} clients: lock and rotate the session`,
      slice: () =>
        runPgbench(database, {
          ...{ lines: refreshScript(), clients: CLIENTS },
          length: { seconds: Math.max(1, Math.round(context.options.seconds)) },
        }),
    };
    return [
      await compare(
        context,
        { id: 'i1', target: 0.5 },
        { service: refreshes(context, service, persons), floor: refreshFloor },
      ),
      await compare(
        context,
        { id: 'i2', target: 0.5 },
        await endings({ context, service, persons, query, database }),
      ),
    ];
  } finally {
    await service.stop();
  }
}

function refreshes(context: Context, service: Service, persons: readonly Person[]): Side {
  let refreshTokens = persons.slice(0, CONNECTIONS).map(({ refreshToken }) => refreshToken);
  return loadSide(
    context.generator,
    { title: `POST /v1/sessions/refresh, ${CONNECTIONS} connections`, pid: service.pid },
    () => ({
      ...{ kind: 'refresh', url: service.url, seconds: context.options.seconds, refreshTokens },
    }),
    {
      after: (report) => {
        refreshTokens = [...(report.refreshTokens ?? [])];
      },
    },
  );
}

type Query = (sql: string) => Promise<Record<string, unknown>[]>;

/** Both sides end sessions that were inserted before the slice. */
async function endings(deps: {
  readonly context: Context;
  readonly service: Service;
  readonly persons: readonly Person[];
  readonly query: Query;
  readonly database: Parameters<typeof runPgbench>[0];
}): Promise<{ service: Side; floor: Side }> {
  const { context, service, persons, query, database } = deps;
  const count = context.options.quick ? QUICK_ENDED : ENDED;
  const key = await service.createKey(['users:admin']);
  let next = FLOOR_USERS + 1;
  const insert = async (whose: 'floor' | readonly Person[]): Promise<number> => {
    const first = next;
    next += count;
    await insertSessions(query, first, count, whose);
    return first;
  };
  return {
    service: loadSide(
      context.generator,
      { title: 'DELETE /v1/users/{id}/sessions/{session_id}, service key', pid: service.pid },
      async () => {
        const first = await insert(persons);
        return {
          ...{ kind: 'once', url: service.url, connections: CONNECTIONS },
          requests: Array.from({ length: count }, (_, at) => ({
            method: 'DELETE',
            path: `/v1/users/${personOf(persons, first + at).id}/sessions/${textOf(first + at)}`,
            headers: { authorization: `Bearer ${key}` },
          })),
        };
      },
    ),
    floor: {
      title: `pgbench, ${CLIENTS} clients: lock the user, end the session, record the act`,
      slice: async () => {
        const first = await insert('floor');
        return await runPgbench(database, {
          lines: endSessionScript(first, count / CLIENTS),
          clients: CLIENTS,
          length: { transactions: count / CLIENTS },
        });
      },
    },
  };
}

function personOf(persons: readonly Person[], number: number): Person {
  const person = persons[number % persons.length];
  if (person === undefined) throw new Error('there are no people');
  return person;
}

/** The id that `sessionId` gives to this number. */
function textOf(number: number): string {
  return `01990000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

async function insertSessions(
  query: Query,
  first: number,
  count: number,
  whose: 'floor' | readonly Person[],
): Promise<void> {
  const userId =
    whose === 'floor'
      ? sessionId(`n % ${FLOOR_USERS} + 1`)
      : `('{${whose.map(({ id }) => id).join()}}'::uuid[])[n % ${whose.length} + 1]`;
  await query(
    `insert into sessions (id, user_id, refresh_hash, expires_at, absolute_expires_at)
     select ${sessionId('n')}, ${userId}, sha256(n::text::bytea), now() + interval '1 day', now() + interval '30 days'
     from generate_series(${first}, ${first + count - 1}) as n`,
  );
}
