import { describe, expect, test } from 'vitest';
import { codeOf, createPerson, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';
import { createMailbox, readableMails } from '../../support/verification.ts';

const path = '/v1/email-verifications';
const confirm = `${path}/confirm`;

describe.each(APP_DATABASES)('verification of addresses on %s', (database) => {
  const api = useSharedApi(database, { env: readableMails });
  const box = () => createMailbox(api());

  async function register() {
    const account = await api().register();
    await box().serve();
    return account;
  }

  async function isVerified(id: string): Promise<boolean> {
    const [row] = await api().sql<{ email_verified: boolean }>(
      'select email_verified from users where id = $1',
      [id],
    );
    return row?.email_verified === true;
  }

  const eventTypes = async (id: string) => (await api().eventsOf(id)).map(({ type }) => type);

  test('a registration sends one mail, whose link verifies and keeps the password', async () => {
    const account = await register();
    expect(await box().mailsTo(account.email)).toHaveLength(1);
    const { token, url } = await box().secretsOf(account.email, 'verify_email');
    expect(url.replace(/\?c=[0-9a-f-]{36}/, '')).toBe(
      `http://service.test/account/verify-email#t=${token}`,
    );
    expect((await box().post(confirm, { token })).statusCode).toBe(204);
    expect(await isVerified(account.id)).toBe(true);
    const [, verified] = await api().eventsOf(account.id);
    expect(verified).toMatchObject({ type: 'user.email_verified', user_version: 2, data: {} });
    await api().signIn(account);
    expect(codeOf(await box().post(confirm, { token }))).toBe('challenge_invalid');
  });

  test('the code counts with the id of its own request only', async () => {
    const account = await register();
    const { access_token: token } = await api().signIn(account);
    const first = await box().request(path, { email: account.email }, token);
    const { code } = await box().secretsOf(account.email, 'verify_email');
    const second = await box().request(path, { email: account.email }, token);
    const other = await box().secretsOf(account.email, 'verify_email');
    if (other.code !== code) {
      const crossed = await box().post(confirm, { challenge_id: second, code });
      expect(codeOf(crossed)).toBe('challenge_invalid');
    }
    const spaced = `${code.slice(0, 3)} ${code.slice(3)}`;
    const right = await box().post(confirm, { challenge_id: first, code: spaced });
    expect(right.statusCode, right.body).toBe(204);
    expect(await isVerified(account.id)).toBe(true);
    expect(await api().statusOf(token)).toBe(200);
  });

  test('100 requests of scanners to the routes leave a link good', async () => {
    const account = await register();
    const { token } = await box().secretsOf(account.email, 'verify_email');
    for (let count = 0; count < 50; count += 1) {
      const read = await api().send('GET', `${confirm}?t=${token}`);
      expect(read.statusCode).toBe(405);
      const head = await api().app.http.inject({
        method: 'HEAD',
        url: `${confirm}?token=${token}`,
      });
      expect(head.statusCode).toBe(405);
    }
    expect((await box().post(confirm, { token })).statusCode).toBe(204);
  });

  test('50 parallel wrong codes count five times, and the right code is refused afterwards', async () => {
    const account = await register();
    const challenge_id = await box().request(path, { email: account.email });
    const { code, token } = await box().secretsOf(account.email, 'verify_email');
    const wrong = (offset: number) =>
      String((Number(code) + 1 + offset) % 1_000_000).padStart(6, '0');
    const guesses = await Promise.all(
      Array.from({ length: 50 }, (_, at) => box().post(confirm, { challenge_id, code: wrong(at) })),
    );
    expect(new Set(guesses.map(codeOf))).toEqual(new Set(['challenge_invalid']));
    const [row] = await api().sql('select attempts from challenges where id = $1', [challenge_id]);
    expect(row).toEqual({ attempts: 5 });
    const late = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        box().post(confirm, { challenge_id, code: at === 25 ? code : wrong(at) }),
      ),
    );
    expect(new Set(late.map(codeOf))).toEqual(new Set(['challenge_invalid']));
    expect(await isVerified(account.id)).toBe(false);
    // Wrong codes never lock the link.
    expect((await box().post(confirm, { token })).statusCode).toBe(204);
  });

  test('more than ten wrong codes an hour lock the codes of all mails of an address', async () => {
    const account = await register();
    const { access_token: token } = await api().signIn(account);
    const challenges = [];
    for (let mail = 0; mail < 2; mail += 1) {
      challenges.push(await box().request(path, { email: account.email }, token));
    }
    const { code } = await box().secretsOf(account.email, 'verify_email');
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
    const [first, second] = challenges;
    await box().post(confirm, { challenge_id: first, code: wrong });
    await api().sql('update challenge_guesses set guesses = 10');
    const right = await box().post(confirm, { challenge_id: second, code });
    expect(codeOf(right)).toBe('challenge_invalid');
    await api().sql("update challenge_guesses set window_started_at = now() - interval '2 hours'");
    expect((await box().post(confirm, { challenge_id: second, code })).statusCode).toBe(204);
  });

  test('of two parallel confirmations one has an effect', async () => {
    const account = await register();
    const { token } = await box().secretsOf(account.email, 'verify_email');
    const answers = await Promise.all(
      Array.from({ length: 2 }, () => box().post(confirm, { token })),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, 422]);
    expect(await eventTypes(account.id)).toEqual(['user.created', 'user.email_verified']);
  });

  test('a proof that someone else asked for takes password and sessions of a squatter away', async () => {
    const squatter = await register();
    const { access_token } = await api().signIn(squatter);
    await box().request(path, { email: squatter.email });
    const { token } = await box().secretsOf(squatter.email, 'verify_email');
    expect((await box().post(confirm, { token })).statusCode).toBe(204);
    expect(await isVerified(squatter.id)).toBe(true);
    expect(await api().statusOf(access_token)).toBe(401);
    expect((await api().trySignIn(squatter.email, squatter.password)).statusCode).toBe(401);
    const verified = (await api().eventsOf(squatter.id)).filter(({ type }) =>
      type.startsWith('user.email'),
    );
    expect(verified.map(({ data }) => data)).toEqual([{ password_removed: true }]);
    // The owner of the address gets a mail to choose a password.
    await box().serve();
    const reset = await box().secretsOf(squatter.email, 'reset_password');
    const body = { token: reset.token, new_password: 'violet rivers hum softly' };
    expect((await box().post('/v1/password-resets/confirm', body)).statusCode).toBe(204);
    await api().signIn({ email: squatter.email, password: body.new_password });
  });

  test('a confirmation with the access token of the account keeps the password', async () => {
    const account = await register();
    const { access_token } = await api().signIn(account);
    await box().request(path, { email: account.email });
    const { token } = await box().secretsOf(account.email, 'verify_email');
    expect((await box().post(confirm, { token }, access_token)).statusCode).toBe(204);
    expect(await api().statusOf(access_token)).toBe(200);
    await api().signIn(account);
  });

  test('unknown, verified and other addresses get the same answer and the same rows, and no mail', async () => {
    const verified = await register();
    const { token } = await box().secretsOf(verified.email, 'verify_email');
    await box().post(confirm, { token });
    for (const email of [verified.email, createPerson().email]) {
      const before = (await box().mailsTo(email)).length;
      const answer = await box().post(path, { email });
      expect(answer.statusCode).toBe(202);
      const { challenge_id, expires_in } = answer.json();
      expect(expires_in).toBe(600);
      await box().serve();
      expect(await box().mailsTo(email)).toHaveLength(before);
      const rows = await api().sql('select user_id, email from challenges where id = $1', [
        challenge_id,
      ]);
      expect(rows).toEqual([{ user_id: null, email: null }]);
      const guess = await box().post(confirm, { challenge_id, code: '123456' });
      expect(codeOf(guess)).toBe('challenge_invalid');
    }
  });

  test('three mails go to an address in 15 minutes, and further requests get the same answer', async () => {
    const account = await register();
    for (let count = 0; count < 5; count += 1) {
      await box().request(path, { email: account.email.toUpperCase() });
    }
    expect(await box().mailsTo(account.email)).toHaveLength(3);
    expect(await api().sql('select id from challenge_requests')).toEqual([]);
  });

  test('an expired, a forged and a foreign secret get the answer of a wrong code', async () => {
    const account = await register();
    const { token } = await box().secretsOf(account.email, 'verify_email');
    const bodies = [
      { token: `${token.slice(0, -4)}AAAA` },
      { token: 'x' },
      { challenge_id: account.id, code: '123456' },
    ];
    const answers = [];
    for (const body of bodies) answers.push(await box().post(confirm, body));
    const reset = { token, new_password: 'violet rivers hum softly' };
    answers.push(await box().post('/v1/password-resets/confirm', reset));
    answers.push(await box().post('/v1/email-changes/confirm', { token }));
    answers.push(await box().post('/v1/email-changes/undo', { token }));
    await api().sql('update challenges set expires_at = now() where user_id = $1', [account.id]);
    answers.push(await box().post(confirm, { token }));
    const shown = answers.map((answer) => {
      const { request_id: _id, instance: _instance, ...problem } = answer.json();
      return JSON.stringify([answer.statusCode, problem]);
    });
    expect(new Set(shown).size).toBe(1);
    expect(shown[0]).toContain('challenge_invalid');
  });
});
