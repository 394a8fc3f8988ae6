import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fakeUserService, startUserService, type TestService } from '@user-service/client/testing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The same users, sessions and keys on the fake and on the real service. */
interface Setting {
  readonly service: TestService;
  readonly ada: string;
  readonly disabled: string;
  readonly token: string;
  readonly endedToken: string;
  readonly key: string;
  /** With the scope `users:read` only. */
  readonly smallKey: string;
}

interface Probe {
  readonly method?: 'POST';
  readonly path: string | ((setting: Setting) => string);
  readonly credentials?: 'token' | 'endedToken' | 'key' | 'smallKey' | 'nonsense';
  readonly body?: (setting: Setting) => string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
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

const PROBES: Readonly<Record<string, Probe>> = {
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

let settings: readonly Setting[] = [];

beforeAll(async () => {
  settings = await Promise.all([settingOfTheFake(), settingOfTheRealService()]);
});

afterAll(async () => void (await Promise.all(settings.map(({ service }) => service.stop()))));

it.each(Object.entries(PROBES))(
  'the fake answers as the service does: %s',
  async (_name, probe) => {
    const [fake, real] = await Promise.all(settings.map((setting) => answer(setting, probe)));
    expect(fake).toEqual(real);
  },
);

it('answers by the published schemas', async () => {
  const [setting] = settings;
  const faults: string[] = [];
  for (const [name, probe] of Object.entries(PROBES)) {
    if (setting === undefined) throw new Error('the fake did not start');
    const { status, type, values } = await send(setting, probe);
    const validate = validatorOf(probe, setting, status, type);
    if (validate === undefined) continue;
    for (const value of values.filter((one) => !isPosition(one))) {
      if (!validate(value)) faults.push(`${name}: ${JSON.stringify(validate.errors)}`);
    }
  }
  expect(faults).toEqual([]);
});

async function settingOfTheFake(): Promise<Setting> {
  const service = await fakeUserService();
  const ada = service.addUser({ first_name: 'Ada' });
  service.updateUser(ada, { phone: '+14155552671' });
  const disabled = service.addUser({ first_name: 'Bo' });
  service.disable(disabled);
  const endedToken = service.tokenFor(ada);
  service.endSession(endedToken);
  const keys = await keysOf(service);
  return {
    service,
    ada: ada.id,
    disabled: disabled.id,
    token: service.tokenFor(ada),
    endedToken,
    ...keys,
  };
}

async function settingOfTheRealService(): Promise<Setting> {
  const service = await startUserService({ program: join(root, 'bin', 'user-service.cjs') });
  const keys = await keysOf(service);
  const ada = await service.addUser({ first_name: 'Ada' });
  const disabled = await service.addUser({ first_name: 'Bo' });
  await call(`${service.url}/v1/users/${ada.id}`, keys.key, 'PATCH', '{"phone":"+14155552671"}');
  await call(
    `${service.url}/v1/users/${disabled.id}/disable`,
    keys.key,
    'POST',
    '{"reason":"a test"}',
  );
  const endedToken = await service.tokenFor(ada);
  await call(`${service.url}/v1/sessions/current`, endedToken, 'DELETE');
  const token = await service.tokenFor(ada);
  return { service, ada: ada.id, disabled: disabled.id, token, endedToken, ...keys };
}

async function keysOf(service: TestService) {
  const { key } = await service.createServiceAccount();
  const { key: smallKey } = await service.createServiceAccount(['users:read']);
  return { key, smallKey };
}

async function call(url: string, credentials: string, method: string, body?: string) {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${credentials}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
  });
  expect(response.ok, await response.text()).toBe(true);
}

async function send(setting: Setting, probe: Probe) {
  const path = typeof probe.path === 'string' ? probe.path : probe.path(setting);
  const { credentials, contentType } = probe;
  const secret = credentials === 'nonsense' ? 'nonsense' : credentials && setting[credentials];
  const body = probe.body?.(setting);
  const response = await fetch(setting.service.url + path, {
    method: probe.method ?? 'GET',
    headers: {
      ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const text = await response.text();
  const lines = type === 'application/x-ndjson' ? text.trimEnd().split('\n') : [text];
  const values = lines.filter((line) => line !== '').map((line): unknown => JSON.parse(line));
  return { status: response.status, type, headers: response.headers, values };
}

interface Problem {
  readonly code: string;
  readonly title: string;
  readonly errors?: readonly object[];
}

/** What a client can rely on, without the values that differ from one service to the next. */
async function answer(setting: Setting, probe: Probe) {
  const { status, type, headers, values } = await send(setting, probe);
  const [first] = values;
  const isProblem = type === 'application/problem+json';
  const problem = isProblem ? (first as Problem) : undefined;
  return {
    ...{ status, type },
    cacheControl: headers.get('cache-control'),
    challenge: headers.get('www-authenticate'),
    hasTag: headers.has('etag'),
    link: headers.get('link')?.replaceAll(/[0-9a-f-]{8,}|(?<=after=)[0-9a-f-]+/g, '…') ?? null,
    code: problem?.code,
    title: problem?.title,
    faults: problem?.errors?.map((fault) => ({ ...fault, message: undefined })),
    shapes: [...new Set(values.map((value) => JSON.stringify(shapeOf(value))))].sort(),
  };
}

/** Keys and types of a value; of an array the shapes of its elements, each once. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    const shapes = value.map((element) => JSON.stringify(shapeOf(element)));
    return [...new Set(shapes)].sort();
  }
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, shapeOf(inner)]),
  );
}

interface OpenApi {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<Record<string, { readonly responses: Readonly<Record<string, object>> }>>
    >
  >;
}

const openApi = JSON.parse(readFileSync(join(root, 'docs/openapi.json'), 'utf8')) as OpenApi;
const ajv = new Ajv2020({ strict: false, validateFormats: false, discriminator: false });
ajv.addSchema(openApi, 'openapi');

function validatorOf(probe: Probe, setting: Setting, status: number, type: string) {
  const text = typeof probe.path === 'string' ? probe.path : probe.path(setting);
  const [pathname = ''] = text.split('?');
  const path = pathname in openApi.paths ? pathname : '/v1/users/{id}';
  const method = probe.method?.toLowerCase() ?? 'get';
  if (pathname === '/v1/no-such-thing') return undefined;
  const response = follow(openApi.paths[path]?.[method]?.responses[status]);
  const content = response as { content?: Readonly<Record<string, { schema: object }>> };
  const schema = content.content?.[type]?.schema;
  expect(schema, `${method} ${path} ${status} ${type}`).toBeDefined();
  return ajv.compile(rooted(schema ?? {}) as object);
}

/** A response, by its reference. */
function follow(value: unknown): unknown {
  const reference = (value as { $ref?: string } | undefined)?.$ref;
  if (reference === undefined) return value;
  let found: unknown = openApi;
  for (const name of reference.split('/').slice(1))
    found = (found as Record<string, unknown>)[name];
  return found;
}

/** The schema with references that lead into the whole document. */
function rooted(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(rooted);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string' ? `openapi${value}` : rooted(value),
    ]),
  );
}

function isPosition(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === 'position';
}
