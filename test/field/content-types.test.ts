import { describe, expect, test } from 'vitest';
import { createPerson, patientHashing, useSharedApi } from '../support/api.ts';

const getApi = useSharedApi('embedded', { env: patientHashing });
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

function register(contentType: string, payload: string | Buffer = JSON.stringify(createPerson())) {
  return getApi().app.http.inject({
    method: 'POST',
    url: '/v1/users',
    headers: { 'content-type': contentType },
    payload,
  });
}

function introspect(key: string, payload: string | Buffer, contentType: string) {
  return getApi().app.http.inject({
    method: 'POST',
    url: '/v1/tokens/introspect',
    headers: { authorization: `Bearer ${key}`, 'content-type': contentType },
    payload,
  });
}

describe('the content type', () => {
  test.each([
    'application/json',
    'application/json;',
    'application/json ;',
    'application/json; ',
    'application/json; charset=utf8',
    'application/json; charset=UTF8',
    'application/json; charset=utf-8;',
    'application/json;;charset="utf-8"',
    'application/json; charset="UTF8"; ',
    'application/json; profile="x"',
    'application/json; profile="https://a.example/\\"b\\"; charset=latin1"; charset=utf-8',
    'application/json; odata.metadata=minimal; IEEE754Compatible=true',
    'Application/JSON\t;\tCharset=Utf-8',
  ])('%s is accepted', async (contentType) => {
    const answer = await register(contentType);
    expect(answer.statusCode, answer.body).toBe(201);
  });

  test.each([
    'application/json; charset=latin1',
    'application/json; charset=iso-8859-1',
    'application/json; charset="utf-16"',
    'application/json; charset=""',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json; profile="x"; charset=windows-1252',
  ])('%s is 415 for its charset', async (contentType) => {
    const answer = await register(contentType);
    expect([answer.statusCode, answer.json().code, answer.json().detail]).toEqual([
      415,
      'unsupported_media_type',
      'The charset of the body must be UTF-8.',
    ]);
  });

  test.each([
    'text/plain',
    'application/jsonp',
    'application/json; charset',
    'application/json; charset=utf-8 x',
    'application/json; profile="x',
    `application/json${'; '.repeat(2_000)}x`,
  ])('%s is 415 for its type', async (contentType) => {
    const answer = await register(contentType);
    expect([answer.statusCode, answer.json().detail]).toEqual([
      415,
      'The body must be application/json.',
    ]);
  });
});

describe('a byte order mark', () => {
  test('before a JSON body is dropped', async () => {
    const person = createPerson({ first_name: 'Zoë' });
    const answer = await register(
      'application/json',
      Buffer.concat([BYTE_ORDER_MARK, Buffer.from(JSON.stringify(person))]),
    );
    expect([answer.statusCode, answer.json().first_name]).toEqual([201, 'Zoë']);
  });

  test('before a form is dropped', async () => {
    const { key } = await getApi().createService('tokens:introspect');
    const payload = Buffer.concat([BYTE_ORDER_MARK, Buffer.from('token=x')]);
    const answer = await introspect(key, payload, 'application/x-www-form-urlencoded');
    expect([answer.statusCode, answer.json()]).toEqual([200, { active: false }]);
  });

  test('alone is no body', async () => {
    const answer = await register('application/json', BYTE_ORDER_MARK);
    expect([answer.statusCode, answer.json().detail]).toEqual([400, 'A body is required.']);
  });
});

describe('what is sent twice is refused, never decided', () => {
  test('a key of a JSON body, also in another spelling', async () => {
    const json = '{"email":"a@b.example","\\u0065mail":"c@d.example"}';
    const answer = await register('application/json', json);
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'malformed_request']);
    expect(answer.json().detail).toContain('/email');
  });

  test('a field of a form', async () => {
    const { key } = await getApi().createService('tokens:introspect');
    const form = 'application/x-www-form-urlencoded';
    for (const payload of ['token=a&token=b', 'token=a&%74oken=a', 'token=a&token=']) {
      const answer = await introspect(key, payload, form);
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'malformed_request']);
    }
  });

  test.each([
    'email=a@b.example&email=c@d.example',
    'limit=1&limit=2',
    'q=a&%71=b',
    'limit=1&limit=1',
  ])('a parameter of a query: %s', async (query) => {
    const { key } = await getApi().createService('users:read');
    const answer = await getApi().send('GET', `/v1/users?${query}`, { token: key });
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'validation_failed']);
    expect(answer.json().errors[0].code).toBe('wrong_type');
  });
});
