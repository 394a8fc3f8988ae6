import { describe, expect, it } from 'vitest';
import {
  type Account,
  type Answer,
  codeOf,
  createPerson,
  type Grant,
  patientHashing,
  useSharedApi,
} from '../support/api.ts';
import { APP_DATABASES } from '../support/app.ts';

describe.each(APP_DATABASES)('e-mail addresses on %s', (database) => {
  const api = useSharedApi(database, { env: patientHashing });

  function register(email: string): Promise<Answer> {
    return api().send('POST', '/v1/users', { body: createPerson({ email }) });
  }

  it.each([
    ['upper case', 'kim.lee@kite.example', 'KIM.Lee@Kite.EXAMPLE'],
    ['an A-label for a U-label', 'a1@bücher.example', 'a1@xn--bcher-kva.example'],
    ['a U-label for an A-label', 'a2@xn--bcher-kva.example', 'a2@BÜCHER.example'],
    ['a combining mark in the domain', 'a3@bücher.example', 'a3@bu\u0308cher.example'],
    ['a full-width domain', 'a4@kite.example', 'a4@ｋｉｔｅ.ｅｘａｍｐｌｅ'],
    ['the Kelvin sign in the domain', 'a5@kite.example', 'a5@\u212aite.example'],
    ['an ideographic full stop', 'a6@kite.example', 'a6@kite\u3002example'],
    ['a soft hyphen in the domain', 'a7@kite.example', 'a7@ki\u00adte.example'],
  ])('are one for %s: the second registration is a conflict', async (_what, first, second) => {
    expect((await register(first)).statusCode).toBe(201);
    expect(codeOf(await register(second))).toBe('email_taken');
  });

  it.each([
    ['the Kelvin sign', 'b1\u212a@kite.example', 'email_local_part'],
    ['full-width letters', 'ｂ2@kite.example', 'email_local_part'],
    ['a dotless i', 'm\u0131ke@kite.example', 'email_local_part'],
    ['a Cyrillic a', '\u0430da@kite.example', 'email_local_part'],
    ['a zero-width space', 'b3\u200b@kite.example', 'email_local_part'],
    ['white space before it', ' b4@kite.example', 'email_local_part'],
    ['a line break after it', 'b5@kite.example\r\n', 'email_domain'],
    ['quotation marks', '"b6"@kite.example', 'email_local_part'],
    ['a display name', 'B <b7@kite.example>', 'email_local_part'],
    ['an address literal', 'b8@[192.0.2.1]', 'email_domain'],
    ['an IP address', 'b9@192.0.2.1', 'email_domain'],
    ['one label only', 'b10@localhost', 'email_domain'],
    ['a NUL', 'b11\u0000@kite.example', 'email_local_part'],
    ['two dots', 'b12..x@kite.example', 'email_local_part'],
    [
      'too many bytes',
      `b13@${'x'.repeat(60)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${'w'.repeat(63)}.example`,
      'email_domain',
    ],
    ['65 bytes before the @', `${'x'.repeat(65)}@kite.example`, 'email_too_long'],
  ])('are refused with %s', async (_what, email, code) => {
    const answer = await register(email);
    expect(answer.statusCode).toBe(422);
    expect(answer.json().errors).toMatchObject([{ pointer: '/email', code }]);
  });

  it('are different people with another plus tag, dots or sharp s', async () => {
    const addresses = [
      'c@kite.example',
      'c+news@kite.example',
      'c.c@kite.example',
      'cc@kite.example',
      'c@strasse.example',
      'c@straße.example',
    ];
    for (const email of addresses) expect((await register(email)).statusCode, email).toBe(201);
  });

  it('are stored, shown and found in one form, whatever form was sent', async () => {
    const created = await register(
      'Jürgens+Tag@kite.example'.replace('ü', 'u').replace('kite', 'BÜCHER'),
    );
    expect(created.json().email).toBe('jurgens+tag@xn--bcher-kva.example');
    const { key } = await api().createService('users:read');
    const query = encodeURIComponent('JURGENS+TAG@bücher.example');
    const found = await api().send('GET', `/v1/users?email=${query}`, { token: key });
    expect(found.json()).toEqual({ users: [created.json()], next_cursor: null });
  });

  it('cannot be taken over by changing one’s own to a look-alike', async () => {
    const owner = await api().register({ email: 'owner@bücher.example' });
    const thief = await api().register();
    const { access_token: token } = await api().signIn(thief);
    const answer = await api().send('PATCH', `/v1/users/${thief.id}`, {
      token,
      body: { email: 'OWNER@xn--bcher-kva.example', current_password: thief.password },
    });
    expect(codeOf(answer)).toBe('email_taken');
    await api().signIn(owner);
    await api().signIn(thief);
  });

  it('go to exactly one of 12 who register the same at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, number) =>
        register(number % 2 === 0 ? 'race@kite.example' : 'RACE@Kite.example'),
      ),
    );
    const statuses = answers.map(({ statusCode }) => statusCode).sort();
    expect(statuses).toEqual([201, ...Array.from({ length: 11 }, () => 409)]);
    const rows = await api().sql(`select id from users where email = 'race@kite.example'`);
    expect(rows).toHaveLength(1);
  });
});

describe.each(APP_DATABASES)('changing a profile on %s', (database) => {
  const api = useSharedApi(database, { env: patientHashing });

  async function signedIn(): Promise<{
    account: Account;
    grant: Grant;
    token: string;
    url: string;
  }> {
    const account = await api().register({ phone: '+442079460000' });
    const grant = await api().signIn(account);
    return { account, grant, token: grant.access_token, url: `/v1/users/${account.id}` };
  }

  async function userEvents(id: string) {
    const events = await api().eventsOf(id);
    return events.filter(({ type }) => type.startsWith('user.'));
  }

  it('changes only what the patch names, raises the version by one, and names the fields', async () => {
    const { account, token, url } = await signedIn();
    const before = (await api().send('GET', url, { token })).json();
    const body = { last_name: 'Šarić', phone: null };
    const answer = await api().send('PATCH', url, { token, body });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers.etag).toBe('"2"');
    const after = answer.json();
    expect(after).toEqual({ ...before, ...body, version: 2, updated_at: after.updated_at });
    expect(after.updated_at > before.updated_at).toBe(true);
    expect((await userEvents(account.id)).at(-1)).toMatchObject({
      type: 'user.updated',
      user_version: 2,
      data: { changed_fields: ['last_name', 'phone'] },
    });
  });

  it.each([
    ['an empty patch', {}],
    ['the values that are there', { first_name: 'Ada', phone: '+442079460000' }],
  ])('writes nothing for %s: version, time and events stay', async (_what, body) => {
    const { account, token, url } = await signedIn();
    const before = await api().send('GET', url, { token });
    const answer = await api().send('PATCH', url, { token, body });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual(before.json());
    expect(answer.headers.etag).toBe('"1"');
    expect(await userEvents(account.id)).toHaveLength(1);
  });

  it('asks for no password when the own address is sent as it is, in any spelling', async () => {
    const { account, token, url } = await signedIn();
    const body = { email: account.email.toUpperCase() };
    const answer = await api().send('PATCH', url, { token, body });
    expect([answer.statusCode, answer.json().version]).toEqual([200, 1]);
  });

  it.each([
    ['PATCH', {}, undefined, 'current_password_required'],
    ['PATCH', {}, 'wrong password', 'current_password_wrong'],
    [
      'PUT',
      { first_name: 'Ada', last_name: 'Okafor', phone: null },
      undefined,
      'current_password_required',
    ],
    [
      'PUT',
      { first_name: 'Ada', last_name: 'Okafor', phone: null },
      'wrong password',
      'current_password_wrong',
    ],
  ] as const)(
    'refuses a %s of the own address (%j, password %s) as %s and changes nothing',
    async (method, fields, password, code) => {
      const { account, token, url } = await signedIn();
      const answer = await api().send(method, url, {
        token,
        headers: { 'if-match': '"1"' },
        body: {
          ...fields,
          email: `new.${account.email}`,
          ...(password === undefined ? {} : { current_password: password }),
        },
      });
      expect(answer.statusCode).toBe(422);
      expect(answer.json().errors).toMatchObject([{ pointer: '/current_password', code }]);
      expect((await api().send('GET', url, { token })).json()).toMatchObject({
        email: account.email,
        version: 1,
      });
    },
  );

  it('moves the account to a new address with the password: the old one is free and unverified is the new', async () => {
    const { account, token, url } = await signedIn();
    await api().sql('update users set email_verified = true where id = $1', [account.id]);
    const email = `new.${account.email}`;
    const answer = await api().send('PATCH', url, {
      token,
      body: { email, first_name: 'Ida', current_password: account.password },
    });
    expect(answer.json()).toMatchObject({ email, email_verified: false, version: 2 });
    expect(await userEvents(account.id)).toMatchObject([
      { type: 'user.created', user_version: 1 },
      {
        type: 'user.email_changed',
        user_version: 2,
        data: { changed_fields: ['first_name', 'email'] },
      },
    ]);
    await api().signIn({ ...account, email });
    expect(codeOf(await api().trySignIn(account.email, account.password))).toBe(
      'invalid_credentials',
    );
    await api().register({ email: account.email });
  });

  it('asks services for no password', async () => {
    const { account, url } = await signedIn();
    const { key } = await api().createService('users:write');
    const email = `moved.${account.email}`;
    const answer = await api().send('PATCH', url, { token: key, body: { email } });
    expect(answer.json()).toMatchObject({ email, version: 2 });
  });

  it('refuses an address that somebody else has, and leaves no event', async () => {
    const other = await api().register();
    const { account, token, url } = await signedIn();
    const answer = await api().send('PATCH', url, {
      token,
      body: { email: other.email, current_password: account.password },
    });
    expect(codeOf(answer)).toBe('email_taken');
    expect(await userEvents(account.id)).toHaveLength(1);
    expect((await api().send('GET', url, { token })).json().version).toBe(1);
  });

  it('gives 428 to a PUT without If-Match and 412 to a stale one', async () => {
    const { token, url, account } = await signedIn();
    const body = { first_name: 'Ida', last_name: 'Okafor', email: account.email, phone: null };
    const put = (headers: Record<string, string>) =>
      api().send('PUT', url, { token, headers, body });
    expect(codeOf(await put({}))).toBe('version_required');
    expect(codeOf(await put({ 'if-match': '"2"' }))).toBe('version_mismatch');
    expect(codeOf(await put({ 'if-match': 'W/"1"' }))).toBe('version_mismatch');
    expect((await put({ 'if-match': '"7", "1"' })).json()).toMatchObject({
      first_name: 'Ida',
      phone: null,
      version: 2,
    });
    expect(codeOf(await put({ 'if-match': '"1"' }))).toBe('version_mismatch');
  });

  it('keeps both of two patches of different fields at the same time', async () => {
    const { token, url } = await signedIn();
    for (let round = 0; round < 10; round += 1) {
      const change = { first_name: `Ida ${round}`.replace(/\d/, 'x'.repeat(round + 1)) };
      const other = { last_name: `Lee ${'y'.repeat(round + 1)}` };
      const answers = await Promise.all([
        api().send('PATCH', url, { token, body: change }),
        api().send('PATCH', url, { token, body: other }),
      ]);
      expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
      expect((await api().send('GET', url, { token })).json()).toMatchObject({
        ...change,
        ...other,
        version: 1 + 2 * (round + 1),
      });
    }
  });

  it('lets exactly one of 20 writers of one version win, version after version', async () => {
    const { account, token, url } = await signedIn();
    for (let version = 1; version <= 4; version += 1) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, number) =>
          api().send('PATCH', url, {
            token,
            headers: { 'if-match': `"${version}"` },
            body: { first_name: `Writer ${'i'.repeat(version)} ${number}` },
          }),
        ),
      );
      const won = answers.filter(({ statusCode }) => statusCode === 200);
      expect(won).toHaveLength(1);
      expect(answers.filter((answer) => codeOf(answer) === 'version_mismatch')).toHaveLength(19);
      expect((await api().send('GET', url, { token })).json()).toEqual(won[0]?.json());
    }
    expect((await userEvents(account.id)).map(({ user_version }) => user_version)).toEqual([
      1, 2, 3, 4, 5,
    ]);
  });
});

describe.each(APP_DATABASES)('deleting an account on %s', (database) => {
  const api = useSharedApi(database, { env: patientHashing });

  it('frees the address at once, refuses every session at once, and tells of the user last', async () => {
    const account = await api().register();
    const grants = [await api().signIn(account), await api().signIn(account)];
    const [own] = grants;
    for (const { access_token } of grants) expect(await api().statusOf(access_token)).toBe(200);
    const answer = await api().send('POST', `/v1/users/${account.id}/deletion`, {
      token: own?.access_token ?? '',
      body: { current_password: account.password },
    });
    expect([answer.statusCode, answer.body]).toEqual([204, '']);

    for (const { access_token, refresh_token } of grants) {
      expect(await api().statusOf(access_token)).toBe(401);
      expect(codeOf(await api().tryRefresh(refresh_token))).toBe('invalid_grant');
    }
    expect(codeOf(await api().trySignIn(account.email, account.password))).toBe(
      'invalid_credentials',
    );
    const events = (await api().eventsOf(account.id)).slice(-3);
    expect(events).toMatchObject([
      { type: 'session.ended', user_version: 1, data: { reason: 'user_deleted' } },
      { type: 'session.ended', user_version: 1, data: { reason: 'user_deleted' } },
      { type: 'user.deleted', user_version: 2, data: {} },
    ]);
    const again = await api().register({ email: account.email });
    expect(again.id).not.toBe(account.id);
  });

  it.each([
    ['a wrong password', { current_password: 'wrong password' }],
    ['no password', {}],
  ])('is refused with %s, and everything stays', async (_what, body) => {
    const account = await api().register();
    const grant = await api().signIn(account);
    const answer = await api().send('POST', `/v1/users/${account.id}/deletion`, {
      token: grant.access_token,
      body,
    });
    expect(answer.statusCode).toBe(422);
    expect(await api().statusOf(grant.access_token)).toBe(200);
    expect((await api().eventsOf(account.id)).map(({ type }) => type)).not.toContain(
      'user.deleted',
    );
  });

  it('is nobody else’s, whatever their password', async () => {
    const [mine, theirs] = [await api().register(), await api().register()];
    const { access_token: token } = await api().signIn(mine);
    const answer = await api().send('POST', `/v1/users/${theirs.id}/deletion`, {
      token,
      body: { current_password: mine.password },
    });
    expect(codeOf(answer)).toBe('user_not_found');
    await api().signIn(theirs);
  });

  it('is done by a service with users:admin without the password, and once', async () => {
    const account = await api().register();
    const grant = await api().signIn(account);
    const { key: token } = await api().createService('users:admin');
    const remove = () => api().send('DELETE', `/v1/users/${account.id}`, { token });
    expect((await remove()).statusCode).toBe(204);
    expect(codeOf(await remove())).toBe('user_not_found');
    expect(await api().statusOf(grant.access_token)).toBe(401);
    expect((await api().eventsOf(account.id)).at(-1)).toMatchObject({
      type: 'user.deleted',
      user_version: 2,
    });
  });

  it('happens once for 8 requests at the same time, with one event and nothing after it', async () => {
    const account = await api().register();
    const { access_token } = await api().signIn(account);
    const { key } = await api().createService('users:admin');
    const answers = await Promise.all([
      ...Array.from({ length: 4 }, () =>
        api().send('DELETE', `/v1/users/${account.id}`, { token: key }),
      ),
      ...Array.from({ length: 4 }, (_, number) =>
        api().send('PATCH', `/v1/users/${account.id}`, {
          token: access_token,
          body: { first_name: `Late ${'x'.repeat(number + 1)}` },
        }),
      ),
    ]);
    expect(answers.slice(0, 4).map(codeOf).sort()).toEqual([
      '204',
      'user_not_found',
      'user_not_found',
      'user_not_found',
    ]);
    const events = await api().eventsOf(account.id);
    expect(events.filter(({ type }) => type === 'user.deleted')).toHaveLength(1);
    expect(events.at(-1)?.type).toBe('user.deleted');
  });

  it('shows the user as absent to everybody afterwards', async () => {
    const account = await api().register();
    const { key } = await api().createService('users:read', 'users:write', 'users:admin');
    const url = `/v1/users/${account.id}`;
    expect((await api().send('GET', url, { token: key })).statusCode).toBe(200);
    await api().send('DELETE', url, { token: key });
    expect(codeOf(await api().send('GET', url, { token: key }))).toBe('user_not_found');
    expect(codeOf(await api().send('PATCH', url, { token: key, body: {} }))).toBe('user_not_found');
    const ids = [account.id];
    const profiles = await api().send('POST', '/v1/public-profiles', { token: key, body: { ids } });
    expect(profiles.json()).toEqual({ profiles: [], missing: ids });
  });
});
