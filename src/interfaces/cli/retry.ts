import { setTimeout as sleep } from 'node:timers/promises';
import {
  type OperatorClient,
  type OperatorRequest,
  type OperatorResponse,
  ServiceUnreachable,
} from './operator-client.ts';
import { problemOf } from './problem.ts';

/** How long to go on asking. Times in milliseconds. */
export interface RetryPolicy {
  /** Tries of one request while the service answers that it is busy, the first among them. */
  readonly busyTries: number;
  /** Tries of one request while no answer comes, the first among them. */
  readonly unreachableTries: number;
  /** Tries of one request while the service fails on it (500), the first among them. */
  readonly failedTries: number;
  readonly firstDelayMs: number;
  /** No pause is longer, whatever `Retry-After` asks for. */
  readonly maxDelayMs: number;
}

/** Rides out a busy service for a few minutes, and a restart of it for a few seconds. */
export const PATIENT: RetryPolicy = {
  busyTries: 12,
  unreachableTries: 5,
  failedTries: 3,
  firstDelayMs: 250,
  maxDelayMs: 30_000,
};

/** For somebody who waits for one answer: a service that is not there is said at once. */
export const PROMPT: RetryPolicy = {
  busyTries: 5,
  unreachableTries: 2,
  failedTries: 1,
  firstDelayMs: 250,
  maxDelayMs: 5_000,
};

/** What the waiting depends on. */
export interface RetryDeps {
  readonly policy: RetryPolicy;
  /** Ends the waiting between two tries; a request under way is finished first. */
  readonly signal: AbortSignal;
  /** Whether a request that may already have been done is sent again. */
  readonly repeatUnknown: boolean;
  readonly random?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The last answer. */
export interface RetriedResponse extends OperatorResponse {
  /** Whether a try before this answer may have done what was asked. */
  readonly maybeDoneBefore: boolean;
  /** The same, or this answer itself leaves it open. */
  readonly maybeDone: boolean;
}

/** Answers that ask for another try: too many requests, a proxy without its server, not available. */
const BUSY = new Set([429, 502, 503, 504]);
/** A failure in the service or in a proxy leaves open whether the request was done. */
const UNKNOWN = new Set([500, 502, 504]);
const OUTCOME_UNKNOWN = 'outcome_unknown';

/**
 * Sends a request, and again while the service is busy (429, 502, 503, 504), fails (500) or cannot be reached, within
 * the policy. Pauses double, with jitter, and are not shorter than `Retry-After` asks for.
 * @returns the first other answer, or the last of these
 * @throws ServiceUnreachable when the last try had no answer; its `maybeSent` is about all tries
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
    const answer = await attempt(client, request);
    const { kind, maybeDone } = judge(answer);
    const settle = (): RetriedResponse => {
      const everDone = maybeDoneBefore || maybeDone;
      if (!(answer instanceof ServiceUnreachable)) {
        return { ...answer, maybeDoneBefore, maybeDone: everDone };
      }
      throw new ServiceUnreachable(answer.message, { maybeSent: everDone, cause: answer.cause });
    };
    if (kind === 'final') return settle();
    tries[kind] += 1;
    const spent = tries[kind] >= policy[`${kind}Tries`];
    if (spent || signal.aborted || (maybeDone && !repeatable)) return settle();
    if (!(await pause(tries[kind], readRetryAfterMs(answer), deps))) return settle();
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

interface Judgement {
  readonly kind: 'final' | 'busy' | 'failed' | 'unreachable';
  readonly maybeDone: boolean;
}

function judge(answer: OperatorResponse | ServiceUnreachable): Judgement {
  if (answer instanceof ServiceUnreachable) {
    return { kind: 'unreachable', maybeDone: answer.maybeSent };
  }
  const { status } = answer;
  const maybeDone = UNKNOWN.has(status) || problemOf(answer).code === OUTCOME_UNKNOWN;
  return { kind: status === 500 ? 'failed' : BUSY.has(status) ? 'busy' : 'final', maybeDone };
}

/** False when the signal ended it. */
async function pause(tries: number, retryAfterMs: number, deps: RetryDeps): Promise<boolean> {
  const { firstDelayMs, maxDelayMs } = deps.policy;
  const random = deps.random ?? Math.random;
  const backOffMs = firstDelayMs * 2 ** Math.min(tries - 1, 16) * (0.5 + random() / 2);
  // Jitter on top of Retry-After too: whoever was refused together must not come back together.
  const askedMs = retryAfterMs * (1 + random() / 4);
  const delayMs = Math.min(maxDelayMs, Math.max(backOffMs, askedMs));
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

/** Seconds only: the service sends no dates. */
function readRetryAfterMs(answer: OperatorResponse | ServiceUnreachable): number {
  const value = answer instanceof ServiceUnreachable ? '' : (answer.headers['retry-after'] ?? '');
  return /^\d{1,6}$/.test(value) ? Number(value) * 1_000 : 0;
}
