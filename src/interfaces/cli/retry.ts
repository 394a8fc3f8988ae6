import { setTimeout as sleep } from 'node:timers/promises';
import { backoffDelayMs } from '../../lib/backoff.ts';
import {
  type OperatorClient,
  type OperatorRequest,
  type OperatorResponse,
  ServiceUnreachable,
} from './operator-client.ts';
import { problemOf } from './problem.ts';

/** The bounds of the attempts of one request. Each number of attempts includes the first one. */
export interface RetryPolicy {
  /** Attempts while the service is busy (429, 502, 503, 504). */
  readonly busyTries: number;
  /** Attempts while there is no response. */
  readonly unreachableTries: number;
  /** Attempts while the service fails on the request (500). */
  readonly failedTries: number;
  readonly firstDelayMs: number;
  /** Longest pause, also if `Retry-After` asks for more. */
  readonly maxDelayMs: number;
}

/** For imports: waits a few minutes for a busy service, and a few seconds for one that restarts. */
export const PATIENT: RetryPolicy = {
  busyTries: 12,
  unreachableTries: 5,
  failedTries: 3,
  firstDelayMs: 250,
  maxDelayMs: 30_000,
};

/** For one interactive request: reports an unreachable service after one retry. */
export const PROMPT: RetryPolicy = {
  busyTries: 5,
  unreachableTries: 2,
  failedTries: 1,
  firstDelayMs: 250,
  maxDelayMs: 5_000,
};

export interface RetryDeps {
  readonly policy: RetryPolicy;
  /** Ends the pause between two attempts; a request in flight finishes first. */
  readonly signal: AbortSignal;
  /** Whether to repeat a request that the service may already have performed. */
  readonly repeatUnknown: boolean;
  readonly random?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The response to the last attempt. */
export interface RetriedResponse extends OperatorResponse {
  /** Whether an attempt before the last one may have performed the request. */
  readonly maybeDoneBefore: boolean;
  /** Whether any attempt, including the last one, may have performed the request. */
  readonly maybeDone: boolean;
}

/** Worth another attempt: rate limit, bad gateway, service unavailable, gateway timeout. */
const BUSY = new Set([429, 502, 503, 504]);
/** A failure in the service or in a proxy: the request may have been performed. */
const UNKNOWN = new Set([500, 502, 504]);
const OUTCOME_UNKNOWN = 'outcome_unknown';

/**
 * Sends a request, and repeats it within the policy while the service is busy (429, 502, 503, 504), fails (500) or is
 * unreachable. Pauses double, have jitter, and are at least as long as `Retry-After`.
 * @returns the first response with another status, else the last one
 * @throws ServiceUnreachable when the last attempt had no response; its `maybeSent` covers all attempts
 */
export async function requestWithRetries(
  client: OperatorClient,
  request: OperatorRequest,
  deps: RetryDeps,
): Promise<RetriedResponse> {
  const { policy, signal } = deps;
  const repeatable = deps.repeatUnknown || request.method === 'GET';
  const tries = { busy: 0, failed: 0, unreachable: 0 };
  let maybeDoneBefore = false;
  for (;;) {
    const result = await attempt(client, request);
    const { kind, maybeDone } = classify(result);
    const finish = (): RetriedResponse => {
      const everDone = maybeDoneBefore || maybeDone;
      if (!(result instanceof ServiceUnreachable)) {
        return { ...result, maybeDoneBefore, maybeDone: everDone };
      }
      throw new ServiceUnreachable(result.message, { maybeSent: everDone, cause: result.cause });
    };
    if (kind === 'final') return finish();
    tries[kind] += 1;
    const exhausted = tries[kind] >= policy[`${kind}Tries`];
    if (exhausted || signal.aborted || (maybeDone && !repeatable)) return finish();
    if (!(await pause(tries[kind], readRetryAfterMs(result), deps))) return finish();
    maybeDoneBefore ||= maybeDone;
  }
}

async function attempt(
  client: OperatorClient,
  request: OperatorRequest,
): Promise<OperatorResponse | ServiceUnreachable> {
  try {
    return await client.request(request);
  } catch (error) {
    if (error instanceof ServiceUnreachable) return error;
    throw error;
  }
}

interface Classification {
  readonly kind: 'final' | 'busy' | 'failed' | 'unreachable';
  readonly maybeDone: boolean;
}

function classify(result: OperatorResponse | ServiceUnreachable): Classification {
  if (result instanceof ServiceUnreachable) {
    return { kind: 'unreachable', maybeDone: result.maybeSent };
  }
  const { status } = result;
  const maybeDone = UNKNOWN.has(status) || problemOf(result).code === OUTCOME_UNKNOWN;
  return { kind: status === 500 ? 'failed' : BUSY.has(status) ? 'busy' : 'final', maybeDone };
}

/** @returns false when the signal ended the pause */
async function pause(tries: number, retryAfterMs: number, deps: RetryDeps): Promise<boolean> {
  const { firstDelayMs: firstMs, maxDelayMs: maxMs } = deps.policy;
  const random = deps.random ?? Math.random;
  const backoffMs = backoffDelayMs(tries, { firstMs, maxMs, jitter: 0.5 }, random);
  // Retry-After gets jitter too: requests that were rejected together must not return together.
  const requestedMs = retryAfterMs * (1 + random() / 4);
  const delayMs = Math.min(maxMs, Math.max(backoffMs, requestedMs));
  try {
    await (deps.sleep ?? abortableSleep)(delayMs, deps.signal);
    return !deps.signal.aborted;
  } catch (error) {
    if (deps.signal.aborted) return false;
    throw error;
  }
}

function abortableSleep(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal });
}

/** Reads the form in seconds only: the service sends no dates. */
function readRetryAfterMs(result: OperatorResponse | ServiceUnreachable): number {
  const value = result instanceof ServiceUnreachable ? '' : (result.headers['retry-after'] ?? '');
  return /^\d{1,6}$/.test(value) ? Number(value) * 1_000 : 0;
}
