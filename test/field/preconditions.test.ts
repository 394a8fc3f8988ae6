import { beforeAll, describe, expect, test } from 'vitest';
import { patientHashing, useSharedApi } from '../support/api.ts';

const getApi = useSharedApi('embedded', { env: patientHashing });
let url = '';
let token = '';
let version = 0;

beforeAll(async () => {
  const account = await getApi().register();
  token = (await getApi().signIn(account)).access_token;
  url = `/v1/users/${account.id}`;
  version = 1;
});

function patch(ifMatch: string) {
  const headers = { 'if-match': ifMatch };
  return getApi().send('PATCH', url, { token, headers, body: { first_name: 'Ada' } });
}

/** As nginx, Apache, Caddy, Jetty and others send on the ETag "1" of a response that they compress. */
const MARKED = [
  'W/"1"',
  '"1-gzip"',
  '"1-br"',
  '"1-zstd"',
  '"1--gzip"',
  '"1;gzip"',
  '"1:gzip"',
  '"1.gzip"',
  '"1-GZIP"',
  'W/"1-gzip"',
];

/** No version, or one with a mark that no proxy makes. */
const OTHERS = ['"1-gzip-1"', '"1gzip"', '"1-2"', '"01"', '"abc"', '"-gzip"', 'W/"x"', '""'];

describe('If-Match behind a proxy that compresses', () => {
  test.each(MARKED)('%s of the current version is accepted', async (tag) => {
    const answer = await patch(tag.replace('1', String(version)));
    expect(answer.statusCode, answer.body).toBe(200);
    version = answer.json().version;
  });

  test.each(MARKED)('%s of another version is 412', async (tag) => {
    const answer = await patch(tag.replace('1', String(version + 1)));
    expect([answer.statusCode, answer.json().code]).toEqual([412, 'version_mismatch']);
    expect(answer.json().detail).toBe('The user has changed since that version was read.');
  });

  test.each(OTHERS)('%s is 412 with a hint at the proxy', async (tag) => {
    const answer = await patch(tag);
    expect([answer.statusCode, answer.json().code]).toEqual([412, 'version_mismatch']);
    expect(answer.json().detail).toContain('a proxy may have replaced it');
  });
});

describe('If-None-Match behind a proxy that compresses', () => {
  const read = (ifNoneMatch: string) =>
    getApi().send('GET', url, { token, headers: { 'if-none-match': ifNoneMatch } });

  test.each(MARKED)('%s of the current version is 304', async (tag) => {
    const answer = await read(tag.replace('1', String(version)));
    expect([answer.statusCode, answer.headers.etag]).toEqual([304, `"${version}"`]);
  });

  test.each([...MARKED.map((tag) => tag.replace('1', '999')), ...OTHERS])(
    '%s is 200',
    async (tag) => {
      expect((await read(tag)).statusCode).toBe(200);
    },
  );
});
