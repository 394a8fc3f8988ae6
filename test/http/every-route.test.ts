import { describe, expect, test } from 'vitest';
import { generateOpenApi } from '../../scripts/generate-openapi.ts';
import type { UseCases } from '../../src/application/use-cases.ts';
import { DomainError } from '../../src/domain/errors.ts';
import {
  idempotencyAnswerNotKept,
  idempotencyInProgress,
  idempotencyKeyReused,
} from '../../src/domain/rejections.ts';
import { ADA_ID, ADA_TOKEN, createFakeUseCases } from './support/fake-use-cases.ts';
import { type Operation, readOperations } from './support/openapi-operations.ts';
import { createTestServer } from './support/test-server.ts';

const operations = readOperations(JSON.parse(await generateOpenApi()));
/** Operations that call no use case and cannot fail. */
const WITHOUT_USE_CASE = new Set([
  ...['getLiveness', 'getMetrics', 'getOpenApi', 'getDocs'],
  ...['getAuthorizationServerMetadata', 'getOpenIdConfiguration'],
]);

/** What every client may keep. */
const PUBLIC = new Set(['getKeySet', 'getAuthorizationServerMetadata', 'getOpenIdConfiguration']);

const named = (list: readonly Operation[]) =>
  list.map((operation) => [operation.operationId, operation] as const);
const writing = operations.filter(({ method }) => method !== 'GET');

const bodies: Readonly<Record<string, object>> = {
  registerUser: { first_name: 'A', last_name: 'B', email: 'a@b.cc', password: 'p' },
  replaceUser: { first_name: 'A', last_name: 'B', email: 'a@b.cc', phone: null },
  patchUser: {},
  changePassword: { current_password: 'p', new_password: 'q' },
  reauthenticateSession: { password: 'p' },
  deleteOwnUser: { current_password: 'p' },
  getPublicProfiles: { ids: [ADA_ID] },
  getUsers: { ids: [ADA_ID] },
  signIn: { email: 'a@b.cc', password: 'p' },
  refreshSession: { refresh_token: 'r' },
  introspectToken: { token: 't' },
  disableUser: { reason: 'r' },
  enableUser: { reason: 'r' },
  expirePassword: { reason: 'r' },
  revokeAllSessions: { reason: 'r' },
  sendPasswordReset: { reason: 'r' },
  createInvitation: { email: 'a@b.cc' },
  lookUpInvitation: { token: 't' },
  createWebhookEndpoint: { url: 'https://hooks.example.com/' },
  patchWebhookEndpoint: { enabled: true },
  rotateWebhookSecret: {},
  redeliverWebhooks: {},
  requestEmailVerification: { email: 'a@b.cc' },
  confirmEmailVerification: { token: 't' },
  requestPasswordReset: { email: 'a@b.cc' },
  confirmPasswordReset: { token: 't', new_password: 'q' },
  requestEmailChange: { email: 'a@b.cc' },
  confirmEmailChange: { token: 't' },
  undoEmailChange: { token: 't' },
};

/** Operations with errors by RFC 6749 §5.2, and a form for each. */
const oauthForms: Readonly<Record<string, string>> = {
  requestToken: 'grant_type=refresh_token&refresh_token=r',
  revokeToken: 'token=t',
};

/** Status and code of an error, where OAuth has its own. */
function expected(operation: Operation, status: number, code: string): [number, string] {
  if (!(operation.operationId in oauthForms)) return [status, code];
  if (status === 429 || status === 503) return [status, 'temporarily_unavailable'];
  if (status === 500) return [status, 'server_error'];
  return [status === 415 ? 400 : status, 'invalid_request'];
}

function codeOf(answer: { json(): { code?: string; error?: string } }): string | undefined {
  const { code, error } = answer.json();
  return code ?? error;
}

function requestOf({ operationId, method, path }: Operation) {
  const form = oauthForms[operationId];
  const payload = form ?? bodies[operationId];
  return {
    method: method as 'GET',
    url: path.replace(/\{[a-z_]+\}/g, ADA_ID),
    headers: {
      authorization: `Bearer ${ADA_TOKEN}`,
      'if-match': '*',
      ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(payload === undefined ? {} : { payload }),
  };
}

/** Use cases that all fail, except the two that authenticate the caller. */
function failingUseCases(error: Error): UseCases {
  const fail = () => Promise.reject(error);
  const failing = (useCases: object): object =>
    Object.fromEntries(
      Object.entries(useCases).map(([name, member]) => [
        name,
        typeof member === 'function' ? fail : failing(member),
      ]),
    );
  const useCases = failing(createFakeUseCases()) as UseCases;
  const { verifyAccessToken, verifyServiceKey } = createFakeUseCases().access;
  return { ...useCases, access: { ...useCases.access, verifyAccessToken, verifyServiceKey } };
}

describe.each(named(operations.filter(({ operationId }) => !WITHOUT_USE_CASE.has(operationId))))(
  '%s',
  (_name, operation) => {
    test('returns 503 with Retry-After while a dependency is down', async () => {
      const { server } = await createTestServer({
        useCases: failingUseCases(new DomainError('unavailable', 'Down.')),
      });
      const answer = await server.inject(requestOf(operation));
      expect([answer.statusCode, codeOf(answer)]).toEqual(expected(operation, 503, 'unavailable'));
      expect(answer.headers['retry-after']).toBe('1');
    });

    test('returns 429 with Retry-After for a refused request, where the document says so', async () => {
      if (!('429' in operation.responses)) return;
      const refused = new DomainError('rate_limited', 'Wait.', { retryAfterSeconds: 7 });
      const { server } = await createTestServer({ useCases: failingUseCases(refused) });
      const answer = await server.inject(requestOf(operation));
      expect([answer.statusCode, codeOf(answer)]).toEqual(expected(operation, 429, 'rate_limited'));
      expect(answer.headers['retry-after']).toBe('7');
    });

    test('returns a 500 without details for an unexpected error, and logs one error', async () => {
      const { server, lines } = await createTestServer({
        useCases: failingUseCases(new Error('canary')),
      });
      const answer = await server.inject(requestOf(operation));
      expect([answer.statusCode, codeOf(answer)]).toEqual(
        expected(operation, 500, 'internal_error'),
      );
      expect(answer.body).not.toContain('canary');
      expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    });
  },
);

describe.each(named(operations))('%s', (_name, operation) => {
  test('rejects a target beyond 8,000 bytes', async () => {
    const { server } = await createTestServer();
    const { url, ...request } = requestOf(operation);
    const answer = await server.inject({ ...request, url: `${url}?${'x'.repeat(8_000)}` });
    expect([answer.statusCode, codeOf(answer)]).toEqual(expected(operation, 414, 'uri_too_long'));
  });

  test('is never cached, except the public keys and metadata', async () => {
    const { server } = await createTestServer();
    const { headers } = await server.inject(requestOf(operation));
    const isPublic = PUBLIC.has(operation.operationId);
    expect(headers['cache-control']).toBe(isPublic ? 'public, max-age=300' : 'no-store');
  });
});

describe.each(named(writing))('%s', (_name, operation) => {
  const send = async (headers: Record<string, string>, payload: string) => {
    const { server } = await createTestServer();
    const { payload: _payload, ...request } = requestOf(operation);
    const answer = await server.inject({
      ...request,
      headers: { ...request.headers, ...headers },
      payload,
    });
    return [answer.statusCode, codeOf(answer)];
  };

  test('rejects a body beyond its limit, of another type, or malformed', async () => {
    const json = { 'content-type': 'application/json' };
    expect(await send(json, 'x'.repeat(40_000))).toEqual(
      expected(operation, 413, 'payload_too_large'),
    );
    expect(await send({ 'content-type': '/' }, '{}')).toEqual(
      expected(operation, 415, 'unsupported_media_type'),
    );
    expect(await send(json, '{')).toEqual(expected(operation, 400, 'malformed_request'));
  });
});

const repeatable = operations.filter(({ parameters }) =>
  parameters.some(({ name }) => name === 'Idempotency-Key'),
);
const KEY = 'a-key-of-an-attempt';

test('all operations that change something accept an idempotency key, except refresh', () => {
  const without = writing.filter((operation) => !repeatable.includes(operation));
  expect(without.map(({ operationId }) => operationId).sort()).toEqual([
    'getPublicProfiles',
    'getUsers',
    'introspectToken',
    'lookUpInvitation',
    'refreshSession',
    'requestToken',
    'revokeToken',
  ]);
});

describe.each(named(repeatable))('%s', (_name, operation) => {
  const send = async (key: string, answerOnce?: UseCases['idempotency']['answerOnce']) => {
    const { server } = await createTestServer({
      useCases: answerOnce === undefined ? {} : { idempotency: { answerOnce } },
    });
    const { headers, ...request } = requestOf(operation);
    return server.inject({ ...request, headers: { ...headers, 'idempotency-key': key } });
  };

  test('rejects an idempotency key of another form', async () => {
    const keys = [
      'short',
      'x'.repeat(256),
      'with a space in it',
      '"not closed at its end',
      '"a";q=1',
      '',
    ];
    for (const key of keys) {
      const answer = await send(key);
      expect([answer.statusCode, answer.json().code], key).toEqual([
        400,
        'idempotency_key_invalid',
      ]);
    }
  });

  test('tells a key in use from a key of another request', async () => {
    const inUse = await send(KEY, () => Promise.reject(idempotencyInProgress()));
    expect([inUse.statusCode, inUse.json().code]).toEqual([409, 'idempotency_in_progress']);
    expect(inUse.headers['retry-after']).toBe('1');
    const reused = await send(KEY, () => Promise.reject(idempotencyKeyReused()));
    expect([reused.statusCode, reused.json().code]).toEqual([422, 'idempotency_key_reused']);
    const notKept = await send(KEY, () => Promise.reject(idempotencyAnswerNotKept()));
    expect([notKept.statusCode, notKept.json().code]).toEqual([409, 'idempotency_answer_not_kept']);
  });

  test('sends a stored answer as it was', async () => {
    const answer = { status: 209, headers: { etag: '"7"' }, body: '{"stored":true}' };
    const sent = await send(`"${KEY}"`, async (_caller, { key }) => {
      expect(key).toBe(KEY);
      return { answer, originalRequestId: 'the-first-request' };
    });
    expect([sent.statusCode, sent.body, sent.headers.etag]).toEqual([209, answer.body, '"7"']);
    expect(sent.headers['idempotent-replayed']).toBe('true');
    expect(sent.headers['original-request-id']).toBe('the-first-request');
  });
});
