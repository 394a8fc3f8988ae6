import { describe, expect, it } from 'vitest';
import { createMasterKeys } from '../../../src/infrastructure/security/master-key.ts';
import { createRefreshTokens } from '../../../src/infrastructure/security/refresh-tokens.ts';
import { type Api, codeOf, type Grant, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES, createMasterKey } from '../../support/app.ts';

const masterKey = createMasterKey();

describe.each(APP_DATABASES)('refreshing a session on %s', (database) => {
  const api = useSharedApi(database, { env: { SECURITY_MASTER_KEY: masterKey } });

  async function start(): Promise<Grant & { readonly userId: string }> {
    const account = await api().register();
    return { ...(await api().signIn(account)), userId: account.id };
  }

  it('gives 16 parallel refreshes of one token the same successor, the only valid token', async () => {
    const session = await start();
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => api().refresh(session.refresh_token)),
    );
    expect(new Set(answers.map((grant) => grant.refresh_token)).size).toBe(1);
    const successor = answers[0]?.refresh_token ?? '';
    expect(successor).not.toBe(session.refresh_token);
    for (const grant of answers) expect(await api().statusOf(grant.access_token)).toBe(200);
    await api().refresh(successor);
    // The first token is two generations old by now: it is no second leaf.
    expect(codeOf(await api().tryRefresh(session.refresh_token))).toBe('invalid_grant');
  });

  it('survives a lost response: a retry within the grace period gets the same refresh token', async () => {
    const session = await start();
    const lost = await api().refresh(session.refresh_token);
    const retried = await api().refresh(session.refresh_token);
    expect(retried.refresh_token).toBe(lost.refresh_token);
    expect(retried.session_id).toBe(session.session_id);
    expect(await api().statusOf(retried.access_token)).toBe(200);
    expect(await liveSessions(api(), session.userId)).toBe(1);
  });

  it('ends the session and all its tokens when a token is reused after the grace period', async () => {
    const session = await start();
    const second = await api().refresh(session.refresh_token);
    await agedRotation(api(), session.session_id, 11);
    expect(codeOf(await api().tryRefresh(session.refresh_token))).toBe('invalid_grant');
    await expectEnded(api(), session.userId, [session, second]);
    const { session_id } = session;
    expect((await api().eventsOf(session.userId)).slice(-2)).toMatchObject([
      { type: 'session.ended', data: { session_id, reason: 'refresh_token_reused' } },
      { type: 'token.reuse_detected', data: { session_id } },
    ]);
  });

  it('repeats the response just within the grace period', async () => {
    const session = await start();
    const second = await api().refresh(session.refresh_token);
    await agedRotation(api(), session.session_id, 5);
    expect((await api().refresh(session.refresh_token)).refresh_token).toBe(second.refresh_token);
  });

  it('ends the session for an older token at any time, also within the grace period', async () => {
    const session = await start();
    const second = await api().refresh(session.refresh_token);
    const third = await api().refresh(second.refresh_token);
    expect(codeOf(await api().tryRefresh(session.refresh_token))).toBe('invalid_grant');
    await expectEnded(api(), session.userId, [session, second, third]);
  });

  it('ends only the one session whose token was reused', async () => {
    const account = await api().register();
    const [reused, other] = [await api().signIn(account), await api().signIn(account)];
    await api().refresh(reused.refresh_token);
    await agedRotation(api(), reused.session_id, 11);
    await api().tryRefresh(reused.refresh_token);
    expect(await api().statusOf(reused.access_token)).toBe(401);
    expect(await api().statusOf(other.access_token)).toBe(200);
    await api().refresh(other.refresh_token);
  });

  it('never ends a session for a forged token', async () => {
    const session = await start();
    const second = await api().refresh(session.refresh_token);
    const other = await start();
    const foreign = createRefreshTokens({
      masterKeys: createMasterKeys(Buffer.from(createMasterKey(), 'base64')),
    });
    const forged = [
      '',
      'urt_',
      session.access_token,
      foreign.create(session.session_id).token,
      flipped(second.refresh_token, 5),
      flipped(second.refresh_token, 40),
      flipped(second.refresh_token, second.refresh_token.length - 2),
      // The other session's secret under this one's id.
      second.refresh_token.slice(0, 25) + other.refresh_token.slice(25),
      `${second.refresh_token} `,
      second.refresh_token.toUpperCase(),
    ];
    for (const token of forged) {
      expect(codeOf(await api().tryRefresh(token)), token).toBe('invalid_grant');
    }
    expect(await api().statusOf(second.access_token)).toBe(200);
    await api().refresh(second.refresh_token);
    await api().refresh(other.refresh_token);
  });

  it('rotates 50 times in a row and keeps the one session', async () => {
    const session = await start();
    const seen = new Set([session.refresh_token]);
    let token = session.refresh_token;
    for (let round = 0; round < 50; round += 1) {
      const grant = await api().refresh(token);
      expect(grant.session_id).toBe(session.session_id);
      token = grant.refresh_token;
      seen.add(token);
    }
    expect(seen.size).toBe(51);
    expect(await liveSessions(api(), session.userId)).toBe(1);
  });

  it('ends a session that was idle for too long before its absolute end', async () => {
    const session = await start();
    await api().sql(`update sessions set expires_at = now() - interval '1 second' where id = $1`, [
      session.session_id,
    ]);
    expect(codeOf(await api().tryRefresh(session.refresh_token))).toBe('invalid_grant');
    expect(await api().statusOf(session.access_token)).toBe(401);
    expect(await liveSessions(api(), session.userId)).toBe(0);
  });

  it('never extends a session or its tokens beyond the absolute end', async () => {
    const session = await start();
    await api().sql(
      `update sessions set absolute_expires_at = now() + interval '90 seconds', expires_at = now() + interval '90 seconds'
       where id = $1`,
      [session.session_id],
    );
    const grant = await api().refresh(session.refresh_token);
    for (const seconds of [grant.expires_in, grant.refresh_expires_in]) {
      expect(seconds).toBeLessThanOrEqual(90);
      expect(seconds).toBeGreaterThan(30);
    }
    const { exp, iat } = claimsOf(grant.access_token);
    expect(exp - iat).toBe(grant.expires_in);
    await api().sql(
      `update sessions set absolute_expires_at = now(), expires_at = now() where id = $1`,
      [session.session_id],
    );
    expect(codeOf(await api().tryRefresh(grant.refresh_token))).toBe('invalid_grant');
    expect(await api().statusOf(grant.access_token)).toBe(401);
  });

  it('restarts the idle time with each refresh', async () => {
    const session = await start();
    await api().sql(`update sessions set expires_at = now() + interval '1 hour' where id = $1`, [
      session.session_id,
    ]);
    const grant = await api().refresh(session.refresh_token);
    expect(grant.refresh_expires_in).toBeGreaterThan(29 * 86_400);
    expect(grant.refresh_expires_in).toBeLessThanOrEqual(30 * 86_400);
  });

  it('does not work for a session that was signed out', async () => {
    const session = await start();
    const { statusCode } = await api().send('DELETE', '/v1/sessions/current', {
      token: session.access_token,
    });
    expect(statusCode).toBe(204);
    expect(codeOf(await api().tryRefresh(session.refresh_token))).toBe('invalid_grant');
    expect(await api().statusOf(session.access_token)).toBe(401);
  });

  it('leaves no session after a concurrent sign-out', async () => {
    for (let round = 0; round < 10; round += 1) {
      const session = await start();
      const [refreshed, ended] = await Promise.all([
        api().tryRefresh(session.refresh_token),
        api().send('DELETE', '/v1/sessions', { token: session.access_token }),
      ]);
      expect(ended.statusCode).toBe(204);
      expect(await liveSessions(api(), session.userId)).toBe(0);
      if (refreshed.statusCode === 200) {
        expect(await api().statusOf(refreshed.json().access_token)).toBe(401);
        expect(codeOf(await api().tryRefresh(refreshed.json().refresh_token))).toBe(
          'invalid_grant',
        );
      }
    }
  });

  it('rejects every token with the same response, without the reason', async () => {
    const session = await start();
    await api().send('DELETE', '/v1/sessions/current', { token: session.access_token });
    const answers = [
      await api().tryRefresh(session.refresh_token),
      await api().tryRefresh('nonsense'),
    ];
    for (const answer of answers) {
      expect(answer.statusCode).toBe(401);
      expect(answer.json()).toMatchObject({
        code: 'invalid_grant',
        detail: 'The refresh token is not valid.',
      });
    }
  });
});

describe('with sessions.refresh_grace at zero', () => {
  const api = useSharedApi('postgres', { env: { SESSIONS_REFRESH_GRACE: '0s' } });

  it('accepts exactly one of 8 parallel refreshes', async () => {
    const session = await api().signIn(await api().register());
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => api().tryRefresh(session.refresh_token)),
    );
    expect(answers.filter((answer) => answer.statusCode === 200)).toHaveLength(1);
  });
});

function agedRotation(api: Api, sessionId: string, seconds: number): Promise<unknown> {
  return api.sql(
    'update sessions set rotated_at = rotated_at - make_interval(secs => $2) where id = $1',
    [sessionId, seconds],
  );
}

async function liveSessions(api: Api, userId: string): Promise<number> {
  const rows = await api.sql('select 1 from sessions where user_id = $1 and expires_at > now()', [
    userId,
  ]);
  return rows.length;
}

/** Every token that was issued for the session is rejected. */
async function expectEnded(api: Api, userId: string, grants: readonly Grant[]): Promise<void> {
  for (const grant of grants) {
    expect(await api.statusOf(grant.access_token)).toBe(401);
    expect(codeOf(await api.tryRefresh(grant.refresh_token))).toBe('invalid_grant');
  }
  expect(await liveSessions(api, userId)).toBe(0);
}

function flipped(text: string, index: number): string {
  return `${text.slice(0, index)}${text[index] === 'A' ? 'B' : 'A'}${text.slice(index + 1)}`;
}

function claimsOf(jwt: string): { readonly exp: number; readonly iat: number } {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
}
