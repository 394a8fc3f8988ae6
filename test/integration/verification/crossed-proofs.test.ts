import { describe, expect, test } from 'vitest';
import { type Account, codeOf, createPerson, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';
import { createMailbox, readableMails } from '../../support/verification.ts';

const reset = '/v1/password-resets';
const new_password = 'violet rivers hum softly';

/** Proofs that meet another act on the same account. */
describe.each(APP_DATABASES)('proofs of an account on %s', (database) => {
  const api = useSharedApi(database, {
    env: { ...readableMails, REGISTRATION_VERIFICATION_MAIL: 'false' },
  });
  const box = () => createMailbox(api());

  /** An account with a proven address and a session. */
  async function useAccount() {
    const account = await api().register();
    await api().sql('update users set email_verified = true where id = $1', [account.id]);
    const { access_token: token } = await api().signIn(account);
    return { account, token };
  }

  async function requestChange({ password }: Account, token: string) {
    const { email } = createPerson();
    await box().request('/v1/me/email-change', { email, current_password: password }, token);
    return { email, ...(await box().secretsOf(email, 'change_email')) };
  }

  const confirmChange = (token: string) => box().post('/v1/email-changes/confirm', { token });

  async function requestReset(email: string): Promise<string> {
    await box().request(reset, { email });
    return (await box().secretsOf(email, 'reset_password')).token;
  }

  const confirmReset = (token: string) => box().post(`${reset}/confirm`, { token, new_password });

  async function emailOf({ id }: Account): Promise<unknown> {
    return (await api().sql('select email from users where id = $1', [id]))[0]?.email;
  }

  async function govern({ id }: Account, act: string): Promise<void> {
    const { key } = await api().createService('users:admin');
    const answer = await api().send('POST', `/v1/users/${id}/${act}`, {
      token: key,
      body: { reason: 'Reported' },
    });
    expect(answer.statusCode, answer.body).toBe(200);
  }

  const actsThatEndAllSessions: readonly [string, (a: Account, token: string) => Promise<void>][] =
    [
      ['the user ends all sessions', async (_account, token) => endAll('/v1/sessions', token)],
      [
        'an operator ends all sessions',
        async ({ id }) =>
          endAll(`/v1/users/${id}/sessions`, (await api().createService('users:admin')).key),
      ],
      [
        'a refresh token was used again',
        async (account) => {
          const { refresh_token: stolen } = await api().signIn(account);
          await api().refresh((await api().refresh(stolen)).refresh_token);
          expect((await api().tryRefresh(stolen)).statusCode).toBe(401);
        },
      ],
      ['the password is expired', (account) => govern(account, 'expire-password')],
      [
        'the account was disabled and enabled',
        async (account) => {
          await govern(account, 'disable');
          await govern(account, 'enable');
        },
      ],
      [
        'the password is reset by mail',
        async ({ email }) => {
          expect((await confirmReset(await requestReset(email))).statusCode).toBe(204);
        },
      ],
    ];

  async function endAll(path: string, token: string): Promise<void> {
    expect((await api().send('DELETE', path, { token })).statusCode).toBe(204);
  }

  test.each(actsThatEndAllSessions)(
    'a change of address that a session began is void after %s',
    async (_what, act) => {
      const { account, token } = await useAccount();
      const change = await requestChange(account, token);
      await act(account, token);
      expect(codeOf(await confirmChange(change.token))).toBe('challenge_invalid');
      expect(await emailOf(account)).toBe(account.email);
    },
  );

  test('a change whose mail was not made yet is void, too', async () => {
    const { account, token } = await useAccount();
    const { email } = createPerson();
    const body = { email, current_password: account.password };
    expect((await box().post('/v1/me/email-change', body, token)).statusCode).toBe(202);
    await endAll('/v1/sessions', token);
    await box().serve();
    expect(await box().mailsTo(email)).toEqual([]);
  });

  test('a change survives the end of the one session that asked for it', async () => {
    const { account, token } = await useAccount();
    const change = await requestChange(account, token);
    await endAll('/v1/sessions/current', token);
    expect((await confirmChange(change.token)).statusCode).toBe(204);
    expect(await emailOf(account)).toBe(change.email);
  });

  test('of two changes that wait, confirmed at once, one is in force and the other is void', async () => {
    const { account, token } = await useAccount();
    const changes = [await requestChange(account, token), await requestChange(account, token)];
    const answers = await Promise.all(changes.map((change) => confirmChange(change.token)));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, 422]);
    const winner = changes[answers.findIndex(({ statusCode }) => statusCode === 204)];
    expect(await emailOf(account)).toBe(winner?.email);
    const events = await api().eventsOf(account.id);
    expect(events.filter(({ type }) => type === 'user.email_changed')).toHaveLength(1);
  });

  test('a reset link of the former address is void after the change', async () => {
    const { account, token } = await useAccount();
    const change = await requestChange(account, token);
    const link = await requestReset(account.email);
    expect((await confirmChange(change.token)).statusCode).toBe(204);
    expect(codeOf(await confirmReset(link))).toBe('challenge_invalid');
    await api().signIn({ email: change.email, password: account.password });
  });

  test('an undo and a reset at the changed address leave the former owner in control', async () => {
    const { account, token } = await useAccount();
    const change = await requestChange(account, token);
    expect((await confirmChange(change.token)).statusCode).toBe(204);
    const link = await requestReset(change.email);
    const undo = await box().secretsOf(account.email, 'email_changed_former');
    const [undone, changed] = await Promise.all([
      box().post('/v1/email-changes/undo', { token: undo.token }),
      confirmReset(link),
    ]);
    expect(undone.statusCode, undone.body).toBe(204);
    expect([204, 422]).toContain(changed.statusCode);
    expect(await emailOf(account)).toBe(account.email);
    const refused = await api().trySignIn(account.email, new_password);
    expect(codeOf(refused)).toBe('invalid_credentials');
    expect(codeOf(await box().post('/v1/email-changes/undo', { token: undo.token }))).toBe(
      'challenge_invalid',
    );
  });

  test('no link works for an account that is disabled or deleted', async () => {
    for (const end of ['disabled', 'deleted']) {
      const { account, token } = await useAccount();
      const change = await requestChange(account, token);
      expect((await confirmChange(change.token)).statusCode).toBe(204);
      const undo = await box().secretsOf(account.email, 'email_changed_former');
      const link = await requestReset(change.email);
      if (end === 'disabled') await govern(account, 'disable');
      else {
        const { key } = await api().createService('users:admin');
        await endAll(`/v1/users/${account.id}`, key);
      }
      const answers = [
        await confirmReset(link),
        await box().post('/v1/email-changes/undo', { token: undo.token }),
      ];
      expect(answers.map(codeOf), end).toEqual(['challenge_invalid', 'challenge_invalid']);
      if (end === 'deleted') {
        // Nothing is reserved for an account that is gone.
        await api().register({ email: account.email });
      }
    }
  });

  test('a verification link is void for an address that the account no longer has', async () => {
    const account = await api().register();
    const { access_token: token } = await api().signIn(account);
    await box().request('/v1/email-verifications', { email: account.email }, token);
    const link = await box().secretsOf(account.email, 'verify_email');
    const { key } = await api().createService('users:write');
    const other = createPerson().email;
    const moved = await api().send('PATCH', `/v1/users/${account.id}`, {
      token: key,
      body: { email: other },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(moved.statusCode, moved.body).toBe(200);
    const answer = await box().post('/v1/email-verifications/confirm', { token: link.token });
    expect(codeOf(answer)).toBe('challenge_invalid');
    expect(
      (await api().sql('select email_verified from users where id = $1', [account.id]))[0],
    ).toEqual({ email_verified: false });
  });
});
