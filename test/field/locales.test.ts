import { describe, expect, test } from 'vitest';
import { createPerson, patientHashing, useSharedApi } from '../support/api.ts';

describe('the locale of a user', () => {
  const getApi = useSharedApi('embedded', { env: patientHashing });

  async function registered(traits: object = {}) {
    const api = getApi();
    const answer = await api.send('POST', '/v1/users', { body: { ...createPerson(), ...traits } });
    expect(answer.statusCode, answer.body).toBe(201);
    return answer.json();
  }

  test('is optional, and stored in its canonical form', async () => {
    expect((await registered()).locale).toBeNull();
    expect((await registered({ locale: null })).locale).toBeNull();
    expect((await registered({ locale: 'PT-br' })).locale).toBe('pt-BR');
  });

  test('stays when a client that does not know it replaces the user', async () => {
    const api = getApi();
    const { key: token } = await api.createService('users:read', 'users:write');
    const user = await registered({ locale: 'ar' });
    const { first_name, last_name, email } = user;
    const url = `/v1/users/${user.id}`;
    const { headers } = await api.send('GET', url, { token });
    const replaced = await api.send('PUT', url, {
      token,
      headers: { 'if-match': String(headers.etag) },
      body: { first_name: 'Other', last_name, email, phone: null },
    });
    expect([replaced.statusCode, replaced.json().locale]).toEqual([200, 'ar']);
    const patched = await api.send('PATCH', url, { token, body: { first_name } });
    expect([patched.statusCode, patched.json().locale]).toEqual([200, 'ar']);
    const removed = await api.send('PATCH', url, { token, body: { locale: null } });
    expect([removed.statusCode, removed.json().locale]).toEqual([200, null]);
  });

  test.each(['de_DE', '', 'english please', 'x'.repeat(36), 'de\u0000'])(
    '%j is refused with the name of the field and its rule',
    async (locale) => {
      const answer = await getApi().send('POST', '/v1/users', {
        body: { ...createPerson(), locale },
      });
      expect(answer.statusCode).toBe(422);
      expect(answer.json().errors).toEqual([
        {
          pointer: '/locale',
          code: 'locale_invalid',
          message: 'Must be a BCP 47 language tag of at most 35 characters, such as de or pt-BR.',
        },
      ]);
    },
  );
});
