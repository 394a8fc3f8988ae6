import { describe, expect, it } from 'vitest';
import { createRecordFailedAuthentication } from '../../src/application/sessions/record-failed-authentication.ts';
import { createIssueGrant } from '../../src/application/sessions/session-grant.ts';
import { createSignIn } from '../../src/application/sessions/sign-in.ts';
import type { AccessTokens } from '../../src/domain/ports.ts';
import { preparePassword } from '../../src/domain/user/password.ts';
import { createUnitOfWork } from '../../src/infrastructure/database/postgres/unit-of-work.ts';
import { createPostgresUserRepository } from '../../src/infrastructure/database/postgres/user-repository.ts';
import type { Database, SqlConnection } from '../../src/infrastructure/database/sql.ts';
import { createArgon2Hasher } from '../../src/infrastructure/security/argon2-hasher.ts';
import { createRefreshTokens } from '../../src/infrastructure/security/refresh-tokens.ts';
import { createSystemClock } from '../../src/infrastructure/system/clock.ts';
import { databaseImplementations } from '../contract/databases.ts';
import { ids, register } from '../contract/fixtures.ts';
import { type Answer, codeOf, goodPassword, patientHashing, useSharedApi } from '../support/api.ts';
import { APP_DATABASES } from '../support/app.ts';
import { createSilentLogger } from '../support/logger.ts';
import { anonymous, createPlainHasher, portWith } from '../support/ports.ts';

describe.each(APP_DATABASES)('signing in on %s', (database) => {
  const api = useSharedApi(database, { env: patientHashing });

  it('starts another session each time, and leaves the earlier ones', async () => {
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

  it('takes the address in any case and with the domain in either form', async () => {
    const { password } = await api().register({ email: 'Wide.Case@bücher.example' });
    for (const email of [
      'wide.case@xn--bcher-kva.example',
      'WIDE.CASE@BÜCHER.example',
      'wide.case@bu\u0308cher.example',
    ]) {
      await api().signIn({ email, password });
    }
  });

  it('gives an unknown address, a wrong password and a disabled user the same answer', async () => {
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

  it('tells other services why it refused, and of nobody where the address is unknown', async () => {
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

  it('takes a password in every Unicode form of the same text', async () => {
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
  ])('refuses the password with %s', async (_difference, password) => {
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

  it('strengthens an old hash once, however many sign in at the same time, and leaves the version', async () => {
    const account = await api().register();
    const weaker = createArgon2Hasher({
      memoryKib: 7_168,
      iterations: 1,
      parallelism: 1,
      slots: 1,
      waitMs: 1_000,
    });
    const prepared = preparePassword(account.password);
    if (prepared === null) throw new Error('the password is text');
    const old = await weaker.hash(prepared);
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

  it('lists the own sessions with where they come from, and ends any of them', async () => {
    const account = await api().register();
    const [first, second] = [await api().signIn(account), await api().signIn(account)];
    const { token } = { token: second.access_token };
    const listed = await api().send('GET', '/v1/sessions', { token });
    expect(listed.json().sessions).toMatchObject([
      { id: second.session_id, current: true, ip: '127.0.0.1' },
      { id: first.session_id, current: false, ip: '127.0.0.1' },
    ]);
    const end = (id: string) => api().send('DELETE', `/v1/sessions/${id}`, { token });
    expect((await end(first.session_id)).statusCode).toBe(204);
    expect(codeOf(await end(first.session_id))).toBe('session_not_found');
    expect(await api().statusOf(first.access_token)).toBe(401);
    expect(await api().statusOf(second.access_token)).toBe(200);
    expect((await api().send('DELETE', '/v1/sessions', { token })).statusCode).toBe(204);
    expect(await api().statusOf(second.access_token)).toBe(401);
  });

  it('does not let anybody see or end the sessions of somebody else', async () => {
    const [mine, theirs] = [await api().register(), await api().register()];
    const [myGrant, theirGrant] = [await api().signIn(mine), await api().signIn(theirs)];
    const { access_token: token } = myGrant;
    const answer = await api().send('DELETE', `/v1/sessions/${theirGrant.session_id}`, { token });
    expect(codeOf(answer)).toBe('session_not_found');
    const listed = await api().send('GET', '/v1/sessions', { token });
    expect(listed.json().sessions.map(({ id }: { id: string }) => id)).toEqual([
      myGrant.session_id,
    ]);
    expect(await api().statusOf(theirGrant.access_token)).toBe(200);
  });

  it('lets a service with users:admin end a user’s sessions, one or all', async () => {
    const account = await api().register();
    const grants = [
      await api().signIn(account),
      await api().signIn(account),
      await api().signIn(account),
    ];
    const { key: token } = await api().createService('users:admin');
    const path = `/v1/users/${account.id}/sessions`;
    expect((await api().send('GET', path, { token })).json().sessions).toHaveLength(3);
    const one = await api().send('DELETE', `${path}/${grants[0]?.session_id}`, { token });
    expect(one.statusCode).toBe(204);
    expect((await api().send('GET', path, { token })).json().sessions).toHaveLength(2);
    expect((await api().send('DELETE', path, { token })).statusCode).toBe(204);
    for (const grant of grants) expect(await api().statusOf(grant.access_token)).toBe(401);
    const reasons = (await api().eventsOf(account.id))
      .filter((event) => event.type === 'session.ended')
      .map((event) => event.data.reason);
    expect(reasons).toEqual(['ended_by_admin', 'ended_by_admin', 'ended_by_admin']);
  });

  it('never leaves a session that was started with the old password, whoever wins the race', async () => {
    const account = await api().register();
    let { password } = account;
    let own = await api().signIn(account);
    for (let round = 0; round < 12; round += 1) {
      const next = `${goodPassword} ${round}`;
      const [changed, raced] = await Promise.all([
        api().send('PUT', `/v1/users/${account.id}/password`, {
          token: own.access_token,
          body: { current_password: password, new_password: next },
        }),
        api().trySignIn(account.email, password),
      ]);
      expect(changed.statusCode, changed.body).toBe(204);
      expect([201, 401]).toContain(raced.statusCode);
      if (raced.statusCode === 201) {
        expect(await api().statusOf(raced.json().access_token)).toBe(401);
      }
      const live = await api().sql('select id from sessions where user_id = $1', [account.id]);
      expect(live).toEqual([{ id: own.session_id }]);
      password = next;
      own = await api().signIn({ email: account.email, password });
      await api().sql('delete from sessions where user_id = $1 and id <> $2', [
        account.id,
        own.session_id,
      ]);
    }
  });
});

describe.each(databaseImplementations)('the work of a refused sign-in on $name', ({ open }) => {
  it('is the same statements and the same one hash for unknown, wrong and disabled', async () => {
    const { database, statements } = counting(await open());
    try {
      const hasher = createPlainHasher();
      const signIn = signInOver(database, hasher);
      const { state: known } = await register(database, { email: 'known@example.com' });
      const { state: disabled } = await register(database, { email: 'disabled@example.com' });
      await database.query(`update users set password = 'new:right', status = $1 where id = $2`, [
        'disabled',
        disabled.id,
      ]);
      const work: unknown[] = [];
      for (const email of ['nobody@example.com', known.email, disabled.email]) {
        statements.length = 0;
        hasher.calls.length = 0;
        await expect(signIn(anonymous, { email, password: 'right' })).rejects.toMatchObject({
          code: 'invalid_credentials',
        });
        expect(hasher.calls).toHaveLength(1);
        work.push([...statements]);
      }
      expect(work[0]).toHaveLength(2);
      expect(work[1]).toEqual(work[0]);
      expect(work[2]).toEqual(work[0]);
    } finally {
      await database.close();
    }
  });
});

function signInOver(database: Database, hasher: ReturnType<typeof createPlainHasher>) {
  const logger = createSilentLogger();
  const clock = createSystemClock();
  const unitOfWork = createUnitOfWork({
    database,
    ids,
    clock,
    logger,
    onCommitted: async () => {},
  });
  return createSignIn({
    users: createPostgresUserRepository(database),
    unitOfWork,
    hasher,
    refreshTokens: createRefreshTokens({ masterKey: Buffer.alloc(32, 7) }),
    issueGrant: createIssueGrant({ accessTokens: portWith<AccessTokens>({}), accessTtlMs: 1 }),
    recordFailure: createRecordFailedAuthentication({ unitOfWork, clock, logger }),
    lifetimes: { idleTtlMs: 60_000, absoluteTtlMs: 60_000 },
    ids,
    logger,
  });
}

/** A database that keeps the texts of its statements, those in transactions too. */
function counting(database: Database): { database: Database; statements: string[] } {
  const statements: string[] = [];
  const watch = (connection: SqlConnection): SqlConnection => ({
    query(text, values, name) {
      statements.push(text);
      return connection.query(text, values, name);
    },
  });
  const watched: Database = {
    ...database,
    ...watch(database),
    transaction: (work) => database.transaction((connection) => work(watch(connection))),
  };
  return { database: watched, statements };
}

/** What a caller can compare: everything but what is new in every answer. */
function comparable(answer: Answer) {
  const { 'x-request-id': requestId, date: _date, ...headers } = answer.headers;
  const { instance, request_id, ...body } = answer.json();
  expect(request_id).toBe(requestId);
  expect(instance).toContain(request_id);
  return { status: answer.statusCode, headers, body };
}

/** From now on the table `rewrites` has a row for each time a password's column was written. */
async function countRewrites(sql: (text: string) => Promise<unknown>): Promise<void> {
  await sql('create table rewrites (user_id uuid not null)');
  await sql(`create function count_rewrite() returns trigger language plpgsql as
    $$ begin insert into rewrites values (new.id); return new; end $$`);
  await sql(`create trigger count_rewrite after update of password on users
    for each row execute function count_rewrite()`);
}
