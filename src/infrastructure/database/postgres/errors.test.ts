import { describe, expect, test } from 'vitest';
import { DomainError } from '../../../domain/errors.ts';
import { breaksConnection, isStalePlan, translateDatabaseError, wasNeverSent } from './errors.ts';

const reported = (message: string, fields: Record<string, unknown> = {}) =>
  Object.assign(new Error(message), fields);

describe('translateDatabaseError', () => {
  test.each([
    ['users_email_key', 'email_taken'],
    ['service_accounts_name_in_use_key', 'service_account_name_taken'],
    ['sessions_user_id_fkey', 'invalid_credentials'],
  ])('translates a violation of %s to %s, with the cause', (constraint, code) => {
    const cause = reported('duplicate key value', { code: '23505', constraint });
    expect(translateDatabaseError(cause)).toMatchObject({ name: 'DomainError', code, cause });
  });

  test.each([
    '08000',
    '08003',
    '08006',
    '08P01',
    '57P01',
    '57P02',
    '57P03',
    '53100',
    '53200',
    '53300',
    '55P03',
    '57014',
    '40P01',
    '40001',
    '25P03',
    '25006',
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'EPIPE',
    'EHOSTUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
  ])('translates %s to unavailable, with a retry after one second', (code) => {
    const error = translateDatabaseError(reported('x', { code }));
    expect(error).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1, cause: { code } });
  });

  test('names a full disk, since connections still work', () => {
    const error = translateDatabaseError(reported('No space left on device', { code: '53100' }));
    expect(error).toMatchObject({ message: 'The database has no disk space or memory left.' });
  });

  test.each([
    'timeout exceeded when trying to connect',
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
    'Cannot use a pool after calling end on the pool',
  ])('translates the driver’s "%s" to unavailable', (message) => {
    expect(translateDatabaseError(reported(message))).toMatchObject({ code: 'unavailable' });
  });

  test('returns every other error unchanged', () => {
    const unknown = [
      reported('syntax error', { code: '42601' }),
      reported('duplicate key', { code: '23505', constraint: 'users_pkey' }),
      reported('permission denied', { code: '42501' }),
      reported('password authentication failed', { code: '28P01' }),
      new TypeError('x is not a function'),
      new DomainError('email_taken', 'Taken.'),
      'a string',
      undefined,
    ];
    for (const error of unknown) expect(translateDatabaseError(error)).toBe(error);
  });

  test('keeps the database’s text out of the message', () => {
    const cause = reported('Key (email)=(a@example.com)', {
      code: '23505',
      constraint: 'users_email_key',
    });
    expect((translateDatabaseError(cause) as Error).message).not.toContain('example.com');
  });
});

describe('breaksConnection', () => {
  test.each(['23505', '42601', '57014', '55P03', '40P01', '22012', 'XX000'])(
    '%s leaves the connection usable',
    (code) => {
      expect(breaksConnection(reported('x', { code }))).toBe(false);
    },
  );

  test.each([
    '08006',
    '57P01',
    '57P05',
    '25P03',
    '25006',
    '26000',
    'EPIPE',
    'ECONNRESET',
    undefined,
  ])('%s makes the connection unusable', (code) => {
    expect(breaksConnection(reported('x', { code }))).toBe(true);
  });

  test('a stale plan makes the connection unusable, another unsupported feature does not', () => {
    const stale = reported('zwischengespeicherter Plan', {
      code: '0A000',
      routine: 'RevalidateCachedQuery',
    });
    expect([isStalePlan(stale), breaksConnection(stale)]).toEqual([true, true]);
    const other = reported('cannot do that', { code: '0A000' });
    expect([isStalePlan(other), breaksConnection(other)]).toEqual([false, false]);
  });
});

test('wasNeverSent detects statements that the driver did not send', () => {
  const refused = 'Client has encountered a connection error and is not queryable';
  expect(wasNeverSent(reported(refused))).toBe(true);
  expect(wasNeverSent(reported('Connection terminated unexpectedly'))).toBe(false);
});
