import { statementOf } from '../pgbench.ts';
import { FLOOR_USERS, sessionId } from './session-scripts.ts';

/** The address of the user of the floor with this number. */
function floorAddress(number: string): string {
  return `'floor-' || (${number})::bigint || '@example.com'`;
}

/** The transactions of a right sign-in: count it and read the credentials, then start a session. */
export function signInScript(): string[] {
  const userId = sessionId(':n');
  const counter = { accountKey: 'sha256(:n::bigint::text::bytea)', bucket: `'password'` };
  const event = { occurredAt: 'now()', requestId: `'bench'`, userVersion: '1' };
  return [
    `\\set n random(1, ${FLOOR_USERS})`,
    statementOf('sign-in-failures.claimSignIn', {
      ...{ ...counter, email: floorAddress(':n') },
      ...{ free: '5', stop: '100', maxWaitMs: '900000', quietMs: '86400000' },
    }),
    'begin;',
    statementOf('users.lockUser', { id: userId }),
    statementOf('sign-in-failures.deleteSignInFailures', {
      ...{ ...counter, free: '5', others: 'null' },
    }),
    statementOf('sessions.endSurplusSessions', {
      ...{ userId, keep: '99', limit: '1000', reason: `'session_limit'`, ...event },
    }),
    statementOf('sessions.insertSession', {
      ...{ id: 'gen_random_uuid()', userId, ip: 'null', userAgent: `'bench'` },
      ...{ refreshHash: 'sha256(gen_random_uuid()::text::bytea)' },
      ...{ idleTtlMs: '2592000000', absoluteTtlMs: '7776000000' },
    }),
    statementOf('outbox.insertEvents', {
      events:
        `jsonb_build_array(jsonb_build_object('id', gen_random_uuid(), 'user_id', ${userId}, 'user_version', 1,
        'type', 'session.started', 'data', jsonb_build_object('session_id', ${userId}), 'request_id', 'bench',
        'occurred_at', now()))`.replace(/\s+/g, ' '),
    }),
    'commit;',
  ];
}
