import type { Operation } from './operation.ts';
import type { CallOptions } from './options.ts';

/** A call with the arguments of the generated method. */
export interface Call {
  readonly operation: Operation;
  /** Path with its ids. */
  readonly path: string;
  readonly input?: unknown;
  readonly options: CallOptions & {
    readonly idempotencyKey?: string | undefined;
    readonly ifVersion?: number | undefined;
    readonly operator?: string | undefined;
    readonly reason?: string | undefined;
    readonly accept?: string | undefined;
  };
}

/**
 * The base URL without a slash at the end.
 * @throws TypeError whose message does not repeat the text, which may carry a password
 */
export function baseOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new TypeError('url must begin with http:// or https://');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new TypeError('url must have no credentials, no ? and no #');
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** A random UUID, also where `crypto.randomUUID` is missing: on pages that do not come over https. */
export function randomId(): string {
  if (crypto.randomUUID !== undefined) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What all attempts of a call send: the idempotency key is made once. Credentials are added for each attempt. */
export function requestOf(
  { operation, input, options }: Call,
  userAgent: string | undefined,
  requestId: string,
): RequestInit & { readonly headers: Headers } {
  const { method, flags } = operation;
  const { idempotencyKey, ifVersion, operator, reason, accept } = options;
  const headers = new Headers(options.headers);
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined) headers.set(name, value);
  };
  headers.set('accept', accept ?? (/[wt]/.test(flags) ? '*/*' : 'application/json'));
  headers.set('x-request-id', requestId);
  set('user-agent', userAgent);
  set('if-match', ifVersion === undefined ? undefined : `"${ifVersion}"`);
  set('x-operator', operator && encodeURIComponent(operator));
  set('x-reason', reason && encodeURIComponent(reason));
  if (flags.includes('k')) headers.set('idempotency-key', idempotencyKey ?? randomId());
  // A redirect would carry the credentials to another server.
  const init = { method, headers, redirect: 'manual', cache: 'no-store' } as const;
  if (operation.input === 'f') return { ...init, body: formOf(input) };
  if (operation.input !== 'j' && operation.input !== 'm') return init;
  headers.set('content-type', `application/${operation.input === 'm' ? 'merge-patch+' : ''}json`);
  return { ...init, body: JSON.stringify(input ?? {}) };
}

/** With `?`; empty without members. Lists are written with commas. */
export function queryOf(input: unknown): string {
  const text = String(formOf(input));
  return text === '' ? '' : `?${text}`;
}

function formOf(input: unknown): URLSearchParams {
  return new URLSearchParams(defined((input ?? {}) as Record<string, string>));
}

/** The members that are not undefined. */
export function defined<T extends object>(
  members: T,
): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as never;
}

/** The JSON of a body; undefined for another content type or a text that is none. */
export function jsonOf(response: Response, text: string): unknown {
  if (!/\bjson\b/.test(response.headers.get('content-type') ?? '')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface ProblemDocument extends Readonly<Record<string, unknown>> {
  readonly code: string;
  readonly detail: string;
}

/** The problem document of a body, or an OAuth error with `code` and `detail`; undefined for another body. */
export function documentOf(body: unknown): ProblemDocument | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { error, error_description, ...rest } = body as Record<string, unknown>;
  const { code = error, detail = error_description ?? '' } = rest;
  if (typeof code !== 'string' || typeof detail !== 'string') return undefined;
  return { ...rest, code, detail };
}
