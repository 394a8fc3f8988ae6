import { describe, expect, onTestFinished, test } from 'vitest';
import { type Answer, codeOf, createApi, createPerson, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES, useTestApp } from '../../support/app.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { createMailbox, readableMails } from '../../support/verification.ts';

const env = {
  ...readableMails,
  REGISTRATION_EXISTING_EMAIL: 'conceal',
  REGISTRATION_REQUIRE_VERIFIED_EMAIL: 'true',
};
const wrongPassword = 'nobody chose this one';

/** What a client sees, without what is random in every response. */
function seen({ statusCode, headers, body }: Answer): unknown {
  const { 'x-request-id': _id, date: _date, ...rest } = headers;
  const { challenge_id, request_id: _request, instance: _instance, ...shown } = JSON.parse(body);
  return { statusCode, headers: rest, shown, hasChallenge: challenge_id !== undefined };
}

describe.each(APP_DATABASES)('registration.existing_email: conceal on %s', (database) => {
  const api = useSharedApi(database, { env });
  const box = () => createMailbox(api());

  const send = (body: object, headers = {}) => api().send('POST', '/v1/users', { body, headers });

  async function register(traits: Parameters<typeof createPerson>[0] = {}) {
    const person = createPerson(traits);
    const answer = await send(person);
    expect(answer.statusCode, answer.body).toBe(202);
    await box().serve();
    return { ...person, challengeId: answer.json().challenge_id as string };
  }

  async function verify(email: string): Promise<void> {
    const { token } = await box().secretsOf(email, 'verify_email');
    const answer = await box().post('/v1/email-verifications/confirm', { token });
    expect(answer.statusCode, answer.body).toBe(204);
  }

  async function usersWith(email: string) {
    return await api().sql<{ id: string; email_verified: boolean }>(
      'select id, email_verified from users where email = $1',
      [email],
    );
  }

  const kindsOf = async (email: string) => (await box().mailsTo(email)).map(({ kind }) => kind);

  test('a free, an unverified and a taken address get the same response and leave the same row', async () => {
    const taken = await register();
    await verify(taken.email);
    const unverified = await register();
    const answers = [];
    for (const email of [taken.email, unverified.email, createPerson().email]) {
      answers.push(await send(createPerson({ email })));
    }
    expect(answers[0]?.json()).toEqual({
      status: 'verification_sent',
      challenge_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      expires_in: 600,
    });
    expect(answers.map(seen)).toEqual(Array(3).fill(seen(answers[0] as Answer)));
    expect(await api().sql('select count(*)::integer as count from registration_requests')).toEqual(
      [{ count: 3 }],
    );
    await box().serve();
    expect(await api().sql('select id from registration_requests')).toEqual([]);
    const owners = await api().sql<{ known: boolean }>(
      'select user_id is not null as known from challenges where id = any($1::uuid[]) order by id',
      [answers.map((answer) => answer.json().challenge_id)],
    );
    expect(owners.map(({ known }) => known)).toEqual([false, false, true]);
    const guesses = [];
    for (const answer of answers) {
      const { challenge_id } = answer.json();
      const guess = { challenge_id, code: '000000' };
      guesses.push(await box().post('/v1/email-verifications/confirm', guess));
    }
    expect(guesses.map(codeOf)).toEqual(Array(3).fill('challenge_invalid'));
    const attempts = await api().sql<{ attempts: number }>(
      'select attempts from challenges where id = any($1::uuid[])',
      [answers.map((answer) => answer.json().challenge_id)],
    );
    expect(attempts).toEqual(Array(3).fill({ attempts: 1 }));
  });

  test('the account works after the code of the mail, with the profile of the registration', async () => {
    const person = await register({ phone: '+493012345678' });
    const [user] = await usersWith(person.email);
    expect((await api().eventsOf(user?.id ?? '')).map(({ type }) => type)).toEqual([
      'user.created',
    ]);
    const { code } = await box().secretsOf(person.email, 'verify_email');
    const proof = { challenge_id: person.challengeId, code };
    const confirmed = await box().post('/v1/email-verifications/confirm', proof);
    expect(confirmed.statusCode, confirmed.body).toBe(204);
    const { access_token: token } = await api().signIn(person);
    const { first_name, phone, email, email_verified } = (
      await api().send('GET', '/v1/me', { token })
    ).json();
    expect({ first_name, phone, email, email_verified }).toEqual({
      ...{ first_name: person.first_name, phone: person.phone, email: person.email },
      email_verified: true,
    });
  });

  test('the owner of a taken address is told by mail, and the account stays as it is', async () => {
    const owner = await register();
    await verify(owner.email);
    const before = await api().sql('select * from users where email = $1', [owner.email]);
    await register({ email: owner.email.toUpperCase(), password: 'violet rivers hum softly' });
    expect(await kindsOf(owner.email)).toEqual(['verify_email', 'address_in_use']);
    expect(await api().sql('select * from users where email = $1', [owner.email])).toEqual(before);
    await api().signIn(owner);
  });

  test('a sign-in does not tell who registered an address whether it was free', async () => {
    const owner = await register();
    await verify(owner.email);
    const free = await register();
    await register({ email: owner.email, password: 'violet rivers hum softly' });
    const attempts = [
      await api().trySignIn(free.email, free.password),
      await api().trySignIn(free.email, wrongPassword),
      await api().trySignIn(owner.email, 'violet rivers hum softly'),
      await api().trySignIn(createPerson().email, wrongPassword),
    ];
    expect(codeOf(attempts[0] as Answer)).toBe('invalid_credentials');
    expect(attempts.map(seen)).toEqual(Array(4).fill(seen(attempts[0] as Answer)));
    const [failed] = (await api().eventsOf((await usersWith(free.email))[0]?.id ?? '')).slice(-2);
    expect(failed?.data).toMatchObject({ reason: 'email_unverified' });
    // No mail either: the sender of a sign-in must not learn that one was sent.
    await box().serve();
    expect(await kindsOf(free.email)).toEqual(['verify_email']);
  });

  test('the right password of an unproven account waits like a wrong one', async () => {
    const person = await register();
    const statuses = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      statuses.push((await api().trySignIn(person.email, person.password)).statusCode);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 429]);
  });

  test('after a second registration a proof no longer keeps the password of the first', async () => {
    const squatter = await register();
    const owner = await register({ email: squatter.email, password: 'violet rivers hum softly' });
    expect(await usersWith(owner.email)).toHaveLength(1);
    expect(await kindsOf(owner.email)).toEqual(['verify_email', 'address_in_use']);
    await verify(owner.email);
    expect(codeOf(await api().trySignIn(squatter.email, squatter.password))).toBe(
      'invalid_credentials',
    );
    await box().serve();
    const { token } = await box().secretsOf(owner.email, 'reset_password');
    const body = { token, new_password: owner.password };
    expect((await box().post('/v1/password-resets/confirm', body)).statusCode).toBe(204);
    await api().signIn(owner);
  });

  test('16 equal registrations at once make one account, and three mails at most', async () => {
    const person = createPerson();
    const answers = await Promise.all(Array.from({ length: 16 }, () => send(person)));
    expect(answers.map(seen)).toEqual(Array(16).fill(seen(answers[0] as Answer)));
    // As many instances at once as a service may have.
    await Promise.all(Array.from({ length: 4 }, () => box().serve()));
    expect(await usersWith(person.email)).toHaveLength(1);
    expect(await kindsOf(person.email)).toEqual([
      'verify_email',
      ...['address_in_use', 'address_in_use'],
    ]);
    const [user] = await usersWith(person.email);
    expect(await api().eventsOf(user?.id ?? '')).toHaveLength(1);
    expect(await api().sql('select id from registration_requests')).toEqual([]);
  });

  test('a repeated request with an idempotency key is one registration', async () => {
    const person = createPerson();
    const headers = { 'idempotency-key': `registration-of-${person.email}` };
    const [first, second] = [await send(person, headers), await send(person, headers)];
    expect(second.body).toBe(first.body);
    await box().serve();
    expect(await kindsOf(person.email)).toEqual(['verify_email']);
  });

  test('a disabled owner and a former address get no account and no mail', async () => {
    const owner = await register();
    await verify(owner.email);
    const moved = await register();
    await verify(moved.email);
    await api().sql("update users set status = 'disabled' where email = $1", [owner.email]);
    const { key } = await api().createService('users:write');
    const former = moved.email;
    const [user] = await usersWith(former);
    const change = { email: createPerson().email };
    await api().send('PATCH', `/v1/users/${user?.id}`, { token: key, body: change });
    const mails = [await kindsOf(owner.email), await kindsOf(former)];
    await register({ email: owner.email });
    await register({ email: former });
    expect([await kindsOf(owner.email), await kindsOf(former)]).toEqual(mails);
    expect(await usersWith(former)).toEqual([]);
  });

  test('bad fields are refused for every address, before anything is stored', async () => {
    const owner = await register();
    for (const email of [owner.email, createPerson().email]) {
      const answer = await send(createPerson({ email, password: 'password' }));
      expect(answer.json().errors).toMatchObject([{ pointer: '/password' }]);
    }
    expect(await api().sql('select id from registration_requests')).toEqual([]);
  });

  test('services that may change users and invited people learn the result', async () => {
    const { key } = await api().createService('users:write', 'users:admin');
    const person = createPerson();
    const asService = (body: object) => api().send('POST', '/v1/users', { token: key, body });
    expect((await asService(person)).statusCode).toBe(201);
    expect(codeOf(await asService(person))).toBe('email_taken');
    const invited = createPerson();
    await api().send('POST', '/v1/invitations', { token: key, body: { email: invited.email } });
    const { token: invitation } = await box().secretsOf(invited.email, 'invitation');
    expect((await send({ ...invited, invitation })).statusCode).toBe(201);
    await api().signIn(invited);
  });

  test('a change to a taken and to a free address gets the same response', async () => {
    const owner = await register();
    await verify(owner.email);
    const taken = await register();
    const { access_token: token } = await api().signIn(owner);
    const answers = [];
    for (const email of [taken.email, createPerson().email]) {
      answers.push(await box().post('/v1/me/email-change', { email }, token));
    }
    expect(answers[0]?.statusCode).toBe(202);
    expect(seen(answers[1] as Answer)).toEqual(seen(answers[0] as Answer));
    const patch = [];
    const { id } = (await api().send('GET', '/v1/me', { token })).json();
    for (const email of [taken.email, createPerson().email]) {
      patch.push(await api().send('PATCH', `/v1/users/${id}`, { token, body: { email } }));
    }
    expect(patch[0]?.json().errors).toMatchObject([{ code: 'email_unproven' }]);
    expect(seen(patch[1] as Answer)).toEqual(seen(patch[0] as Answer));
  });

  test('every address gets 503 when too many registrations wait', async () => {
    const owner = await register();
    await api().sql(
      `insert into registration_requests (id, first_name, last_name, email, password, password_form, expires_at)
       select gen_random_uuid(), 'Ada', 'L', 'ada@example.com', 'x', 1, now() + interval '1 day'
       from generate_series(1, 10000)`,
    );
    const people = [createPerson({ email: owner.email }), createPerson()];
    const answers = [await send(people[0] as object), await send(people[1] as object)];
    await api().sql('delete from registration_requests');
    expect([answers[0]?.statusCode, codeOf(answers[0] as Answer)]).toEqual([503, 'overloaded']);
    expect(seen(answers[1] as Answer)).toEqual(seen(answers[0] as Answer));
  });

  test('a registration beyond the mails of its address makes no account', async () => {
    const { email } = createPerson();
    for (let count = 0; count < 3; count += 1) {
      await box().request('/v1/email-verifications', { email });
    }
    await register({ email });
    expect(await usersWith(email)).toEqual([]);
    await api().sql(
      "update challenge_sends set sent_at = (select array_agg(t - interval '16 minutes') from unnest(sent_at) t)",
    );
    await register({ email });
    expect(await kindsOf(email)).toEqual(['verify_email']);
  });
});

test('a free and a taken address take the same round trips to the database', async () => {
  const { connectionOptions } = await createTestDatabase();
  const proxy = await startTcpProxy({ targetPort: connectionOptions.port });
  onTestFinished(() => proxy.stop());
  const connection = { ...connectionOptions, port: proxy.port };
  const api = createApi(await useTestApp({ database: 'postgres', connection, env }));
  const owner = createPerson();
  const register = async (body: object): Promise<number> => {
    const before = proxy.roundTrips();
    expect((await api.send('POST', '/v1/users', { body })).statusCode).toBe(202);
    return proxy.roundTrips() - before;
  };
  // The first one prepares the statements.
  await register(owner);
  await createMailbox(api).serve();
  const free = await register(createPerson());
  expect(free).toBeGreaterThan(0);
  expect(await register(createPerson({ email: owner.email }))).toBe(free);
});
