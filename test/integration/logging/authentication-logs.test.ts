import { describe, expect, it } from 'vitest';
import { APP_DATABASES, useTestApp } from '../../support/app.ts';
import { captureLog, type ParsedLine } from '../../support/captured-log.ts';

const EMAIL = 'outcome@example.com';
const PASSWORD = 'nine quiet lanterns on the quay';

/** Each attempt to authenticate is logged with time, actor, client, outcome and request id. */
describe.each(APP_DATABASES)('every authentication on %s', (database) => {
  async function setUp() {
    const log = captureLog();
    const { http } = await useTestApp({ database, logger: log.logger, requestLog: log.requestLog });
    let count = 0;
    const send = async (
      method: 'GET' | 'POST' | 'PUT',
      url: string,
      options: { body?: object; token?: string } = {},
    ) => {
      count += 1;
      const requestId = `attempt-${count}`;
      const { body, token } = options;
      const response = await http.inject({
        method,
        url,
        headers: {
          'x-request-id': requestId,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { payload: body }),
      });
      const own = log.parsed().find((line) => line.client_request_id === requestId);
      const lines = log.parsed().filter((line) => line.request_id === own?.request_id);
      return { status: response.statusCode, json: () => response.json(), lines };
    };
    const registered = await send('POST', '/v1/users', {
      body: { first_name: 'Odd', last_name: 'Lie', email: EMAIL, password: PASSWORD },
    });
    expect(registered.status).toBe(201);
    const userId = registered.json().id as string;
    const signIn = (email: string, password: string) =>
      send('POST', '/v1/sessions', { body: { email, password } });
    return { send, signIn, userId };
  }

  function expectOutcome(lines: readonly ParsedLine[], message: string, fields: object): void {
    expect(lines).toContainEqual(
      expect.objectContaining({ message, client_ip: '127.0.0.1', ...fields }),
    );
  }

  it('by password is logged: success, wrong password, unknown address', async () => {
    const { signIn, userId } = await setUp();
    const right = await signIn(EMAIL, PASSWORD);
    expect(right.status).toBe(201);
    const { session_id } = right.json();
    expectOutcome(right.lines, 'signed in', { level: 'info', user_id: userId, session_id });
    const wrong = await signIn(EMAIL, 'not the password at all');
    expectOutcome(wrong.lines, 'authentication refused', {
      level: 'warn',
      user_id: userId,
      reason: 'wrong_password',
    });
    const unknown = await signIn('nobody@example.com', PASSWORD);
    expectOutcome(unknown.lines, 'authentication refused', {
      level: 'warn',
      user_id: null,
      reason: 'unknown_email',
    });
  });

  it('by refresh token is logged: success, reuse, a foreign token, an ended session', async () => {
    const { send, signIn, userId } = await setUp();
    const refresh = (token: string) =>
      send('POST', '/v1/sessions/refresh', { body: { refresh_token: token } });
    const { session_id, refresh_token: first } = (await signIn(EMAIL, PASSWORD)).json();
    const actor = { user_id: userId, session_id };
    const refreshed = await refresh(first);
    expectOutcome(refreshed.lines, 'session refreshed', { level: 'info', ...actor });
    const { refresh_token: second } = refreshed.json();
    await refresh(second);
    const reused = await refresh(first);
    expect(reused.status).toBe(401);
    expectOutcome(reused.lines, 'refresh token reused, session ended', { level: 'warn', ...actor });
    const ended = await refresh(second);
    expectOutcome(ended.lines, 'refresh refused', { level: 'warn', reason: 'no_such_session' });
    const foreign = await refresh(`urt_${'A'.repeat(80)}`);
    expectOutcome(foreign.lines, 'refresh refused', { level: 'warn', reason: 'foreign_token' });
  });

  it('by access token or service key is logged with its request', async () => {
    const { send, signIn, userId } = await setUp();
    const { access_token: token } = (await signIn(EMAIL, PASSWORD)).json();
    const accepted = await send('GET', '/v1/me', { token });
    expectOutcome(accepted.lines, 'request', {
      status: 200,
      principal: 'user',
      principal_id: userId,
    });
    for (const wrong of [`${token}x`, 'usk_nobodysservicekey']) {
      const refused = await send('GET', '/v1/me', { token: wrong });
      expectOutcome(refused.lines, 'request', {
        status: 401,
        code: 'invalid_token',
        principal: 'anonymous',
      });
    }
    const without = await send('GET', '/v1/me');
    expectOutcome(without.lines, 'request', { status: 401, code: 'unauthenticated' });
  });

  it('again, for a change that requires the password, is logged when it fails', async () => {
    const { send, signIn, userId } = await setUp();
    const { access_token: token } = (await signIn(EMAIL, PASSWORD)).json();
    const refused = await send('PUT', `/v1/users/${userId}/password`, {
      token,
      body: { current_password: 'not the password at all', new_password: 'ten new quiet lanterns' },
    });
    expect(refused.status).toBe(422);
    expectOutcome(refused.lines, 'authentication refused', {
      user_id: userId,
      reason: 'wrong_password',
    });
  });
});
