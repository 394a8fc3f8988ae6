import { expect, test } from 'vitest';
import { ADA_TOKEN, SERVICE_KEY } from './support/fake-use-cases.ts';
import { createTestServer } from './support/test-server.ts';

/** The other places of RFC 6750 §2, and those that programs invent. A URL ends up in logs and histories. */
const elsewhere = (token: string) => [
  { url: `/v1/sessions?access_token=${token}` },
  { url: `/v1/sessions?token=${token}` },
  { url: '/v1/sessions', headers: { cookie: `access_token=${token}; token=${token}` } },
  { url: '/v1/sessions', headers: { 'x-api-key': token, 'x-access-token': token } },
  { url: '/v1/sessions', headers: { 'proxy-authorization': `Bearer ${token}` } },
  { url: `http://user:${token}@127.0.0.1/v1/sessions` },
  {
    method: 'POST' as const,
    url: '/v1/public-profiles',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: `access_token=${token}`,
  },
];

test.each([
  ['an access token', ADA_TOKEN],
  ['a service key', SERVICE_KEY],
])('%s counts in the Authorization header only', async (_what, token) => {
  const { server } = await createTestServer();
  for (const request of elsewhere(token)) {
    const answer = await server.inject(request);
    expect([answer.statusCode, answer.json().code], request.url).toEqual([401, 'unauthenticated']);
    expect(answer.body, request.url).not.toContain(token);
  }
});
