import { readText } from '../lib/read-text.ts';
import type { AnyCode, CallResult, Problem } from './types.ts';

const TIMEOUT_MS = 10_000;
/** Errors of the OAuth routes that say nothing about the request. */
const OAUTH_CODES: Readonly<Record<string, AnyCode>> = {
  temporarily_unavailable: 'unavailable',
  server_error: 'internal_error',
};
/** Far more than any response that this entry asks for. */
const MAX_BYTES = 262_144;

export interface CallOptions {
  readonly body?: object | undefined;
  readonly token?: string | null | undefined;
  /** Asks for cookie mode. */
  readonly inCookieMode?: boolean;
  /** Milliseconds; 10,000 by default. */
  readonly timeoutMs?: number;
}

/**
 * Sends a request to the service, once. Never throws. It is apart from the calls of the main entry: those have retries,
 * idempotency keys and a table of all operations, which a page would load; this one has cookies.
 */
export type Call = <T, Code extends string = never>(
  method: string,
  path: string,
  options?: CallOptions,
) => Promise<CallResult<T, Code>>;

/** @param baseUrl without a trailing slash */
export function createCall(baseUrl: string, send: typeof globalThis.fetch): Call {
  return async <T, Code extends string>(
    method: string,
    path: string,
    options: CallOptions = {},
  ): Promise<CallResult<T, Code>> => {
    const { body, token, inCookieMode, timeoutMs = TIMEOUT_MS } = options;
    const isForm = body instanceof URLSearchParams;
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await send(baseUrl + path, {
        method,
        signal,
        headers: {
          accept: 'application/json',
          ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(inCookieMode ? { 'x-user-service-session': 'cookie' } : {}),
        },
        credentials: inCookieMode ? 'include' : 'omit',
        ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      });
      return (await read(response)) as CallResult<T, Code>;
    } catch (error) {
      const code = signal.aborted ? 'deadline_exceeded' : 'network_error';
      return failure<Code>(code, 0, String(error));
    }
  };
}

async function read(response: Response): Promise<CallResult<unknown, string>> {
  const { status } = response;
  const text = await readText(response, MAX_BYTES);
  if (text === undefined) return failure('invalid_response', status, 'The response is too large.');
  const type = response.headers.get('content-type') ?? '';
  if (response.ok && text === '') return { ok: true, data: undefined };
  if (!/[/+]json\b/.test(type)) return failure('invalid_response', status, `Not JSON: ${type}`);
  const data = parse(text);
  if (response.ok && data !== null) return { ok: true, data };
  const code = data?.code ?? OAUTH_CODES[String(data?.error)];
  if (response.ok || typeof code !== 'string') {
    return failure('invalid_response', status, 'Not a response of the service.');
  }
  const problem: Problem<string> = {
    ...{ code, status, detail: String(data?.detail ?? data?.error_description) },
    errors: Array.isArray(data?.errors) ? data.errors : [],
    retryAfterSeconds: Number(response.headers.get('retry-after')) || null,
    requestId: String(data?.request_id ?? ''),
  };
  return { ok: false, problem };
}

/** @returns null for any text but a JSON object */
function parse(text: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

/** A problem that this page finds, not the service. */
export function failure<Code extends string>(
  code: Code | AnyCode,
  status: number,
  detail: string,
): { readonly ok: false; readonly problem: Problem<Code> } {
  return {
    ok: false,
    problem: { code, status, detail, errors: [], retryAfterSeconds: null, requestId: '' },
  };
}
