import { statementOf } from '../pgbench.ts';

/** Users of the floor; each has one session for the refreshes. */
export const FLOOR_USERS = 1_000;

/** The id of a session or of a user of the floor, from an SQL expression for its number. */
export function sessionId(number: string): string {
  return `('01990000-0000-7000-8000-' || lpad(to_hex((${number})::bigint), 12, '0'))::uuid`;
}

/** Inserts the users of the floor. */
export function insertFloorUsers(): string {
  return `insert into users (id, first_name, last_name, email, password)
    select ${sessionId('n')}, 'Ada', 'Okafor', 'floor-' || n || '@example.com', 'no hash'
    from generate_series(1, ${FLOOR_USERS}) as n`;
}

/** A refresh: lock the session and rotate its token. */
export function refreshScript(): string[] {
  const id = sessionId(':n');
  return [
    `\\set n random(1, ${FLOOR_USERS})`,
    'begin;',
    statementOf('sessions.lockSession', { id, earlier: 'null' }),
    statementOf('sessions.rotateSession', {
      id,
      currentHash: 'sha256(:n::bigint::text::bytea)',
      previousHash: 'sha256(:n::bigint::text::bytea)',
      sealedSuccessor: 'sha512(:n::bigint::text::bytea)',
      idleTtlMs: '2592000000',
    }),
    'commit;',
  ];
}

/**
 * The end of a session: lock its user, delete it, record the event and the act. Each client ends sessions of its own,
 * which the variable `turn` counts.
 * @param first number of the first session
 * @param perClient sessions of each client
 */
export function endSessionScript(first: number, perClient: number): string[] {
  const userId = sessionId(`:n % ${FLOOR_USERS} + 1`);
  return [
    `\\set n ${first} + :client_id * ${perClient} + :turn`,
    '\\set turn :turn + 1',
    'begin;',
    statementOf('users.lockUser', { id: userId }),
    statementOf('sessions.endSessions', {
      userId,
      afterId: `'00000000-0000-0000-0000-000000000000'::uuid`,
      only: sessionId(':n'),
      limit: '10000',
      eventIdStart: 'left(gen_random_uuid()::text, 28)',
      userVersion: '1',
      reason: `'signed_out'`,
      requestId: `'bench'`,
      occurredAt: 'now()',
      listed: '1000',
      revokesUser: 'false',
    }),
    statementOf('administrative-acts.insertAdministrativeAct', {
      ...{ id: 'gen_random_uuid()', userId, requestId: `'bench'` },
      ...{ action: `'end_sessions'`, actorKind: `'service'`, actorId: userId },
      ...{ operator: 'null', reason: 'null' },
    }),
    'commit;',
  ];
}
