import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateOpenApi } from '../../scripts/generate-openapi.ts';
import { type FuzzRequest, fuzzRequests } from './support/fuzz-requests.ts';
import { type Operation, readOperations } from './support/openapi-operations.ts';
import { createRouteApp, type RouteApp, type TestResponse } from './support/test-app.ts';

const operations = readOperations(JSON.parse(await generateOpenApi()));
const REQUESTS_AT_LEAST = 5_000;
const RUNS = Math.ceil(REQUESTS_AT_LEAST / operations.length);
/** Each run of an operation that hashes a password costs as much as a sign-in. */
const OPERATION_DEADLINE_MS = 120_000;

const ajv = new Ajv2020({ strict: false, validateFormats: false });

let app: RouteApp;
let sent = 0;
beforeAll(async () => {
  app = await createRouteApp();
});
afterAll(() => app?.stop());

describe('for any request', () => {
  test.each(operations.map((operation) => [operation.operationId, operation] as const))(
    '%s returns a documented status and body, and never 5xx',
    async (_name, operation) => {
      const user = await app.user();
      const other = await app.user();
      const known = {
        ids: [user.id, other.id, user.sessionId, user.id.toUpperCase()],
        credentials: [
          user.token,
          other.token,
          await app.serviceKey('users:read', 'users:write', 'users:admin', 'tokens:introspect'),
          await app.serviceKey('events:read'),
        ],
        texts: {
          email: [user.email, user.email, other.email, 'new@example.com'],
          password: [user.password],
          current_password: [user.password],
          new_password: [user.password, 'nine slow turtles'],
          phone: ['+31201234567'],
          token: [user.token, user.refreshToken],
          refresh_token: [user.refreshToken, other.refreshToken],
          other: ['Ada', 'Zoë', 'van der Berg', user.email],
        },
      };
      const check = createCheck(operation);
      await fc.assert(
        fc.asyncProperty(fuzzRequests(operation, known), async (request) => {
          sent += 1;
          check(request, await send(request));
        }),
        { numRuns: RUNS },
      );
    },
    OPERATION_DEADLINE_MS,
  );

  test('at least 5,000 requests were sent, and none logged an error', () => {
    expect(sent).toBeGreaterThanOrEqual(REQUESTS_AT_LEAST);
    expect(app.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

function send({ method, url, headers, payload }: FuzzRequest): Promise<TestResponse> {
  return app.call(method, url, { headers, ...(payload === undefined ? {} : { body: payload }) });
}

function createCheck({ responses, responseTypes }: Operation) {
  const validators = new Map<string, ValidateFunction>();
  for (const [status, schema] of Object.entries(responses)) {
    if (schema !== null) validators.set(status, ajv.compile(schema));
  }
  return (request: FuzzRequest, { status, headers, body, text }: TestResponse): void => {
    expect(status, JSON.stringify(request)).toBeLessThan(500);
    expect(Object.keys(responses)).toContain(String(status));
    expect(headers['x-request-id']).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
    const validate = validators.get(String(status));
    if (validate === undefined) {
      expect(text).toBe('');
      return;
    }
    const type = responseTypes[status] ?? '';
    expect(String(headers['content-type']).startsWith(type), type).toBe(true);
    if (/[/+]json/.test(type)) expect(validate(body), ajv.errorsText(validate.errors)).toBe(true);
  };
}
