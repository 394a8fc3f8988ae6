import { describe, expect, test } from 'vitest';
import { createPerson, patientHashing, useSharedApi } from '../support/api.ts';

/** As other programs accept them, each with its canonical form. */
const ADDRESSES: readonly [string, string][] = [
  ['Root@Localhost', 'root@localhost'],
  ['ops@10.0.0.5', 'ops@10.0.0.5'],
  ['ops@[192.0.2.1]', 'ops@[192.0.2.1]'],
  ['Some..One.@mail.example', 'some..one.@mail.example'],
  ['"Ann,B"@mail.example', '"ann,b"@mail.example'],
  ['"Ann"@mail.example.', 'ann@mail.example'],
];
const PHONES = ['+9991', '+999123456789012'];

describe('with permissive rules', () => {
  const getApi = useSharedApi('embedded', {
    env: {
      ...patientHashing,
      REGISTRATION_EMAIL_RULES: 'permissive',
      REGISTRATION_PHONE_RULES: 'permissive',
    },
  });

  test.each(ADDRESSES)('%s is one address at every door', async (sent, canonical) => {
    const api = getApi();
    const { key } = await api.createService('users:read', 'users:write');
    const person = createPerson({ email: sent });
    const registered = await api.send('POST', '/v1/users', { body: person });
    expect([registered.statusCode, registered.json().email]).toEqual([201, canonical]);
    const again = await api.send('POST', '/v1/users', { body: createPerson({ email: canonical }) });
    expect([again.statusCode, again.json().code]).toEqual([409, 'email_taken']);
    const signedIn = await api.trySignIn(sent, person.password);
    expect(signedIn.statusCode, signedIn.body).toBe(201);
    expect(await api.statusOf(signedIn.json().access_token)).toBe(200);
    const found = await api.send('GET', `/v1/users?email=${encodeURIComponent(sent)}`, {
      token: key,
    });
    expect(found.json().users).toMatchObject([{ email: canonical }]);
    const url = `/v1/users/${registered.json().id}`;
    const away = await api.send('PATCH', url, {
      token: key,
      body: { email: createPerson().email },
    });
    expect(away.statusCode, away.body).toBe(200);
    const back = await api.send('PATCH', url, { token: key, body: { email: sent } });
    expect([back.statusCode, back.json().email]).toEqual([200, canonical]);
    const deleted = await api.send('POST', `${url}/deletion`, {
      token: signedIn.json().access_token,
      body: { current_password: person.password },
    });
    expect(deleted.statusCode, deleted.body).toBe(204);
  });

  test.each(PHONES)('the phone %s is accepted', async (phone) => {
    const answer = await getApi().send('POST', '/v1/users', { body: createPerson({ phone }) });
    expect([answer.statusCode, answer.json().phone]).toEqual([201, phone]);
  });

  test('what breaks other text is refused with the rule in force', async () => {
    const refused: [object, string, RegExp][] = [
      [
        { email: '"ann\r\nBcc: eve@evil.example"@mail.example' },
        'email_white_space',
        /white space/,
      ],
      [{ email: '"ann\u0007"@mail.example' }, 'email_local_part', /in double quotes/],
      [{ email: `${'a'.repeat(65)}@localhost` }, 'email_too_long', /64 bytes/],
      [{ email: 'ann@[IPv6:::1]' }, 'email_domain', /a host name, or an IPv4 address/],
      [{ phone: '+123' }, 'phone_format', /4 to 15 digits/],
      [{ phone: '+1234567890123456' }, 'phone_format', /4 to 15 digits/],
    ];
    for (const [traits, code, message] of refused) {
      const answer = await getApi().send('POST', '/v1/users', { body: createPerson(traits) });
      expect([answer.statusCode, answer.json().errors], answer.body).toEqual([
        422,
        [expect.objectContaining({ code, message: expect.stringMatching(message) })],
      ]);
    }
  });
});

describe('with strict rules, the default', () => {
  const getApi = useSharedApi('embedded', { env: patientHashing });

  test.each([
    [{ email: 'root@localhost' }, 'email_domain'],
    [{ email: 'ops@[192.0.2.1]' }, 'email_domain'],
    [{ email: 'some..one@mail.example' }, 'email_local_part'],
    [{ email: '"ann"@mail.example' }, 'email_local_part'],
    [{ phone: '+9991' }, 'phone_invalid'],
  ])('%j is refused', async (traits, code) => {
    const answer = await getApi().send('POST', '/v1/users', { body: createPerson(traits) });
    expect([answer.statusCode, answer.json().errors?.[0]?.code]).toEqual([422, code]);
  });

  test('the final dot of a domain makes no other account', async () => {
    const api = getApi();
    const person = createPerson({ email: 'Final.Dot@mail.example.' });
    const registered = await api.send('POST', '/v1/users', { body: person });
    expect([registered.statusCode, registered.json().email]).toEqual([
      201,
      'final.dot@mail.example',
    ]);
    for (const email of ['final.dot@mail.example', 'final.dot@mail.example.']) {
      expect((await api.trySignIn(email, person.password)).statusCode).toBe(201);
      const again = await api.send('POST', '/v1/users', { body: createPerson({ email }) });
      expect([again.statusCode, again.json().code]).toEqual([409, 'email_taken']);
    }
    const twice = await api.send('POST', '/v1/users', {
      body: createPerson({ email: 'final.dot@mail.example..' }),
    });
    expect([twice.statusCode, twice.json().errors?.[0]?.code]).toEqual([422, 'email_domain']);
  });
});
