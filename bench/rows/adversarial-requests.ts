import { BODY_LIMIT_BYTES } from '../../src/interfaces/api/request-json.ts';
import type { Route } from '../../src/interfaces/http/route.ts';
import { adversarialBodies } from './adversarial-bodies.ts';

/** A request that is meant to cost much. */
export interface AdversarialRequest {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: Buffer;
}

/** Below the limits of the target (8,000 bytes) and of all headers (16 KiB). */
const QUERY_BYTES = 7_900;
const HEADER_BYTES = 15_000;
/** The largest number of header fields is 100. */
const HEADER_FIELDS = 90;

/** All requests for a route. @param accessToken valid, for routes that are not public */
export function adversarialRequests(
  route: Route,
  accessToken: string,
): readonly AdversarialRequest[] {
  const method = route.method as 'GET' | 'POST';
  const authorization = route.access === 'public' ? {} : { authorization: `Bearer ${accessToken}` };
  const json = { 'content-type': 'application/json' };
  const limit = route.body?.limitBytes ?? BODY_LIMIT_BYTES;
  const small = method === 'GET' ? {} : { payload: Buffer.from('{}') };
  const plain = { method, url: route.path, headers: { ...authorization, ...json }, ...small };
  return [
    { ...plain, name: 'an empty object or no body' },
    ...Object.entries(queries()).map(([name, query]) => ({
      ...plain,
      name: `query: ${name}`,
      url: `${route.path}?${query}`,
    })),
    ...Object.entries(headers()).map(([name, long]) => ({
      ...plain,
      name: `header: ${name}`,
      headers: { ...plain.headers, ...long },
    })),
    ...adversarialBodies(route, limit).map(({ name, body }) => ({
      ...plain,
      name: `body: ${name}`,
      payload: body,
    })),
  ];
}

function queries(): Record<string, string> {
  const repeat = (unit: string): string =>
    unit.repeat(Math.floor(QUERY_BYTES / unit.length)).slice(0, QUERY_BYTES);
  return {
    'one key repeated': repeat('q=1&'),
    'different keys': Array.from({ length: 1_400 }, (_, at) => `${at.toString(36)}=`)
      .join('&')
      .slice(0, QUERY_BYTES),
    'separators alone': repeat('&'),
    'equals signs': repeat('='),
    'encoded text': `q=${repeat('%ef%b7%ba')}`.slice(0, QUERY_BYTES),
    'broken encoding': `q=${repeat('%e')}`,
    'plus signs': `q=${repeat('+')}`,
  };
}

function headers(): Record<string, Record<string, string>> {
  const long = (unit: string): string => unit.repeat(Math.floor(HEADER_BYTES / unit.length));
  const jwt = (part: string): string =>
    `Bearer ${[part, part, part].map((text) => Buffer.from(text).toString('base64url')).join('.')}`;
  const deepHeader = `{"alg":"EdDSA","typ":"at+jwt","kid":"k","x":${'['.repeat(400)}${']'.repeat(400)}}`;
  return {
    'long Authorization': { authorization: `Bearer ${long('a')}` },
    'Authorization of spaces': { authorization: `Bearer ${long(' ')}x` },
    'Authorization of equals signs': { authorization: `Bearer a${long('=')}x` },
    'Authorization of dots': { authorization: `Bearer ${long('a.')}` },
    'a forged token at its limit': { authorization: jwt(deepHeader) },
    'a long service key': { authorization: `Bearer usk_${long('a')}` },
    'long User-Agent': { 'user-agent': long('a/1 (') },
    'long X-Request-Id': { 'x-request-id': long('a') },
    'long If-None-Match': { 'if-none-match': long('"1",') },
    'long Content-Type': { 'content-type': `application/json${long(' ')}x` },
    'long X-Forwarded-For': { 'x-forwarded-for': long('::1,') },
    'long traceparent': { traceparent: long('00-'), tracestate: 'a=1' },
    'many fields': Object.fromEntries(
      Array.from({ length: HEADER_FIELDS }, (_, at) => [`x-${at}`, 'a'.repeat(150)]),
    ),
  };
}
