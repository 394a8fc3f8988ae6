import type { Caller, FakeAccess } from './fake-access.ts';
import {
  type FakeAnswer,
  FakeProblem,
  type FakeRequest,
  json,
  ndjson,
  refuseField,
} from './fake-answers.ts';
import type { FakeClock } from './fake-clock.ts';
import type { FakeEvents } from './fake-events.ts';
import { readEvents, readRevocations } from './fake-feeds.ts';
import type { FakeRevocations } from './fake-revocations.ts';
import type { FakeUsers } from './fake-users.ts';
import { ALL_SCOPES, type TestUser } from './types.ts';

export interface FakeParts {
  readonly clock: FakeClock;
  readonly users: FakeUsers;
  readonly access: FakeAccess;
  readonly events: FakeEvents;
  readonly revocations: FakeRevocations;
  readonly issuer: () => string;
}

type Handler = (request: FakeRequest, parts: FakeParts) => FakeAnswer | Promise<FakeAnswer>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MAX_IDS = 500;

const ROUTES: Readonly<Record<string, Handler>> = {
  'GET /.well-known/jwks.json': (_request, { access }) =>
    json(access.tokens.keySet(), { 'cache-control': 'public, max-age=300' }),
  'GET /.well-known/oauth-authorization-server': metadata,
  'GET /.well-known/openid-configuration': metadata,
  'POST /v1/tokens/introspect': (request, parts) => {
    requireScope(request, parts, 'tokens:introspect');
    return json(introspect(request, parts));
  },
  'GET /v1/me': (request, parts) => {
    const caller = authenticate(request, parts);
    if (caller.kind !== 'user') throw new FakeProblem('forbidden');
    return showUser(parts.users.find(caller.userId));
  },
  'POST /v1/public-profiles': (request, parts) => {
    const caller = authenticate(request, parts);
    if (caller.kind === 'service') requireScope(request, parts, 'users:read');
    const { users, missing } = findMany(request, parts);
    const profiles = users.map(({ id, first_name, last_name }) => ({ id, first_name, last_name }));
    return json({ profiles, missing });
  },
  'POST /v1/users/batch': (request, parts) => {
    requireScope(request, parts, 'users:read');
    return json(findMany(request, parts));
  },
  'GET /v1/users/export': (request, parts) => {
    requireScope(request, parts, 'users:admin');
    return ndjson([...parts.users.list(), { position: parts.events.log.newest() }]);
  },
  'GET /v1/events': async (request, parts) => {
    requireScope(request, parts, 'events:read');
    return await readEvents(parts.events.log, parts.clock, request);
  },
  'GET /v1/revocations': async (request, parts) => {
    requireScope(request, parts, 'tokens:introspect');
    const { revocations, clock } = parts;
    return await readRevocations(revocations.log, clock, () => revocations.current(), request);
  },
};

/** @throws FakeProblem for every refusal */
export async function answerRequest(request: FakeRequest, parts: FakeParts): Promise<FakeAnswer> {
  const { pathname } = request.url;
  const handler = ROUTES[`${request.method} ${pathname}`];
  if (handler !== undefined) return await handler(request, parts);
  const [, id] = /^\/v1\/users\/([^/]+)$/.exec(pathname) ?? [];
  if (request.method === 'GET' && id !== undefined) return getUser(id, request, parts);
  throw new FakeProblem('not_found');
}

function getUser(id: string, request: FakeRequest, parts: FakeParts): FakeAnswer {
  const caller = authenticate(request, parts);
  if (!UUID.test(id)) refuseField('/path/id', 'wrong_format', 'Must be a UUID.');
  if (caller.kind === 'service') requireScope(request, parts, 'users:read');
  const isVisible = caller.kind === 'service' || caller.userId === id.toLowerCase();
  return showUser(isVisible ? parts.users.find(id.toLowerCase()) : undefined);
}

function showUser(user: TestUser | undefined): FakeAnswer {
  if (user === undefined) throw new FakeProblem('user_not_found');
  return json(user, { etag: `"${user.version}"` });
}

function findMany(request: FakeRequest, { users }: FakeParts) {
  const ids = [...new Set(readIds(request.body))];
  const found = ids.flatMap((id) => users.find(id) ?? []);
  return { users: found, missing: ids.filter((id) => users.find(id) === undefined) };
}

function readIds(body: string): readonly string[] {
  const value = parseJson(body);
  const ids: unknown =
    typeof value === 'object' && value !== null && 'ids' in value ? value.ids : undefined;
  if (!Array.isArray(ids)) return refuseField('/ids', 'required', 'Must be present.');
  if (ids.length === 0) return refuseField('/ids', 'wrong_count', 'Must have at least 1 element.');
  if (ids.length > MAX_IDS)
    return refuseField('/ids', 'wrong_count', `Must have at most ${MAX_IDS}.`);
  return ids.map((id: unknown, index) =>
    typeof id === 'string' && UUID.test(id)
      ? id.toLowerCase()
      : refuseField(`/ids/${index}`, 'wrong_format', 'Must be a UUID.'),
  );
}

function introspect({ body, header }: FakeRequest, { access }: FakeParts): object {
  const isJson = header('content-type')?.startsWith('application/json') === true;
  const value: unknown = isJson ? parseJson(body) : Object.fromEntries(new URLSearchParams(body));
  const token =
    typeof value === 'object' && value !== null && 'token' in value ? value.token : undefined;
  if (typeof token !== 'string') return refuseField('/token', 'required', 'Must be present.');
  const claims = access.introspect(token);
  if (claims === null) return { active: false };
  const { key_id: _keyId, ...shown } = claims;
  return { active: true, token_type: 'Bearer', ...shown };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FakeProblem('malformed_request');
  }
}

function authenticate(request: FakeRequest, { access }: FakeParts): Caller {
  const header = request.header('authorization');
  if (header === undefined) throw new FakeProblem('unauthenticated');
  const [, credentials] = /^Bearer +(\S+) *$/i.exec(header) ?? [];
  const caller =
    credentials === undefined ? basic(header, access) : access.authenticate(credentials);
  if (caller === null) throw new FakeProblem('invalid_token');
  return caller;
}

/** `client_secret_basic` (RFC 6749 §2.3.1): the id of the service account and its key. */
function basic(header: string, access: FakeAccess): Caller | null {
  const [, encoded] = /^Basic +(\S+) *$/i.exec(header) ?? [];
  if (encoded === undefined) return null;
  const [id, key = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  const caller = access.authenticate(key);
  return caller?.kind === 'service' && caller.accountId === id ? caller : null;
}

function requireScope(request: FakeRequest, parts: FakeParts, scope: string): void {
  const caller = authenticate(request, parts);
  if (caller.kind !== 'service' || !caller.scopes.includes(scope)) {
    throw new FakeProblem('forbidden');
  }
}

function metadata(_request: FakeRequest, { issuer }: FakeParts): FakeAnswer {
  const url = issuer();
  const methods = ['none', 'client_secret_basic', 'client_secret_post'];
  return json(
    {
      issuer: url,
      token_endpoint: `${url}/v1/oauth/token`,
      jwks_uri: `${url}/.well-known/jwks.json`,
      revocation_endpoint: `${url}/v1/oauth/revoke`,
      introspection_endpoint: `${url}/v1/tokens/introspect`,
      scopes_supported: ALL_SCOPES,
      response_types_supported: [],
      grant_types_supported: ['refresh_token', 'client_credentials'],
      subject_types_supported: ['public'],
      token_endpoint_auth_methods_supported: methods,
      revocation_endpoint_auth_methods_supported: methods,
      introspection_endpoint_auth_methods_supported: ['Bearer', 'client_secret_basic'],
      service_documentation: `${url}/docs`,
    },
    { 'cache-control': 'public, max-age=300' },
  );
}
