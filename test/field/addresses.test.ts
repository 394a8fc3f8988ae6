import { expect, test } from 'vitest';
import { createPerson, patientHashing, useSharedApi } from '../support/api.ts';

const getApi = useSharedApi('embedded', { env: patientHashing });

/** As keyboards of phones, copied cells and autofill add it. */
const AROUND: readonly [string, string][] = [
  ['', ' '],
  [' ', ''],
  ['\t', '\r\n'],
  ['\u00A0', '\u00A0'],
];

test('white space around an address is dropped at every door', async () => {
  const api = getApi();
  const { key } = await api.createService('users:read', 'users:write');
  for (const [index, [before, after]] of AROUND.entries()) {
    const person = createPerson({ email: `${before}First.${index}@Mail.example${after}` });
    const registered = await api.send('POST', '/v1/users', { body: person });
    expect([registered.statusCode, registered.json().email]).toEqual([
      201,
      `first.${index}@mail.example`,
    ]);
    const email = `second.${index}@mail.example`;
    const changed = await api.send('PATCH', `/v1/users/${registered.json().id}`, {
      token: key,
      body: { email: `${before}${email}${after}` },
    });
    expect([changed.statusCode, changed.json().email]).toEqual([200, email]);
    const found = await api.send(
      'GET',
      `/v1/users?email=${encodeURIComponent(`${before}${email}${after}`)}`,
      { token: key },
    );
    expect(found.json().users).toMatchObject([{ email }]);
    const signedIn = await api.trySignIn(`${before}${email}${after}`, person.password);
    expect(signedIn.statusCode).toBe(201);
    const again = await api.send('POST', '/v1/users', {
      body: createPerson({ email: `${email}${after} ` }),
    });
    expect([again.statusCode, again.json().code]).toEqual([409, 'email_taken']);
  }
});

test.each(['ada lovelace@mail.example', 'ada@ mail.example', 'ada @mail.example', 'a@m.example b'])(
  'white space inside an address is named: %s',
  async (email) => {
    const answer = await getApi().send('POST', '/v1/users', { body: createPerson({ email }) });
    expect([answer.statusCode, answer.json().errors]).toEqual([
      422,
      [
        {
          pointer: '/email',
          code: 'email_white_space',
          message: 'Must have no white space inside.',
        },
      ],
    ]);
  },
);
