import { ServiceErrorCodeHeader, ServiceErrorHeader, type ServiceMsg } from '@nats-io/services';
import { headers, Match, type MsgHdrs } from '@nats-io/transport-node';
import { DomainError } from '../../domain/errors.ts';
import type { IdGenerator, RequestFields, RequestLog } from '../../domain/ports.ts';
import { withFallback } from '../../lib/deadline.ts';
import { principalId } from '../api/authentication.ts';
import { PROBLEM_MEDIA_TYPE } from '../api/problems.ts';
import { readClientRequestId } from '../api/request-id.ts';
import type { RequestTracer } from '../api/request-tracer.ts';
import type { Endpoint } from './endpoint.ts';
import type { EndpointStats } from './endpoint-stats.ts';
import { subjectOf } from './endpoints.ts';
import { createRequestDeadline } from './request-deadline.ts';
import type { Outcome, RequestContext, RequestHandling } from './request-handling.ts';

interface Deps {
  readonly handling: RequestHandling;
  readonly requestLog: RequestLog;
  readonly ids: IdGenerator;
  readonly monotonicMs: () => number;
  /** Longest time until the response, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Requests beyond this many at the same time are rejected at once. */
  readonly maxConcurrentRequests: number;
  /** The largest message that the server takes, in bytes, with its headers. */
  readonly maxPayloadBytes: () => number;
  readonly observeRequest?: ((request: ObservedNatsRequest) => void) | undefined;
  readonly tracer?: RequestTracer | undefined;
}

/** The headers of a response are smaller than this: an id, a media type, a code and a time. */
const MAX_HEADER_BYTES = 1_024;

/** One answered request, for metrics. */
export interface ObservedNatsRequest {
  /** The name of a declared endpoint, so that the number of series is bounded. */
  readonly endpoint: string;
  /** The status that the same response has over HTTP. */
  readonly status: number;
  readonly seconds: number;
}

/** Answers messages and counts those without a response. The messages have passed the reply guard. */
export interface Dispatcher {
  dispatch(endpoint: Endpoint, stats: EndpointStats, message: ServiceMsg): void;
  /** Resolves when every dispatched message has its response. */
  drain(): Promise<void>;
}

/**
 * Answers each message once and in time. Work that outlasts its response keeps its slot among the concurrent requests,
 * so that their bound limits the load on the dependencies too.
 */
export function createDispatcher(deps: Deps): Dispatcher {
  const { handling } = deps;
  let unanswered = 0;
  let active = 0;
  let drainListeners: (() => void)[] = [];

  // A counter, not a set: see `LinkedList` for what a set costs.
  function onAnswered(): void {
    unanswered -= 1;
    if (unanswered > 0) return;
    for (const listener of drainListeners) listener();
    drainListeners = [];
  }

  return {
    dispatch(endpoint, stats, message) {
      unanswered += 1;
      void trace(endpoint, message, () => answer(endpoint, stats, message)).finally(onAnswered);
    },
    async drain() {
      while (unanswered > 0) await new Promise<void>((resolve) => drainListeners.push(resolve));
    },
  };

  /** Runs the work in the caller's trace, or in a new one. */
  async function trace(
    endpoint: Endpoint,
    message: ServiceMsg,
    work: () => Promise<Outcome>,
  ): Promise<void> {
    const span = deps.tracer?.begin({
      name: `process ${subjectOf(endpoint)}`,
      attributes: {
        'messaging.system': 'nats',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': subjectOf(endpoint),
      },
      // Joined as HTTP joins repeated headers: the result is not a valid traceparent and starts a new trace.
      traceparent: headerValues(message, 'traceparent').join(', '),
    });
    if (span === undefined) return void (await work());
    const { code, status } = await span.run(work);
    span.end({ errorType: code, failed: status >= 500 });
  }

  async function answer(
    endpoint: Endpoint,
    stats: EndpointStats,
    message: ServiceMsg,
  ): Promise<Outcome> {
    const startedAtMs = deps.monotonicMs();
    const [id, ...moreIds] = headerValues(message, 'X-Request-Id');
    const sentId = id === undefined || moreIds.length > 0 ? {} : { 'x-request-id': id };
    const requestId = deps.ids.next();
    const clientRequestId = readClientRequestId(sentId);
    const context: RequestContext = {
      requestId,
      shownRequestId: clientRequestId ?? requestId,
      principal: { kind: 'anonymous' },
    };
    const outcome = sendable(endpoint, context, await work(endpoint, message, context));
    const durationMs = deps.monotonicMs() - startedAtMs;
    await written({
      request_id: requestId,
      client_request_id: clientRequestId ?? undefined,
      subject: subjectOf(endpoint),
      status: outcome.status,
      code: outcome.code,
      duration_ms: Math.round(durationMs * 10) / 10,
      principal: context.principal.kind,
      principal_id: principalId(context.principal),
    });
    const sent = send(endpoint, message, context, outcome);
    stats.record({ durationMs, code: sent.code });
    deps.observeRequest?.({
      endpoint: endpoint.name,
      status: sent.status,
      seconds: durationMs / 1000,
    });
    return sent;
  }

  /** Resolves when the line is handed to the log: the response leaves after its line. */
  function written(fields: RequestFields): Promise<void> {
    return new Promise((resolve) => deps.requestLog.write(fields, resolve));
  }

  /** A response above the server's size limit becomes a failure. */
  function sendable(endpoint: Endpoint, context: RequestContext, outcome: Outcome): Outcome {
    const maxBytes = deps.maxPayloadBytes();
    // Most responses are far below the limit, and their bytes need not be counted.
    if (3 * outcome.body.length + MAX_HEADER_BYTES <= maxBytes) return outcome;
    const headerBytes = String(responseHeaders(outcome, context)).length;
    if (headerBytes + Buffer.byteLength(outcome.body) <= maxBytes) return outcome;
    return handling.reject(new Error('The response exceeds max_payload.'), endpoint, context);
  }

  function work(
    endpoint: Endpoint,
    message: ServiceMsg,
    context: RequestContext,
  ): Outcome | Promise<Outcome> {
    if (active >= deps.maxConcurrentRequests) {
      const error = new DomainError(
        'overloaded',
        'Too many requests are in progress. Try again later.',
      );
      return handling.reject(error, endpoint, context);
    }
    active += 1;
    const request = {
      data: message.data,
      header: (name: string) => headerValues(message, name),
    };
    const deadline = createRequestDeadline(deps.requestTimeoutMs, deps.monotonicMs);
    const outcome = handling.handle(endpoint, request, context, deadline).finally(() => {
      active -= 1;
    });
    return withFallback(
      deps.requestTimeoutMs,
      () => outcome,
      () => handling.reject(deadline.end(), endpoint, context),
    );
  }

  /** @returns the outcome that was sent */
  function send(
    endpoint: Endpoint,
    message: ServiceMsg,
    context: RequestContext,
    outcome: Outcome,
  ): Outcome {
    try {
      respond(message, outcome, context);
      return outcome;
    } catch (error) {
      const failure = handling.reject(error, endpoint, context);
      try {
        respond(message, failure, context);
      } catch {
        // The caller cannot be reached. `reject` has logged the reason.
      }
      return failure;
    }
  }
}

/** Message headers are case-sensitive, but senders often ignore that. */
function headerValues(message: ServiceMsg, name: string): readonly string[] {
  return message.headers?.values(name, Match.IgnoreCase) ?? [];
}

/** @throws Error when the connection is closed */
function respond(message: ServiceMsg, outcome: Outcome, context: RequestContext): void {
  message.respond(outcome.body, { headers: responseHeaders(outcome, context) });
}

function responseHeaders(outcome: Outcome, { shownRequestId }: RequestContext): MsgHdrs {
  const fields = headers();
  fields.set('X-Request-Id', shownRequestId);
  fields.set('Content-Type', outcome.code === undefined ? 'application/json' : PROBLEM_MEDIA_TYPE);
  if (outcome.code !== undefined) {
    fields.set(ServiceErrorCodeHeader, String(outcome.status));
    fields.set(ServiceErrorHeader, outcome.code);
  }
  if (outcome.originalRequestId !== undefined) {
    fields.set('Idempotent-Replayed', 'true');
    fields.set('Original-Request-Id', outcome.originalRequestId);
  }
  if (outcome.retryAfterSeconds !== undefined) {
    fields.set('Retry-After', String(outcome.retryAfterSeconds));
  }
  return fields;
}
