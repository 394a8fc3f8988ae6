import { describe, expect, it } from 'vitest';
import {
  type Answer,
  codeOf,
  createPerson,
  patientHashing,
  useSharedApi,
} from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';

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
    ['white space before the @', 'b4 @kite.example', 'email_white_space'],
    ['a line break inside', 'b5@kite\r\n.example', 'email_white_space'],
    ['quotation marks', '"b6"@kite.example', 'email_local_part'],
    ['a display name', 'B <b7@kite.example>', 'email_white_space'],
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
  ])('are rejected with %s', async (_what, email, code) => {
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

  it('are stored, shown and found in one form for every form that is sent', async () => {
    const created = await register('Jurgens+Tag@BÜCHER.example');
    expect(created.json().email).toBe('jurgens+tag@xn--bcher-kva.example');
    const { key } = await api().createService('users:read');
    const query = encodeURIComponent('JURGENS+TAG@bücher.example');
    const found = await api().send('GET', `/v1/users?email=${query}`, { token: key });
    expect(found.json()).toEqual({ users: [created.json()], next_cursor: null });
  });

  it('cannot be taken over by a change to a look-alike', async () => {
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

  it('are registered once by 12 concurrent registrations', async () => {
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
