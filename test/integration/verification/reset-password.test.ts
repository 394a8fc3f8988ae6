import { describe, expect, test } from 'vitest';
import { codeOf, createPerson, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';
import { createMailbox, readableMails } from '../../support/verification.ts';

const path = '/v1/password-resets';
const confirm = `${path}/confirm`;
const new_password = 'violet rivers hum softly';

describe.each(APP_DATABASES)('password resets on %s', (database) => {
  const api = useSharedApi(database, {
    env: { ...readableMails, REGISTRATION_VERIFICATION_MAIL: 'false' },
  });
  const box = () => createMailbox(api());

  test('a reset sets the password, ends all sessions, verifies the address and does not sign in', async () => {
    const account = await api().register();
    const grants = [await api().signIn(account), await api().signIn(account)];
    await box().request(path, { email: account.email });
    const { token, url } = await box().secretsOf(account.email, 'reset_password');
    expect(url.replace(/\?c=[0-9a-f-]{36}/, '')).toBe(
      `http://service.test/account/reset-password#t=${token}`,
    );
    const answer = await box().post(confirm, { token, new_password });
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    for (const { access_token, refresh_token } of grants) {
      expect(await api().statusOf(access_token)).toBe(401);
      expect((await api().tryRefresh(refresh_token)).statusCode).toBe(401);
    }
    expect((await api().trySignIn(account.email, account.password)).statusCode).toBe(401);
    await api().signIn({ email: account.email, password: new_password });
    const events = (await api().eventsOf(account.id)).filter(({ type }) =>
      type.startsWith('user.'),
    );
    expect(events.map(({ type, user_version, data }) => [type, user_version, data])).toEqual([
      ['user.created', 1, { status: 'active' }],
      ['user.password_changed', 2, { email_verified: true }],
    ]);
    expect(await box().mailsTo(account.email, 'password_changed')).toHaveLength(1);
    expect(codeOf(await box().post(confirm, { token, new_password }))).toBe('challenge_invalid');
  });

  test('a code works with its challenge, and a refused new password costs no attempt', async () => {
    const account = await api().register({ first_name: 'Marguerite' });
    const challenge_id = await box().request(path, { email: account.email });
    const { code } = await box().secretsOf(account.email, 'reset_password');
    for (let count = 0; count < 8; count += 1) {
      const weak = { challenge_id, code, new_password: 'Marguerite1' };
      expect(codeOf(await box().post(confirm, weak))).toBe('validation_failed');
    }
    const answer = await box().post(confirm, { challenge_id, code, new_password });
    expect(answer.statusCode, answer.body).toBe(204);
  });

  test('a bad password is refused before the secret is looked at', async () => {
    const answer = await box().post(confirm, { token: 'x', new_password: 'short' });
    expect(codeOf(answer)).toBe('validation_failed');
  });

  test('known and unknown addresses get the same answer and leave the same rows', async () => {
    const { email } = await api().register();
    const shapes = [];
    for (const address of [email, createPerson().email]) {
      const answer = await box().post(path, { email: address });
      const { challenge_id, ...rest } = answer.json();
      const [row] = await api().sql(
        'select purpose, user_id, by_holder from challenge_requests where id = $1',
        [challenge_id],
      );
      const headers = Object.keys(answer.headers).sort();
      shapes.push({ status: answer.statusCode, rest, row, headers, length: answer.body.length });
    }
    expect(shapes[0]).toEqual(shapes[1]);
    expect(shapes[0]).toMatchObject({ status: 202, rest: { expires_in: 600 } });
  });

  test('a forged Host is in no mail', async () => {
    const account = await api().register();
    const headers = { host: 'forged.example', 'x-forwarded-host': 'forged.example' };
    await api().send('POST', path, { body: { email: account.email }, headers });
    await box().serve();
    const [mail] = await box().mailsTo(account.email);
    expect(JSON.stringify(mail)).toContain('http://service.test/');
    expect(JSON.stringify(mail)).not.toContain('forged');
  });

  test('of several parallel confirmations one sets the password', async () => {
    const account = await api().register();
    await box().request(path, { email: account.email });
    const { token } = await box().secretsOf(account.email, 'reset_password');
    const answers = await Promise.all(
      ['one', 'two', 'three'].map((word) =>
        box().post(confirm, { token, new_password: `${word} violet rivers hum` }),
      ),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, 422, 422]);
    expect(await box().mailsTo(account.email, 'password_changed')).toHaveLength(1);
  });

  test('a change of the password ends the links that were sent before', async () => {
    const account = await api().register();
    const { access_token: token } = await api().signIn(account);
    await box().request(path, { email: account.email });
    const sent = await box().secretsOf(account.email, 'reset_password');
    const body = { current_password: account.password, new_password };
    await api().send('PUT', `/v1/users/${account.id}/password`, { token, body });
    const late = await box().post(confirm, { token: sent.token, new_password: 'other words here' });
    expect(codeOf(late)).toBe('challenge_invalid');
  });

  test('a link that went to a former address has no effect', async () => {
    const account = await api().register();
    const { access_token: token } = await api().signIn(account);
    await box().request(path, { email: account.email });
    const sent = await box().secretsOf(account.email, 'reset_password');
    const body = { email: createPerson().email, current_password: account.password };
    const moved = await api().send('PATCH', `/v1/users/${account.id}`, { token, body });
    expect(moved.statusCode, moved.body).toBe(200);
    expect(codeOf(await box().post(confirm, { token: sent.token, new_password }))).toBe(
      'challenge_invalid',
    );
  });

  test('a disabled account gets no mail', async () => {
    const account = await api().register();
    await api().sql("update users set status = 'disabled' where id = $1", [account.id]);
    await box().request(path, { email: account.email });
    expect(await box().mailsTo(account.email)).toEqual([]);
  });

  test('requests are refused while too many wait', async () => {
    await api().sql(
      `insert into challenge_requests (id, purpose, email, by_holder, expires_at)
       select gen_random_uuid(), 'reset', 'x@example.com', false, now() + interval '1 hour'
       from generate_series(1, 10000)`,
    );
    const answer = await box().post(path, { email: 'ada@example.com' });
    expect([answer.statusCode, codeOf(answer)]).toEqual([503, 'overloaded']);
    expect(answer.headers['retry-after']).toBe('5');
    await api().register();
    await api().sql('truncate challenge_requests');
  });
});
