import { randomUUID } from 'node:crypto';

/** A request as the routes of the fake read it. */
export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  /** The value of a header; undefined without it. Names are lower case. */
  header(name: string): string | undefined;
  readonly body: string;
  /** Aborts when the client hangs up or the fake stops. */
  readonly signal: AbortSignal;
}

export interface FakeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parts of a stream are written as they come. */
  readonly body: string | AsyncIterable<string>;
}

const PROBLEMS = {
  malformed_request: [400, 'Malformed request', 'The body is not valid JSON.'],
  unauthenticated: [
    401,
    'Credentials required',
    'A valid access token or service key is required.',
  ],
  invalid_token: [401, 'Invalid credentials', 'The access token is not valid.'],
  forbidden: [403, 'Not allowed', 'You may not do this.'],
  user_not_found: [404, 'User not found', 'There is no such user.'],
  not_found: [404, 'Path not found', 'There is nothing at this address.'],
  position_gone: [410, 'Position gone', 'The feed cannot go on from this position.'],
  validation_failed: [422, 'Invalid fields', 'One or more fields are not valid.'],
  unavailable: [503, 'Unavailable', 'The service is not available now.'],
} as const satisfies Record<string, readonly [number, string, string]>;

/** Thrown by a route; the answer is its problem document (RFC 9457). */
export class FakeProblem extends Error {
  readonly code: keyof typeof PROBLEMS;
  readonly extra: object;

  constructor(code: keyof typeof PROBLEMS, extra: object = {}) {
    super(code);
    this.code = code;
    this.extra = extra;
  }
}

export function json(body: unknown, headers: Readonly<Record<string, string>> = {}): FakeAnswer {
  return {
    status: 200,
    headers: {
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8',
      ...headers,
    },
    body: JSON.stringify(body),
  };
}

export function ndjson(
  lines: readonly unknown[],
  headers: Readonly<Record<string, string>> = {},
): FakeAnswer {
  return {
    status: 200,
    headers: { 'cache-control': 'no-store', 'content-type': 'application/x-ndjson', ...headers },
    body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  };
}

export function eventStream(body: AsyncIterable<string>): FakeAnswer {
  const headers = {
    'cache-control': 'no-store',
    'content-type': 'text/event-stream',
    vary: 'accept',
    'x-accel-buffering': 'no',
  };
  return { status: 200, headers, body };
}

/** The problem document of a refusal, with the challenge that RFC 6750 asks for. */
export function problemAnswer({ code, extra }: FakeProblem): FakeAnswer {
  const [status, title, detail] = PROBLEMS[code];
  const requestId = randomUUID();
  const challenges: Readonly<Record<string, string>> = {
    unauthenticated: 'Bearer realm="user-service"',
    invalid_token: 'Bearer realm="user-service", error="invalid_token"',
    forbidden: 'Bearer realm="user-service", error="insufficient_scope"',
  };
  const challenge = challenges[code];
  return {
    status,
    headers: {
      'cache-control': 'no-store',
      'content-type': 'application/problem+json; charset=utf-8',
      ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
      ...(status === 503 ? { 'retry-after': '1' } : {}),
    },
    body: JSON.stringify({
      type: `urn:user-service:problem:${code}`,
      title,
      status,
      detail,
      instance: `urn:user-service:request:${requestId}`,
      code,
      request_id: requestId,
      ...extra,
    }),
  };
}

/** @throws FakeProblem `validation_failed` with one field */
export function refuseField(pointer: string, code: string, message: string): never {
  throw new FakeProblem('validation_failed', { errors: [{ pointer, code, message }] });
}
