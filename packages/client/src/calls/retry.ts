import { backoffMs, type Pauses } from '../lib/backoff.ts';
import type { Operation } from './operation.ts';
import type { AnyProblem } from './reply.ts';

/** Refusals before anything was changed; `idempotency_in_progress` waits for the first request with the key. */
const NOTHING_DONE =
  /^(rate_limited|overloaded|unavailable|temporarily_unavailable|idempotency_in_progress)$/;
/** Failures before the connection stood, as Node.js and Bun name them. */
const NOT_SENT =
  /^(ECONNREFUSED|ENOENT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused)$/;

/** Whether the service may have performed a request with this problem; undefined for one that no retry can mend. */
export function mayBeDone(problem: AnyProblem): boolean | undefined {
  const { status } = problem;
  const { document } = problem as { readonly document?: { readonly code?: unknown } };
  const code = String(document?.code ?? problem.code);
  if (NOTHING_DONE.test(code) || status === 429) return false;
  if (code === 'network_error')
    return !NOT_SENT.test(codeOf((problem as { cause?: unknown }).cause));
  const fromProxy = code === 'invalid_response' && (status === 502 || status === 504);
  return fromProxy || status === 503 ? true : undefined;
}

/** The code of a network error: `fetch` of Node.js puts it into `cause`. */
function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } };
  return String(code ?? cause?.code ?? '');
}

/** Whether a request takes effect once, however often it is sent. */
export function isRepeatable({ method, flags }: Operation): boolean {
  return method === 'GET' || /[krsg]/.test(flags);
}

/**
 * The pause after an attempt. After `Retry-After` it lasts at least that long, and its random part keeps clients that
 * were refused together from coming back together.
 */
export function delayMs(
  attempt: number,
  pauses: Pauses,
  random: () => number,
  afterSeconds: number | undefined,
): number {
  const ms = backoffMs(attempt, pauses, random);
  return afterSeconds === undefined ? ms : afterSeconds * 1000 + (ms / 2) * random();
}

/** `Retry-After` in seconds: a number or a date (RFC 9110 §10.2.3). */
export function retryAfterSeconds(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - nowMs) / 1000));
}
