import { describe, expect, it } from 'vitest';
import {
  type Account,
  type Answer,
  codeOf,
  createPerson,
  patientHashing,
  useSharedApi,
} from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';

/**
 * One hash at a time, which takes many times as long as the queue may hold a request, on any machine: all requests that
 * arrive during a hash are refused. Both slow down together.
 */
const narrowGate = {
  ...patientHashing,
  PASSWORD_HASHING_SLOTS: '1',
  PASSWORD_HASHING_WAIT: '10ms',
  PASSWORD_ARGON2_ITERATIONS: '40',
};

let copied = 0;

describe.each(APP_DATABASES)('a flood of passwords on %s', (database) => {
  const api = useSharedApi(database, { env: narrowGate, hashing: 'configured' });

  /** Attempts of one account take turns, so a flood needs many. @returns the addresses, all with the same password */
  async function copiesOf({ id }: Pick<Account, 'id'>, count: number): Promise<string[]> {
    copied += 1;
    const rows = await api().sql<{ email: string }>(
      `insert into users (id, first_name, last_name, email, password)
       select gen_random_uuid(), first_name, last_name, 'copy' || n || '.' || $3::integer || '@example.com', password
       from users, generate_series(1, $2::integer) as n
       where id = $1
       returning email`,
      [id, count, copied],
    );
    return rows.map(({ email }) => email);
  }

  it('rejects the surplus of 50 sign-ins with 503 and Retry-After, while tokens are still verified', async () => {
    const account = await api().register();
    const grant = await api().signIn(account);
    const emails = await copiesOf(account, 50);
    const flood = Promise.all(emails.map((email) => api().trySignIn(email, account.password)));
    const checks = Promise.all(
      Array.from({ length: 50 }, () => api().statusOf(grant.access_token)),
    );
    expect(new Set(await checks)).toEqual(new Set([200]));
    const answers = await flood;
    const served = answers.filter(({ statusCode }) => statusCode === 201);
    const refused = answers.filter(({ statusCode }) => statusCode !== 201);
    expect(served.length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) expectOverloaded(answer);
    const sessions = await api().sql(
      'select sessions.id from sessions join users on users.id = user_id where email = any($1)',
      [emails],
    );
    expect(sessions).toHaveLength(served.length);
    const failures = await api().sql(`select id from outbox where type = 'authentication.failed'`);
    expect(failures).toEqual([]);
    await api().signIn(account);
  });

  it('is rejected alike for known and unknown addresses', async () => {
    const known = await copiesOf(await api().register(), 30);
    const pairs = known.flatMap((email, number) => [email, `stranger${number}@example.com`]);
    const answers = await Promise.all(
      pairs.map((email) => api().trySignIn(email, 'wrong password')),
    );
    for (const parity of [0, 1]) {
      const half = answers.filter((_, index) => index % 2 === parity);
      const codes = new Set(half.map(codeOf));
      expect(codes.has('overloaded')).toBe(true);
      codes.delete('overloaded');
      codes.delete('invalid_credentials');
      expect(codes).toEqual(new Set());
    }
  });

  it('leaves no part of an account after a rejected registration', async () => {
    const people = Array.from({ length: 40 }, () => createPerson());
    const answers = await Promise.all(
      people.map((body) => api().send('POST', '/v1/users', { body })),
    );
    expect(answers.some(({ statusCode }) => statusCode === 503)).toBe(true);
    for (const [index, answer] of answers.entries()) {
      if (answer.statusCode !== 201) expectOverloaded(answer);
      const rows = await api().sql('select 1 from users where email = $1', [people[index]?.email]);
      expect(rows).toHaveLength(answer.statusCode === 201 ? 1 : 0);
    }
  });
});

function expectOverloaded(answer: Answer): void {
  expect([answer.statusCode, codeOf(answer)]).toEqual([503, 'overloaded']);
  expect(answer.headers['retry-after']).toBe('1');
}
