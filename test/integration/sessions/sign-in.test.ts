import { describe, expect, it } from 'vitest';
import { preparePassword } from '../../../src/domain/user/password.ts';
import { createArgon2Hasher } from '../../../src/infrastructure/security/argon2-hasher.ts';
import {
  type Answer,
  codeOf,
  goodPassword,
  patientHashing,
  useSharedApi,
} from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';
import { anonymous } from '../../support/ports.ts';

describe.each(APP_DATABASES)('signing in on %s', (database) => {
  const api = useSharedApi(database, { env: patientHashing, hashing: 'configured' });

  it('starts a new session each time and keeps the earlier ones', async () => {
    const account = await api().register();
    const grants = [await api().signIn(account), await api().signIn(account)];
    expect(new Set(grants.map((grant) => grant.session_id)).size).toBe(2);
    expect(new Set(grants.map((grant) => grant.refresh_token)).size).toBe(2);
    for (const grant of grants) {
      expect(grant).toMatchObject({ token_type: 'Bearer', expires_in: 600 });
      expect(grant.refresh_expires_in).toBeGreaterThan(30 * 86_400 - 60);
      expect(await api().statusOf(grant.access_token)).toBe(200);
    }
    const events = await api().eventsOf(account.id);
    expect(events.map((event) => [event.type, event.user_version, event.data])).toEqual([
      ['user.created', 1, { status: 'active' }],
      ['session.started', 1, { session_id: grants[0]?.session_id }],
      ['session.started', 1, { session_id: grants[1]?.session_id }],
    ]);
  });

  it('accepts the address in any case and with the domain in both forms', async () => {
    const { password } = await api().register({ email: 'Wide.Case@bücher.example' });
    for (const email of [
      'wide.case@xn--bcher-kva.example',
      'WIDE.CASE@BÜCHER.example',
      'wide.case@bu\u0308cher.example',
    ]) {
      await api().signIn({ email, password });
    }
  });

  it('gives the same response for an unknown address, a wrong password and a disabled user', async () => {
    const account = await api().register();
    const disabled = await api().register();
    await api().sql(`update users set status = 'disabled' where id = $1`, [disabled.id]);
    const answers = [
      await api().trySignIn('nobody@example.com', goodPassword),
      await api().trySignIn('not an address', goodPassword),
      await api().trySignIn(account.email, 'wrong password'),
      await api().trySignIn(account.email, ''),
      await api().trySignIn(account.email, '\ud800'),
      await api().trySignIn(disabled.email, disabled.password),
      await api().trySignIn(disabled.email, 'wrong password'),
    ];
    const [first, ...others] = answers.map(comparable);
    expect(first).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
    for (const other of others) expect(other).toEqual(first);
  });

  it('publishes the reason of a failure, without a user when the address is unknown', async () => {
    const account = await api().register();
    const before = (await api().eventsOf(null)).length;
    await api().trySignIn(account.email, 'wrong password');
    await api().trySignIn('stranger@example.com', goodPassword);
    await api().sql(`update users set status = 'disabled' where id = $1`, [account.id]);
    await api().trySignIn(account.email, account.password);
    expect((await api().eventsOf(account.id)).slice(1)).toMatchObject([
      { type: 'authentication.failed', user_version: 1, data: { reason: 'wrong_password' } },
      { type: 'authentication.failed', user_version: 1, data: { reason: 'user_disabled' } },
    ]);
    expect((await api().eventsOf(null)).slice(before)).toMatchObject([
      { type: 'authentication.failed', user_version: null, data: { reason: 'unknown_email' } },
    ]);
  });

  it('accepts a password in every Unicode form of the same text', async () => {
    const composed = 'ma\u00f1ana a las ocho';
    const { email } = await api().register({ password: composed });
    await api().signIn({ email, password: composed });
    await api().signIn({ email, password: composed.normalize('NFD') });
    await api().signIn({ email, password: composed.replaceAll(' ', '\u00a0') });
    const other = await api().register({ password: composed.normalize('NFD') });
    await api().signIn({ email: other.email, password: composed });
  });

  it.each([
    ['another case', 'Quiet otter sings at dawn'],
    ['one space more inside', 'quiet  otter sings at dawn'],
    ['a space before it', ' quiet otter sings at dawn'],
    ['a space after it', 'quiet otter sings at dawn '],
    ['no spaces', 'quietottersingsatdawn'],
    ['only its beginning', 'quiet otter sings at daw'],
    ['compatibility forms of its letters', 'quiet otter sings at dawｎ'],
  ])('rejects the password with %s', async (_difference, password) => {
    const { email } = await api().register();
    expect(codeOf(await api().trySignIn(email, password))).toBe('invalid_credentials');
  });

  it('compares all of a long password', async () => {
    const { email } = await api().register({ password: `${'ab'.repeat(99)}xy` });
    expect(codeOf(await api().trySignIn(email, `${'ab'.repeat(99)}xz`))).toBe(
      'invalid_credentials',
    );
    await api().signIn({ email, password: `${'ab'.repeat(99)}xy` });
  });

  it('replaces an outdated hash once for concurrent sign-ins, and keeps the version', async () => {
    const account = await api().register();
    const weaker = createArgon2Hasher({
      memoryKib: 7_168,
      iterations: 1,
      parallelism: 1,
      maxConcurrent: 1,
      waitMs: 1_000,
    });
    const prepared = preparePassword(account.password);
    if (prepared === null) throw new Error('the password is text');
    const old = await weaker.reserve(anonymous, (hashing) => hashing.hash(prepared));
    await api().sql('update users set password = $2 where id = $1', [account.id, old]);
    await countRewrites(api().sql);
    const [before] = await api().sql('select version, updated_at from users where id = $1', [
      account.id,
    ]);

    const answers = await Promise.all(
      Array.from({ length: 16 }, () => api().trySignIn(account.email, account.password)),
    );
    expect(answers.map((answer) => answer.statusCode)).toEqual(answers.map(() => 201));
    const [after] = await api().sql<{ password: string }>(
      'select version, updated_at, password from users where id = $1',
      [account.id],
    );
    expect(after?.password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(after).toMatchObject(before ?? {});
    expect(await api().sql('select 1 from rewrites where user_id = $1', [account.id])).toHaveLength(
      1,
    );
    await api().signIn(account);
    expect(await api().sql('select 1 from rewrites where user_id = $1', [account.id])).toHaveLength(
      1,
    );
  });
});

/** The parts of a response that a caller can compare: all that does not differ in every response. */
function comparable(answer: Answer) {
  const { 'x-request-id': requestId, date: _date, ...headers } = answer.headers;
  const { instance, request_id, ...body } = answer.json();
  expect(request_id).toBe(requestId);
  expect(instance).toContain(request_id);
  return { status: answer.statusCode, headers, body };
}

/** After this call the table `rewrites` has a row for each write of a password's column. */
async function countRewrites(sql: (text: string) => Promise<unknown>): Promise<void> {
  await sql('create table rewrites (user_id uuid not null)');
  await sql(`create function count_rewrite() returns trigger language plpgsql as
    $$ begin insert into rewrites values (new.id); return new; end $$`);
  await sql(`create trigger count_rewrite after update of password on users
    for each row execute function count_rewrite()`);
}
