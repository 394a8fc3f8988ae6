import { describe, expect, test } from 'vitest';
import { type Answer, createApi, patientHashing, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES, useTestApp } from '../../support/app.ts';

/** What a caller sees, without what is the identity of the request. */
function seen({ statusCode, headers, body }: Answer) {
  const { 'x-request-id': _id, date: _date, 'retry-after': wait, ...rest } = headers;
  const { request_id: _request, instance: _instance, ...problem } = JSON.parse(body || '{}');
  // In minutes: the requests are some time apart.
  const minutes = wait === undefined ? null : Math.round(Number(wait) / 60);
  return { statusCode, headers: rest, minutes, problem };
}

describe.each(APP_DATABASES)('failed attempts on %s', (database) => {
  const api = useSharedApi(database, {
    env: { ...patientHashing, LOCKOUT_STOP: '8', LOCKOUT_MAX_WAIT: '4s' },
  });

  /** Ends all waits. A closed counter stays closed. */
  const pass = () =>
    api().sql(`update sign_in_failures set blocked_until = now() where failures < 8`);
  /** Makes waits longer than a slow machine needs for the next request. */
  const hold = () =>
    api().sql(`update sign_in_failures set blocked_until = blocked_until + interval '1 hour'`);
  const guess = (email: string, deviceToken?: string, password = 'a wrong guess at it') =>
    api().send('POST', '/v1/sessions', {
      body: { email, password, ...(deviceToken && { device_token: deviceToken }) },
    });
  const close = async (email: string): Promise<Answer[]> => {
    const answers: Answer[] = [];
    for (let count = 0; count < 8; count += 1) {
      answers.push(await guess(email));
      if (count >= 5) {
        await hold();
        answers.push(await guess(email));
      }
      await pass();
    }
    return [...answers, await guess(email)];
  };

  test('a known and an unknown address get equal answers through all waits', async () => {
    const { email } = await api().register();
    const known = (await close(email)).map(seen);
    const unknown = (await close(`no-${email}`)).map(seen);
    expect(known).toEqual(unknown);
    const statuses = known.map(({ statusCode }) => statusCode);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 429, 401, 429, 401, 429, 429]);
  });

  test('a wait refuses the right password as it refuses a wrong one', async () => {
    const { email, password } = await api().register();
    for (let count = 0; count < 6; count += 1) await guess(email);
    await hold();
    const right = await guess(email, undefined, password);
    expect(right.json().code).toBe('rate_limited');
    expect(Number(right.headers['retry-after'])).toBeGreaterThan(3_000);
    expect(right.headers.ratelimit).toBeUndefined();
    expect(seen(right)).toEqual(seen(await guess(email)));
    await pass();
    expect((await guess(email, undefined, password)).statusCode).toBe(201);
    // The success ended the counter.
    expect((await guess(email)).statusCode).toBe(401);
  });

  test('of 50 parallel guesses none is judged beyond the budget', async () => {
    const env = { ...patientHashing, LOCKOUT_STOP: '6' };
    const other = createApi(await useTestApp({ database, env }));
    const { email } = await other.register();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => other.trySignIn(email, 'a wrong guess at it')),
    );
    expect(answers.filter(({ statusCode }) => statusCode === 401)).toHaveLength(6);
    expect(answers.filter(({ statusCode }) => statusCode === 429)).toHaveLength(44);
  });

  test('parallel sign-ins with the right password do not wait for each other', async () => {
    const { email, password } = await api().register();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => guess(email, undefined, password)),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(201));
  });

  test('a closed password leaves the known device, the session and the token open', async () => {
    const account = await api().register();
    const first = await api().trySignIn(account.email, account.password);
    const { device_token: device, access_token: access, refresh_token: refresh } = first.json();
    expect(device).toMatch(/^udt_[A-Za-z0-9_-]{51}$/);
    await close(account.email);
    expect((await guess(account.email, undefined, account.password)).statusCode).toBe(429);
    expect(await api().statusOf(access)).toBe(200);
    expect((await api().refresh(refresh)).session_id).toBe(first.json().session_id);
    const again = await guess(account.email, device, account.password);
    expect(again.statusCode).toBe(201);
    expect(again.json().device_token).toMatch(/^udt_/);
    // The known device has opened the password for every device.
    expect((await guess(account.email, undefined, account.password)).statusCode).toBe(201);
  });

  test('a known device has a budget of its own, and a token of another account has none', async () => {
    const [ada, eve] = [await api().register(), await api().register()];
    const device = (await api().trySignIn(eve.email, eve.password)).json().device_token;
    for (let count = 0; count < 6; count += 1) await guess(ada.email);
    await hold();
    expect((await guess(ada.email, device, ada.password)).statusCode).toBe(429);
    for (let count = 0; count < 6; count += 1) {
      expect((await guess(eve.email, device)).statusCode).toBe(401);
    }
    await hold();
    expect((await guess(eve.email, device, eve.password)).statusCode).toBe(429);
    expect((await guess(eve.email, undefined, eve.password)).statusCode).toBe(201);
  });

  test('the stop causes one event and one mail, and an unknown address none', async () => {
    const { id, email } = await api().register();
    await close(email);
    await pass();
    await guess(email);
    const events = await api().eventsOf(id);
    expect(events.filter(({ type }) => type === 'account.locked')).toMatchObject([
      { user_version: 1, data: { factor: 'password' } },
    ]);
    const mails = await api().sql<{ kind: string }>(
      'select kind from mail_queue where user_id = $1',
      [id],
    );
    expect(mails).toEqual([{ kind: 'account_locked' }]);
  });

  test('a service looks at the failures and unlocks the account', async () => {
    const { id, email, password } = await api().register();
    await close(email);
    const { key } = await api().createService('users:admin');
    const list = () => api().send('GET', `/v1/users/${id}/sign-in-failures`, { token: key });
    expect((await list()).json().failures).toMatchObject([
      { factor: 'password', known_device: false, failures: 8 },
    ]);
    const unlock = await api().send('POST', `/v1/users/${id}/unlock`, { token: key });
    expect(unlock.statusCode).toBe(204);
    expect((await list()).json()).toEqual({ failures: [] });
    expect((await guess(email, undefined, password)).statusCode).toBe(201);
  });

  test('the current password has a counter of its own', async () => {
    const account = await api().register();
    const { access_token: token } = await api().signIn(account);
    const change = (current: string) =>
      api().send('PUT', `/v1/users/${account.id}/password`, {
        token,
        body: { current_password: current, new_password: 'another harbour at dusk' },
      });
    for (let count = 0; count < 6; count += 1) expect((await change('wrong')).statusCode).toBe(422);
    await hold();
    const refused = await change(account.password);
    expect([refused.statusCode, refused.json().code]).toEqual([429, 'rate_limited']);
    expect((await api().trySignIn(account.email, account.password)).statusCode).toBe(201);
    await pass();
    expect((await change(account.password)).statusCode).toBe(200);
  });

  test('counters hold no address', async () => {
    const { email } = await api().register();
    await guess(email);
    const [row] = await api().sql<{ text: string }>(
      `select string_agg(sign_in_failures::text || encode(account_key, 'escape'), ' ') as text
       from sign_in_failures`,
    );
    expect(row?.text).not.toContain(email.split('@')[0]);
  });
});
