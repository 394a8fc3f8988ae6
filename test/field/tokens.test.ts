import { describe, expect, test } from 'vitest';
import { patientHashing, useSharedApi } from '../support/api.ts';

const getApi = useSharedApi('embedded', { env: patientHashing });
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Other spellings that a lenient decoder reads as the same bytes: padding, spare bits, alphabet, white space. */
function otherSpellings(token: string): string[] {
  const last = BASE64URL.indexOf(token.at(-1) ?? '');
  const head = token.slice(0, -1);
  const middle = Math.floor(token.length / 2);
  return [
    ...[1, 2, 4, 8, 15].map((bits) => head + BASE64URL[last ^ bits]),
    ...['=', '==', ' ', '\n', '\t', '.', '\0'].map((end) => token + end),
    ...[' ', '\n'].map((start) => start + token),
    `${token.slice(0, middle)}\n${token.slice(middle)}`,
    `${token.slice(0, middle)} ${token.slice(middle)}`,
    token.replaceAll('-', '+').replaceAll('_', '/'),
  ].filter((spelling) => spelling !== token);
}

describe('a token has one spelling:', () => {
  test('an access token', async () => {
    const { access_token: token } = await getApi().signIn(await getApi().register());
    const { key } = await getApi().createService('tokens:introspect');
    const isActive = async (spelling: string) => {
      const sent = { token: key, body: { token: spelling } };
      return (await getApi().send('POST', '/v1/tokens/introspect', sent)).json().active;
    };
    expect(await isActive(token)).toBe(true);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const padded = [
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}=.${signature}`,
      `${header}.${payload}.${signature}==`,
      `${header} .${payload}.${signature}`,
    ];
    for (const spelling of [...otherSpellings(token), ...padded]) {
      expect([spelling, await isActive(spelling)]).toEqual([spelling, false]);
    }
    // A header value cannot hold a line break, and its parser drops white space around it.
    for (const spelling of [...padded, ...otherSpellings(token)].filter(
      (each) => !/\s|\0/.test(each),
    ))
      expect([spelling, await getApi().statusOf(spelling)]).toEqual([spelling, 401]);
  });

  test('a refresh token', async () => {
    const { refresh_token: token } = await getApi().signIn(await getApi().register());
    for (const spelling of otherSpellings(token)) {
      const answer = await getApi().tryRefresh(spelling);
      expect([spelling, answer.statusCode]).toEqual([spelling, 401]);
    }
    expect((await getApi().tryRefresh(token)).statusCode).toBe(200);
  });

  test('a service key', async () => {
    const { key } = await getApi().createService('users:read');
    const statusOf = async (token: string) =>
      (await getApi().send('GET', '/v1/users', { token })).statusCode;
    expect(await statusOf(key)).toBe(200);
    for (const spelling of otherSpellings(key).filter((each) => !/\s|\0/.test(each))) {
      expect([spelling, await statusOf(spelling)]).toEqual([spelling, 401]);
    }
  });

  test('a cursor', async () => {
    await getApi().register();
    await getApi().register();
    const { key } = await getApi().createService('users:read');
    const page = async (cursor: string) =>
      (await getApi().send('GET', `/v1/users?limit=1${cursor}`, { token: key })).json();
    const { next_cursor: cursor } = await page('');
    expect((await page(`&cursor=${cursor}`)).users).toHaveLength(1);
    const content = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const rewritten = [
      JSON.stringify(content, null, 1),
      JSON.stringify({ ...content, x: 1 }),
      JSON.stringify({ list: content.list, after: content.after }),
      JSON.stringify({ ...content, after: content.after.toUpperCase() }),
    ].map((text) => Buffer.from(text).toString('base64url'));
    for (const spelling of [...otherSpellings(cursor), ...rewritten]) {
      const answer = await page(`&cursor=${encodeURIComponent(spelling)}`);
      expect([spelling, answer.errors?.[0]?.code]).toEqual([spelling, 'cursor_invalid']);
    }
  });
});

describe('introspection (RFC 7662)', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };

  async function introspect(fields: string, scheme = 'Bearer') {
    const api = getApi();
    const { access_token: token } = await api.signIn(await api.register());
    const { key } = await api.createService('tokens:introspect');
    return await api.app.http.inject({
      method: 'POST',
      url: '/v1/tokens/introspect',
      headers: { ...form, authorization: `${scheme} ${key}` },
      payload: `token=${token}${fields}`,
    });
  }

  test.each([
    '',
    '&token_type_hint=access_token',
    '&token_type_hint=refresh_token',
    '&token_type_hint=unknown',
    '&token_type_hint=',
    '&client_id=orders&client_secret=x&resource=https://a.example',
    '&x=',
  ])('ignores what it does not know: %j', async (fields) => {
    const answer = await introspect(fields);
    expect([answer.statusCode, answer.json().active]).toEqual([200, true]);
  });

  test.each(['bearer', 'BEARER', 'bEaReR'])('the scheme can be written %s', async (scheme) => {
    expect((await introspect('', scheme)).json().active).toBe(true);
  });

  test('ignores unknown members of a JSON body', async () => {
    const { key } = await getApi().createService('tokens:introspect');
    const body = { token: 'x', client_id: 'orders', nested: { a: [1] } };
    const answer = await getApi().send('POST', '/v1/tokens/introspect', { token: key, body });
    expect([answer.statusCode, answer.json()]).toEqual([200, { active: false }]);
  });

  test('an empty token is a missing one', async () => {
    const { key } = await getApi().createService('tokens:introspect');
    const answer = await getApi().app.http.inject({
      method: 'POST',
      url: '/v1/tokens/introspect',
      headers: { ...form, authorization: `Bearer ${key}` },
      payload: 'token=',
    });
    expect([answer.statusCode, answer.json().errors]).toMatchObject([
      422,
      [{ pointer: '/token', code: 'required' }],
    ]);
  });
});
