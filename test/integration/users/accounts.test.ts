import { describe, expect, it } from 'vitest';
import {
  type Account,
  codeOf,
  createPerson,
  type Grant,
  patientHashing,
  useSharedApi,
} from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';

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

  it('changes only the fields of the patch, raises the version by one, and names the fields in an event', async () => {
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

  it('requires no password when the current address is sent in any spelling', async () => {
    const { account, token, url } = await signedIn();
    const body = { email: account.email.toUpperCase() };
    const answer = await api().send('PATCH', url, { token, body });
    expect([answer.statusCode, answer.json().version]).toEqual([200, 1]);
  });

  it.each([
    ['PATCH', {}, undefined, 'step_up_required'],
    ['PATCH', {}, 'wrong password', 'validation_failed'],
    ['PUT', { first_name: 'Ada', last_name: 'Okafor', phone: null }, undefined, 'step_up_required'],
    [
      'PUT',
      { first_name: 'Ada', last_name: 'Okafor', phone: null },
      'wrong password',
      'validation_failed',
    ],
  ] as const)(
    'rejects a %s of the current address (%j, password %s) as %s and changes nothing',
    async (method, fields, password, code) => {
      const { account, grant, token, url } = await signedIn();
      await api().ageSession(grant.session_id);
      const answer = await api().send(method, url, {
        token,
        headers: { 'if-match': '"1"' },
        body: {
          ...fields,
          email: `new.${account.email}`,
          ...(password === undefined ? {} : { current_password: password }),
        },
      });
      expect(codeOf(answer)).toBe(code);
      expect((await api().send('GET', url, { token })).json()).toMatchObject({
        email: account.email,
        version: 1,
      });
    },
  );

  it('changes the address with the password: the old one stays reserved, the new one is unverified', async () => {
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
    // Its owner can take the change back for some time.
    const again = await api().send('POST', '/v1/users', {
      body: createPerson({ email: account.email }),
    });
    expect([again.statusCode, codeOf(again)]).toEqual([409, 'email_taken']);
  });

  it('requires no password from services', async () => {
    const { account, url } = await signedIn();
    const { key } = await api().createService('users:write');
    const email = `moved.${account.email}`;
    const answer = await api().send('PATCH', url, { token: key, body: { email } });
    expect(answer.json()).toMatchObject({ email, version: 2 });
  });

  it('rejects an address that another user has, without an event', async () => {
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
    expect(codeOf(await put({ 'if-match': 'W/"2"' }))).toBe('version_mismatch');
    expect((await put({ 'if-match': '"7", "1"' })).json()).toMatchObject({
      first_name: 'Ida',
      phone: null,
      version: 2,
    });
    expect(codeOf(await put({ 'if-match': '"1"' }))).toBe('version_mismatch');
  });

  it('keeps both of two concurrent patches of different fields', async () => {
    const { token, url } = await signedIn();
    for (let round = 0; round < 10; round += 1) {
      const change = { first_name: `Ida ${'x'.repeat(round + 1)}` };
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

  it('accepts exactly one of 20 concurrent writers of each version', async () => {
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
