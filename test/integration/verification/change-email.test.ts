import { describe, expect, test } from 'vitest';
import { type Account, codeOf, createPerson, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';
import { createMailbox, readableMails } from '../../support/verification.ts';

const request = '/v1/me/email-change';
const confirm = '/v1/email-changes/confirm';
const undo = '/v1/email-changes/undo';

describe.each(APP_DATABASES)('changes of address on %s', (database) => {
  const api = useSharedApi(database, {
    env: { ...readableMails, REGISTRATION_VERIFICATION_MAIL: 'false' },
  });
  const box = () => createMailbox(api());

  async function emailOf(id: string): Promise<unknown> {
    const [row] = await api().sql('select email, email_verified from users where id = $1', [id]);
    return row;
  }

  /** An account whose address is proven, with an access token. */
  async function registerVerified(): Promise<{ account: Account; token: string }> {
    const account = await api().register();
    const { access_token: token } = await api().signIn(account);
    await box().request('/v1/email-verifications', { email: account.email }, token);
    const sent = await box().secretsOf(account.email, 'verify_email');
    const answer = await box().post('/v1/email-verifications/confirm', { token: sent.token });
    expect(answer.statusCode, answer.body).toBe(204);
    return { account, token };
  }

  /** Requests and confirms a change. @returns the new address */
  async function change({ password }: Account, token: string): Promise<string> {
    const { email } = createPerson();
    await box().request(request, { email, current_password: password }, token);
    const sent = await box().secretsOf(email, 'change_email');
    const answer = await box().post(confirm, { token: sent.token });
    expect(answer.statusCode, answer.body).toBe(204);
    return email;
  }

  test('the old address stays until the new one is proven, and both get a notice', async () => {
    const { account, token } = await registerVerified();
    const { email } = createPerson();
    const body = { email, current_password: account.password };
    const challenge_id = await box().request(request, body, token);
    expect(await emailOf(account.id)).toEqual({ email: account.email, email_verified: true });
    const { code } = await box().secretsOf(email, 'change_email');
    expect((await box().post(confirm, { challenge_id, code })).statusCode).toBe(204);
    expect(await emailOf(account.id)).toEqual({ email, email_verified: true });
    expect(await box().mailsTo(email, 'email_changed')).toHaveLength(1);
    const { url, token: undoToken } = await box().secretsOf(account.email, 'email_changed_former');
    expect(url).toBe(`http://service.test/account/undo-email-change#t=${undoToken}`);
    const changed = (await api().eventsOf(account.id)).filter(({ type }) =>
      type.startsWith('user.'),
    );
    expect(changed.map(({ type, user_version }) => [type, user_version])).toEqual([
      ['user.created', 1],
      ['user.email_verified', 2],
      ['user.email_changed', 3],
    ]);
  });

  test('a wrong password and the same address are refused', async () => {
    const account = await api().register();
    const { access_token: token } = await api().signIn(account);
    const wrong = { email: createPerson().email, current_password: 'not the password' };
    expect((await box().post(request, wrong, token)).statusCode).toBe(422);
    const same = { email: account.email.toUpperCase(), current_password: account.password };
    const answer = await box().post(request, same, token);
    expect(answer.json().errors).toMatchObject([{ pointer: '/email', code: 'email_unchanged' }]);
  });

  test('a taken address gets the same answer, and its owner a mail without a secret', async () => {
    const [owner, account] = [await api().register(), await api().register()];
    const { access_token: token } = await api().signIn(account);
    const body = { email: owner.email, current_password: account.password };
    const answer = await box().post(request, body, token);
    expect([answer.statusCode, Object.keys(answer.json())]).toEqual([
      202,
      ['challenge_id', 'expires_in'],
    ]);
    await box().serve();
    const [mail, ...others] = await box().mailsTo(owner.email);
    expect(others).toEqual([]);
    expect(mail).toMatchObject({
      kind: 'address_in_use',
      data: { reset_url: 'http://service.test/account/reset-password' },
    });
  });

  test('an address that was taken meanwhile is refused after the proof only', async () => {
    const account = await api().register();
    const { access_token: token } = await api().signIn(account);
    const { email } = createPerson();
    const body = { email, current_password: account.password };
    const challenge_id = await box().request(request, body, token);
    const sent = await box().secretsOf(email, 'change_email');
    await api().register({ email });
    const wrong = String((Number(sent.code) + 1) % 1_000_000).padStart(6, '0');
    expect(codeOf(await box().post(confirm, { challenge_id, code: wrong }))).toBe(
      'challenge_invalid',
    );
    const answer = await box().post(confirm, { token: sent.token });
    expect([answer.statusCode, codeOf(answer)]).toEqual([409, 'email_taken']);
  });

  test.each([
    ['first', 0],
    ['second', 1],
    ['third', 2],
  ])(
    'after three changes, the undo of the %s restores the first address and ends everything',
    async (_name, used) => {
      const { account, token } = await registerVerified();
      const second = await change(account, token);
      const third = await change(account, token);
      const fourth = await change(account, token);
      const undoTokens = [];
      for (const former of [account.email, second, third]) {
        undoTokens.push((await box().secretsOf(former, 'email_changed_former')).token);
      }
      expect((await box().post(undo, { token: undoTokens[used] ?? '' })).statusCode).toBe(204);
      expect(await emailOf(account.id)).toEqual({ email: account.email, email_verified: true });
      expect(await api().statusOf(token)).toBe(401);
      expect((await api().trySignIn(account.email, account.password)).statusCode).toBe(401);
      expect((await api().trySignIn(fourth, account.password)).statusCode).toBe(401);
      for (const undoToken of undoTokens) {
        expect(codeOf(await box().post(undo, { token: undoToken }))).toBe('challenge_invalid');
      }
      await box().serve();
      const reset = await box().secretsOf(account.email, 'reset_password');
      const body = { token: reset.token, new_password: 'violet rivers hum softly' };
      expect((await box().post('/v1/password-resets/confirm', body)).statusCode).toBe(204);
      await api().signIn({ email: account.email, password: body.new_password });
    },
  );

  test('no other account can take a verified former address while the change can be undone', async () => {
    const { account, token } = await registerVerified();
    await change(account, token);
    const body = createPerson({ email: account.email });
    const answer = await api().send('POST', '/v1/users', { body });
    expect([answer.statusCode, codeOf(answer)]).toEqual([409, 'email_taken']);
    const other = await api().register();
    const { access_token: otherToken } = await api().signIn(other);
    const patch = { email: account.email, current_password: other.password };
    const moved = await api().send('PATCH', `/v1/users/${other.id}`, {
      token: otherToken,
      body: patch,
    });
    expect(moved.statusCode).toBe(409);
  });

  test('an account reserves no address that it never proved, and gets no undo for it', async () => {
    const { account, token } = await registerVerified();
    const strangers = [createPerson(), createPerson(), createPerson()];
    for (const email of [...strangers.map((person) => person.email), createPerson().email]) {
      const body = { email, current_password: account.password };
      const answer = await api().send('PATCH', `/v1/users/${account.id}`, { token, body });
      expect(answer.statusCode, answer.body).toBe(200);
    }
    for (const stranger of strangers) {
      const [notice] = await box().mailsTo(stranger.email, 'email_changed_former');
      expect(notice?.data).toMatchObject({ undo_url: null });
      await api().register(stranger);
    }
    const { token: undoToken } = await box().secretsOf(account.email, 'email_changed_former');
    expect((await box().post(undo, { token: undoToken })).statusCode).toBe(204);
    expect(await emailOf(account.id)).toEqual({ email: account.email, email_verified: true });
  });

  test('an undo restores the first verified address, not an unverified one before it', async () => {
    const account = await api().register();
    const { access_token: token } = await api().signIn(account);
    const verified = await change(account, token);
    await change(account, token);
    expect((await box().mailsTo(account.email, 'email_changed_former'))[0]?.data).toMatchObject({
      undo_url: null,
    });
    const { token: undoToken } = await box().secretsOf(verified, 'email_changed_former');
    expect((await box().post(undo, { token: undoToken })).statusCode).toBe(204);
    expect(await emailOf(account.id)).toEqual({ email: verified, email_verified: true });
  });

  test('a change by an operator can be undone, too', async () => {
    const { account } = await registerVerified();
    const { email } = createPerson();
    const operator = await api().app.operator();
    const answer = await operator.inject({
      method: 'PATCH',
      url: `/v1/users/${account.id}`,
      payload: { email },
    });
    expect(answer.statusCode, answer.body).toBe(200);
    const { token } = await box().secretsOf(account.email, 'email_changed_former');
    expect((await box().post(undo, { token })).statusCode).toBe(204);
    expect(await emailOf(account.id)).toEqual({ email: account.email, email_verified: true });
  });

  test('a change that waits ends with a change of the password', async () => {
    const account = await api().register();
    const { access_token: token } = await api().signIn(account);
    const { email } = createPerson();
    await box().request(request, { email, current_password: account.password }, token);
    const sent = await box().secretsOf(email, 'change_email');
    await api().send('PUT', `/v1/users/${account.id}/password`, {
      token,
      body: { current_password: account.password, new_password: 'violet rivers hum softly' },
    });
    expect(codeOf(await box().post(confirm, { token: sent.token }))).toBe('challenge_invalid');
  });
});

describe('registration.require_verified_email', () => {
  const api = useSharedApi('embedded', {
    env: { ...readableMails, REGISTRATION_REQUIRE_VERIFIED_EMAIL: 'true' },
  });
  const box = () => createMailbox(api());

  test('only the right password learns that the address is not verified, and gets a mail', async () => {
    const account = await api().register();
    await box().serve();
    const wrong = await api().trySignIn(account.email, 'not the password');
    expect(codeOf(wrong)).toBe('invalid_credentials');
    expect(await api().sql('select id from challenge_requests')).toEqual([]);
    const right = await api().trySignIn(account.email, account.password);
    expect([right.statusCode, codeOf(right)]).toEqual([403, 'email_unverified']);
    await box().serve();
    expect(await box().mailsTo(account.email, 'verify_email')).toHaveLength(2);
    const { token } = await box().secretsOf(account.email, 'verify_email');
    await box().post('/v1/email-verifications/confirm', { token });
    const grant = await api().signIn(account);
    const patch = { email: createPerson().email, current_password: account.password };
    const answer = await api().send('PATCH', `/v1/users/${account.id}`, {
      token: grant.access_token,
      body: patch,
    });
    expect(answer.json().errors).toMatchObject([{ pointer: '/email', code: 'email_unproven' }]);
  });
});
