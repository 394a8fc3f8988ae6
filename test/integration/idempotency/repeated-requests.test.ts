import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type Answer,
  codeOf,
  createPerson,
  goodPassword,
  patientHashing,
  type Sent,
  useSharedApi,
} from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';

const withKey = (key: string, sent: Sent = {}): Sent => ({
  ...sent,
  headers: { ...sent.headers, 'idempotency-key': key },
});

/** What a repeated request must not change: all but the headers of the connection and of the request itself. */
function answerOf({ statusCode, body, headers }: Answer) {
  const { etag, location, 'content-type': contentType } = headers;
  return { statusCode, body, etag, location, contentType };
}

function expectReplay(repeated: Answer, first: Answer): void {
  expect(answerOf(repeated)).toEqual(answerOf(first));
  expect(repeated.headers['idempotent-replayed']).toBe('true');
  expect(repeated.headers['original-request-id']).toBe(first.headers['x-request-id']);
  expect(repeated.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
}

describe.each(APP_DATABASES)('a request repeated with its key (%s)', (database) => {
  const api = useSharedApi(database, { env: patientHashing });

  const records = () =>
    api().sql('select caller_id, status from idempotency_keys order by created_at');
  const stored = async (): Promise<string> =>
    JSON.stringify(
      await api().sql("select encode(sealed_answer, 'escape') as answer, * from idempotency_keys"),
    );

  async function member() {
    const account = await api().register();
    const grant = await api().signIn(account);
    return { ...account, token: grant.access_token, grant };
  }

  it('registers one user, with one event', async () => {
    const key = randomUUID();
    const sent = withKey(key, { body: createPerson() });
    const first = await api().send('POST', '/v1/users', sent);
    expect(first.statusCode).toBe(201);
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    expectReplay(await api().send('POST', '/v1/users', sent), first);
    expect((await api().eventsOf(first.json().id)).map(({ type }) => type)).toEqual([
      'user.created',
    ]);
  });

  it('knows a key in quotes as the bare one, and a body in another order as the same', async () => {
    const key = randomUUID();
    const person = createPerson();
    const turned = Object.fromEntries(Object.entries(person).reverse());
    const first = await api().send('POST', '/v1/users', withKey(key, { body: person }));
    expectReplay(
      await api().send('POST', '/v1/users', withKey(`"${key}"`, { body: turned })),
      first,
    );
  });

  it('returns the tokens of the first sign-in, and starts one session', async () => {
    const account = await api().register();
    const { email, password } = account;
    const sent = withKey(randomUUID(), { body: { email, password } });
    const first = await api().send('POST', '/v1/sessions', sent);
    const repeated = await api().send('POST', '/v1/sessions', sent);
    expect(first.statusCode).toBe(201);
    expectReplay(repeated, first);
    expect(await api().statusOf(repeated.json().access_token)).toBe(200);
    expect(await api().sql('select 1 from sessions where user_id = $1', [account.id])).toHaveLength(
      1,
    );
  });

  it('stores no token, address or password that a dump shows', async () => {
    const { email, password } = await api().register();
    const sent = withKey(randomUUID(), { body: { email, password } });
    const { access_token, refresh_token } = (await api().send('POST', '/v1/sessions', sent)).json();
    const dump = await stored();
    for (const secret of [access_token, refresh_token, email, password]) {
      expect(dump).not.toContain(secret);
      expect(dump).not.toContain(Buffer.from(secret).toString('hex'));
    }
  });

  it('gives 32 parallel registrations one user and 32 equal answers', async () => {
    const sent = withKey(randomUUID(), { body: createPerson() });
    const answers = await Promise.all(
      Array.from({ length: 32 }, () => api().send('POST', '/v1/users', sent)),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answerOf(answer)))).size).toBe(1);
    expect(answers[0]?.statusCode).toBe(201);
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')).toHaveLength(
      31,
    );
    const id = answers[0]?.json().id;
    expect(await api().eventsOf(id)).toHaveLength(1);
  });

  it('is refused with another body, path parameter or If-Match', async () => {
    const { id, token } = await member();
    const other = await member();
    const key = randomUUID();
    const change = { body: { first_name: 'Once' }, headers: { 'if-match': '"1"' }, token };
    expect((await api().send('PATCH', `/v1/users/${id}`, withKey(key, change))).statusCode).toBe(
      200,
    );
    const different: readonly Sent[] = [
      { ...change, body: { first_name: 'Twice' } },
      { ...change, headers: {} },
      { ...change, headers: { 'if-match': '"2"' } },
    ];
    for (const sent of different) {
      expect(codeOf(await api().send('PATCH', `/v1/users/${id}`, withKey(key, sent)))).toBe(
        'idempotency_key_reused',
      );
    }
    expect(codeOf(await api().send('DELETE', '/v1/sessions', withKey(key, { token })))).toBe(
      'idempotency_key_reused',
    );
    // The same key of another caller is another key.
    const theirs = await api().send(
      'PATCH',
      `/v1/users/${other.id}`,
      withKey(key, { ...change, token: other.token }),
    );
    expect(theirs.statusCode).toBe(200);
    expect(theirs.headers['idempotent-replayed']).toBeUndefined();
  });

  it('changes a user once, although If-Match no longer fits', async () => {
    const { id, token } = await member();
    const sent = withKey(randomUUID(), {
      ...{ token, body: { first_name: 'Grace' } },
      headers: { 'if-match': '"1"' },
    });
    const first = await api().send('PATCH', `/v1/users/${id}`, sent);
    expect([first.statusCode, first.headers.etag]).toEqual([200, '"2"']);
    expectReplay(await api().send('PATCH', `/v1/users/${id}`, sent), first);
    expect(await api().eventsOf(id)).toHaveLength(3);
  });

  it('repeats the answer of a change without a difference', async () => {
    const { id, token } = await member();
    const sent = withKey(randomUUID(), { token, body: { first_name: 'Ada' } });
    const first = await api().send('PATCH', `/v1/users/${id}`, sent);
    expect(first.headers.etag).toBe('"1"');
    await api().send('PATCH', `/v1/users/${id}`, { token, body: { first_name: 'Grace' } });
    expectReplay(await api().send('PATCH', `/v1/users/${id}`, sent), first);
  });

  it('changes a password once and returns the same tokens', async () => {
    const { id, token } = await member();
    const key = randomUUID();
    const body = { current_password: goodPassword, new_password: 'nine copper lanterns' };
    const first = await api().send(
      'PUT',
      `/v1/users/${id}/password`,
      withKey(key, { token, body }),
    );
    expect(first.statusCode).toBe(200);
    // The token of the ended session no longer authenticates; the new one belongs to the same user.
    expect(
      codeOf(await api().send('PUT', `/v1/users/${id}/password`, withKey(key, { token, body }))),
    ).toBe('invalid_token');
    const fresh = { token: first.json().access_token, body };
    expectReplay(await api().send('PUT', `/v1/users/${id}/password`, withKey(key, fresh)), first);
    expect(await api().statusOf(first.json().access_token)).toBe(200);
  });

  it('deletes a user once; a service that repeats it gets the same answer, the user is no longer known', async () => {
    const { key: serviceKey } = await api().createService('users:admin');
    const doomed = await member();
    const sent = withKey(randomUUID(), { token: serviceKey });
    const first = await api().send('DELETE', `/v1/users/${doomed.id}`, sent);
    expect(first.statusCode).toBe(204);
    expectReplay(await api().send('DELETE', `/v1/users/${doomed.id}`, sent), first);
    const own = await member();
    const deletion = withKey(randomUUID(), {
      token: own.token,
      body: { current_password: goodPassword },
    });
    expect((await api().send('POST', `/v1/users/${own.id}/deletion`, deletion)).statusCode).toBe(
      204,
    );
    expect(codeOf(await api().send('POST', `/v1/users/${own.id}/deletion`, deletion))).toBe(
      'invalid_token',
    );
  });

  it('ends a session once', async () => {
    const { id, token, ...account } = await member();
    const other = await api().signIn(account);
    const sent = withKey(randomUUID(), { token });
    const first = await api().send('DELETE', `/v1/sessions/${other.session_id}`, sent);
    expect(first.statusCode).toBe(204);
    expect(await api().statusOf(other.access_token)).toBe(401);
    expectReplay(await api().send('DELETE', `/v1/sessions/${other.session_id}`, sent), first);
    const events = (await api().eventsOf(id)).filter(({ type }) => type === 'session.ended');
    expect(events).toHaveLength(1);
  });

  it('may be tried again after a refusal, whose record of a failure stays', async () => {
    const { id, email, password } = await api().register();
    const key = randomUUID();
    const wrong = withKey(key, { body: { email, password: 'not the password' } });
    expect(codeOf(await api().send('POST', '/v1/sessions', wrong))).toBe('invalid_credentials');
    expect(codeOf(await api().send('POST', '/v1/sessions', wrong))).toBe('invalid_credentials');
    const failures = (await api().eventsOf(id)).filter(
      ({ type }) => type === 'authentication.failed',
    );
    expect(failures).toHaveLength(2);
    const right = withKey(key, { body: { email, password } });
    expect((await api().send('POST', '/v1/sessions', right)).statusCode).toBe(201);
  });

  it('refuses the end of a session that is not there, and keeps no record of that', async () => {
    const { token } = await member();
    const before = (await records()).length;
    const sent = withKey(randomUUID(), { token });
    expect(codeOf(await api().send('DELETE', `/v1/sessions/${randomUUID()}`, sent))).toBe(
      'session_not_found',
    );
    expect(await records()).toHaveLength(before);
  });

  it('takes effect again once its record has expired', async () => {
    const { id, token } = await member();
    const key = randomUUID();
    const patch = (first_name: string) =>
      api().send('PATCH', `/v1/users/${id}`, withKey(key, { token, body: { first_name } }));
    expect((await patch('Grace')).statusCode).toBe(200);
    await api().sql("update idempotency_keys set created_at = now() - interval '25 hours'");
    const second = await patch('Edsger');
    expect([second.statusCode, second.headers['idempotent-replayed']]).toEqual([200, undefined]);
    expect(second.json().first_name).toBe('Edsger');
    expect((await patch('Edsger')).headers['idempotent-replayed']).toBe('true');
  });

  it('is executed each time by a route that ignores the key', async () => {
    const { grant } = await member();
    const sent = withKey('short', { body: { refresh_token: grant.refresh_token } });
    const refreshed = await api().send('POST', '/v1/sessions/refresh', sent);
    expect(refreshed.statusCode).toBe(200);
    expect(refreshed.headers['idempotent-replayed']).toBeUndefined();
  });
});
