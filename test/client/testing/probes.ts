import type { Setting } from './setting.ts';

/** A request to the fake and to the real service. */
export interface Probe {
  readonly method?: 'POST';
  readonly path: string | ((setting: Setting) => string);
  readonly credentials?: 'token' | 'endedToken' | 'key' | 'smallKey' | 'basic' | 'nonsense';
  readonly body?: (setting: Setting) => string;
  readonly contentType?: string;
}

const UNKNOWN = '00000000-0000-7000-8000-000000000000';
const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';
const post = (path: string, body: Probe['body'], more: Partial<Probe> = {}): Probe => ({
  ...{ method: 'POST', path, contentType: JSON_TYPE, credentials: 'key', ...more },
  ...(body === undefined ? {} : { body }),
});
const ids =
  (...names: ('ada' | 'disabled')[]) =>
  (setting: Setting): string =>
    JSON.stringify({ ids: [...names.map((name) => setting[name]), UNKNOWN] });

export const PROBES: Readonly<Record<string, Probe>> = {
  'the key set': { path: '/.well-known/jwks.json' },
  'the metadata': { path: '/.well-known/oauth-authorization-server' },
  'the metadata of OpenID': { path: '/.well-known/openid-configuration' },
  'no such address': { path: '/v1/no-such-thing' },
  'me without credentials': { path: '/v1/me' },
  'me with nonsense': { path: '/v1/me', credentials: 'nonsense' },
  me: { path: '/v1/me', credentials: 'token' },
  'me after the end of the session': { path: '/v1/me', credentials: 'endedToken' },
  'me with a key': { path: '/v1/me', credentials: 'key' },
  'a user with a key': { path: ({ ada }) => `/v1/users/${ada}`, credentials: 'key' },
  'a disabled user': { path: ({ disabled }) => `/v1/users/${disabled}`, credentials: 'key' },
  'a user by themselves': { path: ({ ada }) => `/v1/users/${ada}`, credentials: 'token' },
  'another user': { path: ({ disabled }) => `/v1/users/${disabled}`, credentials: 'token' },
  'an unknown user': { path: `/v1/users/${UNKNOWN}`, credentials: 'key' },
  'no id': { path: '/v1/users/nobody', credentials: 'key' },
  'public profiles with a token': post('/v1/public-profiles', ids('ada'), { credentials: 'token' }),
  'public profiles with a key': post('/v1/public-profiles', ids('ada', 'disabled')),
  'public profiles without ids': post('/v1/public-profiles', () => '{}'),
  'public profiles of nobody': post('/v1/public-profiles', () => '{"ids":[]}'),
  'public profiles of no id': post('/v1/public-profiles', () => '{"ids":["x"]}'),
  'public profiles of too many': post('/v1/public-profiles', () =>
    JSON.stringify({ ids: Array.from({ length: 501 }, () => UNKNOWN) }),
  ),
  'public profiles in no JSON': post('/v1/public-profiles', () => '{'),
  'a batch': post('/v1/users/batch', ids('ada', 'disabled'), { credentials: 'smallKey' }),
  'a batch with a token': post('/v1/users/batch', ids('ada'), { credentials: 'token' }),
  'the export': { path: '/v1/users/export', credentials: 'key' },
  'the export without the scope': { path: '/v1/users/export', credentials: 'smallKey' },
  'introspection of a token': post(
    '/v1/tokens/introspect',
    ({ token }) => new URLSearchParams({ token }).toString(),
    { contentType: FORM },
  ),
  'introspection of an ended session': post('/v1/tokens/introspect', ({ endedToken }) =>
    JSON.stringify({ token: endedToken }),
  ),
  'introspection with the key as a password': post('/v1/tokens/introspect', () => '{"token":"x"}', {
    credentials: 'basic',
  }),
  'introspection of nothing': post('/v1/tokens/introspect', () => '', { contentType: FORM }),
  'introspection without the scope': post('/v1/tokens/introspect', () => '{"token":"x"}', {
    credentials: 'smallKey',
  }),
  'events of users': { path: '/v1/events?types=user.*', credentials: 'key' },
  'events of a user': { path: ({ ada }) => `/v1/events?user=${ada}`, credentials: 'key' },
  'one event': { path: '/v1/events?limit=1', credentials: 'key' },
  'events of a position that was never': { path: '/v1/events?after=999999', credentials: 'key' },
  'events of another database': { path: '/v1/events?after=1-00000000', credentials: 'key' },
  'events after nonsense': { path: '/v1/events?after=zz', credentials: 'key' },
  'events with a wrong limit': { path: '/v1/events?limit=0', credentials: 'key' },
  'events with a wrong wait': { path: '/v1/events?wait=soon', credentials: 'key' },
  'events of an unknown type': { path: '/v1/events?types=no,-', credentials: 'key' },
  'events that do not come': { path: '/v1/events?after=latest&wait=10ms', credentials: 'key' },
  'events without the scope': { path: '/v1/events', credentials: 'smallKey' },
  revocations: { path: '/v1/revocations', credentials: 'key' },
  'revocations from the beginning': { path: '/v1/revocations?after=0', credentials: 'key' },
  'revocations of a gone position': { path: '/v1/revocations?after=77-1', credentials: 'key' },
  'revocations without the scope': { path: '/v1/revocations', credentials: 'smallKey' },
};
