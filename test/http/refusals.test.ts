import { describe, expect, test } from 'vitest';
import { ADA_TOKEN } from './support/fake-use-cases.ts';
import { listen, statusesIn, talk } from './support/raw-client.ts';

const LIVE = 'GET /health/live HTTP/1.1';
const POST = 'POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json';
const BEARER = `Authorization: Bearer ${ADA_TOKEN}`;
const CLOSE = 'Connection: close';
const NEXT = `\r\n\r\n${LIVE}\r\nHost: x\r\n${CLOSE}\r\n\r\n`;

const lines = (...head: readonly string[]) => `${head.join('\r\n')}\r\n\r\n`;

/** What, the bytes, status, code. Each closes its connection. */
const refused: readonly (readonly [string, string, number, string])[] = [
  ['no Host', lines(LIVE), 400, 'malformed_request'],
  ['two Hosts', lines(LIVE, 'Host: x', 'Host: x'), 400, 'malformed_request'],
  ['a Host with white space', lines(LIVE, 'Host: x y'), 400, 'malformed_request'],
  ['a Host with a path', lines(LIVE, 'Host: x/y'), 400, 'malformed_request'],
  ['HTTP/2.0', lines('GET /health/live HTTP/2.0', 'Host: x'), 400, 'malformed_request'],
  ['no version', lines('GET /health/live'), 400, 'malformed_request'],
  ['HTTP/1.2', lines('GET /health/live HTTP/1.2', 'Host: x'), 400, 'malformed_request'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'malformed_request'],
  [
    'two Authorizations',
    lines('GET /v1/me HTTP/1.1', 'Host: x', BEARER, BEARER),
    400,
    'malformed_request',
  ],
  [
    'two Authorizations on a public route',
    lines(LIVE, 'Host: x', BEARER, 'authorization: Basic eA=='),
    400,
    'malformed_request',
  ],
  [
    'two Content-Types',
    lines(POST, 'content-type: text/plain', 'Content-Length: 0'),
    400,
    'malformed_request',
  ],
  [
    'two Idempotency-Keys',
    lines(POST, 'Idempotency-Key: a', 'Idempotency-Key: b', 'Content-Length: 0'),
    400,
    'malformed_request',
  ],
  [
    'the same length twice',
    `${lines(POST, 'Content-Length: 2', 'Content-Length: 2')}{}`,
    400,
    'malformed_request',
  ],
  [
    'two transfer codings',
    `${lines(POST, 'Transfer-Encoding: gzip, chunked')}0\r\n\r\n`,
    400,
    'malformed_request',
  ],
  [
    'two transfer codings in two lines',
    `${lines(POST, 'Transfer-Encoding: gzip', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    400,
    'malformed_request',
  ],
  [
    'identity and chunked',
    `${lines(POST, 'Transfer-Encoding: identity, chunked')}0\r\n\r\n`,
    400,
    'malformed_request',
  ],
  [
    'chunked in HTTP/1.0',
    `${lines(POST.replace('1.1', '1.0'), 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    400,
    'malformed_request',
  ],
  [
    'an unknown expectation',
    lines(LIVE, 'Host: x', 'Expect: tea', CLOSE),
    417,
    'expectation_failed',
  ],
  [
    'too many header fields',
    lines(LIVE, 'Host: x', CLOSE, ...Array(99).fill('X-A: 1')),
    431,
    'headers_too_large',
  ],
  ['CONNECT', lines('CONNECT x:1 HTTP/1.1', 'Host: x'), 405, 'method_not_allowed'],
  ['TRACE', lines('TRACE /v1/me HTTP/1.1', 'Host: x', CLOSE), 405, 'method_not_allowed'],
  ['QUERY', lines('QUERY /v1/users HTTP/1.1', 'Host: x', CLOSE), 405, 'method_not_allowed'],
  ['QUERY elsewhere', lines('QUERY /v2 HTTP/1.1', 'Host: x', CLOSE), 404, 'not_found'],
  ['a new method', lines('FOO /v1/users?q=x HTTP/1.1', 'Host: x'), 405, 'method_not_allowed'],
  ['a new method elsewhere', lines('FOO /v2 HTTP/1.1', 'Host: x'), 404, 'not_found'],
  ['a method in lower case', lines('get /v1/me HTTP/1.1', 'Host: x'), 405, 'method_not_allowed'],
  ['OPTIONS *', lines('OPTIONS * HTTP/1.1', 'Host: x', CLOSE), 404, 'not_found'],
  [
    'a path parameter beyond the limit',
    lines(`GET /v1/users/${'x'.repeat(8_100)} HTTP/1.1`, 'Host: x', CLOSE),
    414,
    'uri_too_long',
  ],
  [
    'a header beyond the limit',
    lines(LIVE, 'Host: x', `X-Long: ${'x'.repeat(17_000)}`),
    431,
    'headers_too_large',
  ],
  ['a bare line feed in a header', `${LIVE}\nHost: x\n\n`, 400, 'malformed_request'],
  ['white space before the colon', lines(LIVE, 'Host : x'), 400, 'malformed_request'],
  ['a folded header', lines(LIVE, 'Host: x', 'X-A: 1', ' 2'), 400, 'malformed_request'],
];

describe('every refusal is a problem document with a log line', () => {
  test.each(refused)('%s', async (_what, bytes, status, code) => {
    const { port, lines: logged } = await listen();
    const received = await talk(port, bytes);
    const [head = '', body = ''] = received.split('\r\n\r\n', 2);
    expect(statusesIn(received)).toEqual([status]);
    const problem = JSON.parse(body);
    expect([problem.status, problem.code]).toEqual([status, code]);
    expect(head.toLowerCase()).toContain('content-type: application/problem+json');
    expect(head.toLowerCase()).toContain(`x-request-id: ${problem.request_id}`);
    if (status === 405) expect(head.toLowerCase()).toMatch(/\r\nallow: ?/);
    expect(logged.map(({ fields }) => [fields.request_id, fields.status, fields.code])).toEqual([
      [problem.request_id, status, code],
    ]);
  });

  test('bytes after an ambiguous request are not read as the next one', async () => {
    const { port } = await listen();
    const smuggled = `${POST}\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0${NEXT}`;
    expect(statusesIn(await talk(port, smuggled))).toEqual([400]);
  });

  test('an unknown method on a known path lists the methods of the path', async () => {
    const { port } = await listen();
    const received = await talk(port, lines('FOO /v1/users HTTP/1.1', 'Host: x'));
    expect(received).toMatch(/\r\nallow: GET, HEAD, POST\r\n/i);
  });
});

describe('what is not refused', () => {
  test.each([
    ['HTTP/1.0 without Host', lines('GET /health/live HTTP/1.0')],
    ['an empty Host', lines(LIVE, 'Host:', CLOSE)],
    ['an IPv6 Host with a port', lines(LIVE, 'Host: [::1]:8080', CLOSE)],
    ['a list field in two lines', lines(LIVE, 'Host: x', 'Accept: a/b', 'Accept: c/d', CLOSE)],
    [
      'two X-Forwarded-For',
      lines(LIVE, 'Host: x', 'X-Forwarded-For: a', 'X-Forwarded-For: b', CLOSE),
    ],
    ['Upgrade', lines(LIVE, 'Host: x', 'Connection: Upgrade, close', 'Upgrade: h2c')],
    ['100 header fields', lines(LIVE, 'Host: x', CLOSE, ...Array(98).fill('X-A: 1'))],
  ])('%s', async (_what, bytes) => {
    const { port } = await listen();
    expect(statusesIn(await talk(port, bytes))).toEqual([200]);
  });

  test('100-continue is answered before the response', async () => {
    const { port } = await listen();
    const bytes = `${lines(POST, 'Expect: 100-continue', CLOSE, 'Content-Length: 34')}{"email":"a@b.cc","password":"pass"}`;
    expect(statusesIn(await talk(port, bytes))[0]).toBe(100);
  });
});
