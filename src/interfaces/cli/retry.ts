import { setTimeout as delay } from 'node:timers/promises';
import {
  type CallOptions,
  type ClientOptions,
  createCalls,
  type Reply,
} from '@user-service/client';
import {
  type AnyProblem,
  type AnyReply,
  callsOf,
  type Operations,
  type OperatorClient,
  type OperatorResponse,
  reaching,
  responseOf,
  ServiceUnreachable,
} from './operator-client.ts';
import { failureOf, problemOf } from './problem.ts';

/** A request without a type for its response. */
export interface OperatorRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query, such as `/v1/users?limit=10`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Stops waiting for the response; the service may have performed the request. */
  readonly signal?: AbortSignal;
}

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

/** The methods of a table with one operation. */
interface OneCall {
  readonly one: { readonly send: (...args: unknown[]) => Promise<AnyReply> };
}

/** Worth another attempt: rate limit, bad gateway, service unavailable, gateway timeout. */
const BUSY = new Set([429, 502, 503, 504]);
/** A failure in the service or in a proxy: the request may have been performed. */
const UNKNOWN = new Set([500, 502, 504]);
const OUTCOME_UNKNOWN = 'outcome_unknown';

/**
 * Sends a request, and repeats it within the policy while the service is busy (429, 502, 503, 504), fails (500) or is
 * unreachable. The client package does both; pauses are at least as long as `Retry-After` within `maxDelayMs`.
 * @returns the first response with another status, else the last one
 * @throws ServiceUnreachable when the last attempt had no response; its `maybeSent` covers all attempts
 */
export async function requestWithRetries(
  client: OperatorClient,
  { method, path, body, headers, signal }: OperatorRequest,
  deps: RetryDeps,
): Promise<RetriedResponse> {
  const row = `${method} ${path} ${body === undefined ? '-' : 'j'} ${deps.repeatUnknown ? 'r' : '-'}`;
  const options = { ...reaching(client), ...withinPolicy(deps) };
  const { one } = createCalls<OneCall>({ one: { send: row } }, options);
  const call = { headers, signal };
  const reply = await (body === undefined ? one.send(call) : one.send(body, call));
  const { maybeRepeated: maybeDoneBefore } = reply.info;
  try {
    const response = responseOf(reply);
    const { code } = problemOf(response);
    const isUnknown = UNKNOWN.has(response.status) || code === OUTCOME_UNKNOWN;
    return { ...response, maybeDoneBefore, maybeDone: maybeDoneBefore || isUnknown };
  } catch (error) {
    if (!(error instanceof ServiceUnreachable)) throw error;
    const { message, maybeSent, cause } = error;
    throw new ServiceUnreachable(message, { maybeSent: maybeSent || maybeDoneBefore, cause });
  }
}

/**
 * The body of a response with the expected status, 200 by default. A request other than GET that may have been
 * performed is not repeated without `repeatUnknown`.
 * @throws CommandFailure for other statuses, ServiceUnreachable
 */
export async function requestBody(
  request: OperatorRequest,
  { client, signal, policy = PROMPT }: RequestDeps,
  { expected = 200, repeatUnknown = false } = {},
): Promise<unknown> {
  const deps = { policy, signal, repeatUnknown };
  const response = await requestWithRetries(client, { ...request, signal }, deps);
  if (response.status === expected) return response.body;
  throw failureOf(problemOf(response));
}

/** Sends one of the operations, with the options that it is given. */
export type OperationCall<T> = (
  operations: Operations,
  options: CallOptions,
) => Promise<Reply<T, AnyProblem>>;

/**
 * Performs an operation within the policy. Its row in the table of operations says whether it is repeated once it may
 * have been performed.
 * @returns the body of the response, as its type says but not checked
 * @throws CommandFailure for a problem, ServiceUnreachable
 */
export async function perform<T>(
  operation: OperationCall<T>,
  { client, signal, policy = PROMPT }: RequestDeps,
): Promise<T> {
  const calls = callsOf(client, withinPolicy({ policy, signal }));
  const reply = await operation(calls, { signal });
  if (reply.ok) return reply.data;
  throw failureOf(problemOf(responseOf(reply)));
}

/** What a command has to send requests. */
export interface RequestDeps {
  readonly client: OperatorClient;
  readonly signal: AbortSignal;
  readonly policy?: RetryPolicy | undefined;
}

/** The options of one call: its attempts are counted by what came of them. */
function withinPolicy({
  policy,
  signal,
  random,
  sleep = pause,
}: Omit<RetryDeps, 'repeatUnknown'>): Partial<ClientOptions> {
  const { firstDelayMs, maxDelayMs } = policy;
  const tries = { busy: 0, failed: 0, unreachable: 0 };
  return {
    ...{ firstDelayMs, maxDelayMs, random, retrySignal: signal },
    sleep: (ms, ends) => sleep(Math.min(ms, maxDelayMs), ends),
    retries({ status }) {
      const failedOrBusy = status === 500 ? 'failed' : BUSY.has(status) ? 'busy' : undefined;
      const kind = status === 0 ? 'unreachable' : failedOrBusy;
      if (kind === undefined) return false;
      tries[kind] += 1;
      return tries[kind] < policy[`${kind}Tries`];
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal }).catch(() => {});
}
