import { describe, expect, test } from 'vitest';
import { type Account, patientHashing, useSharedApi } from '../support/api.ts';

// The client of an injected request has the address 127.0.0.1.
const getApi = useSharedApi('embedded', {
  env: {
    SERVER_TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8,2001:db8:ffff::/48',
    ...patientHashing,
  },
});

let account: Account | undefined;

/** The address that the session list shows for a sign-in with these headers. */
async function signInAddress(headers: Record<string, string>): Promise<string | null> {
  const api = getApi();
  account ??= await api.register();
  const answer = await api.send('POST', '/v1/sessions', {
    body: { email: account.email, password: account.password },
    headers,
  });
  expect(answer.statusCode, answer.body).toBe(201);
  const { access_token: token } = answer.json();
  const { sessions } = (await api.send('GET', '/v1/sessions', { token })).json();
  return sessions.find(({ current }: { current: boolean }) => current).ip;
}

describe('X-Forwarded-For', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:51234', '203.0.113.7'],
    ['"203.0.113.7"', '203.0.113.7'],
    ['"203.0.113.7:51234"', '203.0.113.7'],
    [' 203.0.113.7 ,\t10.0.0.1:80', '203.0.113.7'],
    ['203.0.113.7:51234, 10.0.0.1:80, [2001:db8:ffff::1]:443', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7:9, 10.0.0.1:80', '203.0.113.7'],
    ['203.0.113.7,, 10.0.0.1,', '203.0.113.7'],
    ['"192.0.2.1, 203.0.113.7:51234', '203.0.113.7'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:DB8:0:0::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:0:1:443', '2001:db8::1'],
    ['[fe80::1%eth0]:443', 'fe80::1'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['[::FFFF:203.0.113.7]:443', '203.0.113.7'],
    ['::ffff:203.0.113.7:51234', '203.0.113.7'],
    ['[::ffff:cb00:7107]:443', '203.0.113.7'],
    ['203.0.113.7, ::ffff:10.0.0.1', '203.0.113.7'],
    ['10.0.0.2:1, 10.0.0.1:80', '10.0.0.2'],
    ['unknown', null],
    ['203.0.113.7, unknown, 10.0.0.1', null],
    ['203.0.113.7, _hidden:80', null],
    ['203.0.113.7:', null],
    ['203.0.113.7:123456', null],
    ['203.0.113.007', null],
    ['[203.0.113.7', null],
    ['"203.0.113.7', null],
    ['example.com:80', null],
  ])('%j is the client %j', async (header, address) => {
    expect(await signInAddress({ 'x-forwarded-for': header })).toBe(address);
  });
});

describe('Forwarded (RFC 7239)', () => {
  test.each([
    ['for=203.0.113.7', '203.0.113.7'],
    ['For="203.0.113.7:51234"', '203.0.113.7'],
    ['for=203.0.113.7:51234', '203.0.113.7'],
    ['proto=https;FOR="[2001:db8::1]:443";by=10.0.0.1', '2001:db8::1'],
    ['for="[2001:DB8::1]:_port1"', '2001:db8::1'],
    ['for=192.0.2.1, for=203.0.113.7;host="a.example", for="10.0.0.1:80"', '203.0.113.7'],
    ['for="192.0.2.1, for="203.0.113.7:51234"', '203.0.113.7'],
    ['for="203.\\0.113.7"', '203.0.113.7'],
    ['for=unknown', null],
    ['for="_hidden"', null],
    ['for=203.0.113.7, for=_SEVKISEK, for=10.0.0.1', null],
    ['proto=https', null],
    ['for=203.0.113.7;for=192.0.2.1', null],
    ['for="203.0.113.7', null],
  ])('%s is the client %j', async (header, address) => {
    expect(await signInAddress({ forwarded: header })).toBe(address);
  });

  test('does not count beside X-Forwarded-For', async () => {
    const headers = { forwarded: 'for=192.0.2.1', 'x-forwarded-for': '203.0.113.7:1' };
    expect(await signInAddress(headers)).toBe('203.0.113.7');
  });
});

test('the client behind more than 100 trusted hops has no address', async () => {
  const chain = (hops: number) => `203.0.113.7${', 10.0.0.1:80'.repeat(hops)}`;
  expect(await signInAddress({ 'x-forwarded-for': chain(99) })).toBe('203.0.113.7');
  expect(await signInAddress({ 'x-forwarded-for': chain(100) })).toBeNull();
});
