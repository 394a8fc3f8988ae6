import { expect, onTestFinished, type TestContext } from 'vitest';
import type { RunningProcess } from '../support/child-process.ts';
import { runProgram } from '../support/service-process.ts';
import { createTemporaryDirectory } from '../support/temp-directory.ts';

/** What a call was answered with. */
export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Monotonic milliseconds at which the call began. */
  readonly beganAt: number;
}

/** What goes with a call. */
interface Sent {
  readonly token?: string;
  readonly body?: object;
}

/** A running service, and calls to it over real HTTP. */
export interface Service {
  readonly url: string;
  readonly process: RunningProcess;
  /** Rejects when no answer has come after `HANG_MS`. */
  readonly call: (method: string, path: string, sent?: Sent) => Promise<Reply>;
}

/** Beyond every deadline of the service: an answer that is not there by then never comes. */
const HANG_MS = 12_000;
const READY_TIMEOUT_MS = 60_000;

/** A password that no rule refuses. */
export const PASSWORD = 'quiet otter sings at dawn';

/** The weakest hashing that is allowed: for loads that are about something else. */
export const cheapHashing = {
  PASSWORD_ARGON2_MEMORY_KIB: '7168',
  PASSWORD_ARGON2_ITERATIONS: '5',
} as const;

/**
 * Starts the built program in a folder of its own; it dies with the test.
 * @param test tests that run side by side give their context
 */
export async function startRealService(
  env: Readonly<Record<string, string>>,
  test: Pick<TestContext, 'onTestFinished'> = { onTestFinished },
): Promise<Service> {
  const directory = createTemporaryDirectory('faults');
  test.onTestFinished(() => directory.remove());
  const child = await runProgram(['serve'], {
    cwd: directory.path,
    env: { SERVER_PORT: '0', LOGGING_FORMAT: 'json', PASSWORD_HASHING_WAIT: '30s', ...env },
  });
  test.onTestFinished(async () => void (await child.kill()));
  const line = await child.waitForLine(/"message":"ready"/, READY_TIMEOUT_MS);
  const { url } = JSON.parse(line) as { url: string };
  return { url, process: child, call: createCall(url) };
}

/** Calls the service at `url`. */
export function createCall(url: string): Service['call'] {
  return async (method, path, sent = {}) => {
    const beganAt = performance.now();
    const answer = await fetch(url + path, {
      method,
      headers: {
        ...(sent.token === undefined ? {} : { authorization: `Bearer ${sent.token}` }),
        ...(sent.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: sent.body === undefined ? null : JSON.stringify(sent.body),
      signal: AbortSignal.timeout(HANG_MS),
    });
    const text = await answer.text();
    const contentType = answer.headers.get('content-type') ?? '';
    return {
      status: answer.status,
      contentType,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      beganAt,
    };
  };
}

/** Registers a user and signs in. */
export async function createSession(service: Service, email: string) {
  const registered = await register(service, email);
  expect(registered.status, JSON.stringify(registered.body)).toBe(201);
  const signedIn = await service.call('POST', '/v1/sessions', {
    body: { email, password: PASSWORD },
  });
  expect(signedIn.status, JSON.stringify(signedIn.body)).toBe(201);
  return {
    userId: String(registered.body.id),
    sessionId: String(signedIn.body.session_id),
    token: String(signedIn.body.access_token),
    refreshToken: String(signedIn.body.refresh_token),
  };
}

/** Tries to register a user. */
export function register(service: Service, email: string): Promise<Reply> {
  const body = { first_name: 'Ada', last_name: 'Okafor', email, password: PASSWORD };
  return service.call('POST', '/v1/users', { body });
}

/** What every refusal of a database that is away looks like. */
export function expectUnavailable(reply: Reply, code: unknown = 'unavailable'): void {
  expect(reply).toMatchObject({ status: 503, body: { status: 503, code } });
  expect(reply.contentType).toContain('application/problem+json');
}
