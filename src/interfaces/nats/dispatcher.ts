import { ServiceErrorCodeHeader, ServiceErrorHeader, type ServiceMsg } from '@nats-io/services';
import { headers, Match } from '@nats-io/transport-node';
import { DomainError } from '../../domain/errors.ts';
import type { IdGenerator, Logger } from '../../domain/ports.ts';
import { principalId } from '../api/authentication.ts';
import { PROBLEM_MEDIA_TYPE } from '../api/problems.ts';
import { readRequestId } from '../api/request-id.ts';
import type { RequestTracer } from '../api/request-tracer.ts';
import type { Endpoint } from './endpoint.ts';
import type { EndpointStats } from './endpoint-stats.ts';
import { subjectOf } from './endpoints.ts';
import type { Outcome, RequestContext, RequestHandling } from './request-handling.ts';

interface Deps {
  readonly handling: RequestHandling;
  readonly logger: Logger;
  readonly ids: IdGenerator;
  readonly monotonicMs: () => number;
  /** How long a request may take to be answered, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Most requests at work together; those beyond are refused at once. */
  readonly maxConcurrentRequests: number;
  /** Hears of each answered request. */
  readonly observeRequest?: ((request: ObservedNatsRequest) => void) | undefined;
  readonly tracer?: RequestTracer | undefined;
}

/** One answered request, for metrics. */
export interface ObservedNatsRequest {
  /** One of the service's own, so that the number of series is bounded. */
  readonly endpoint: string;
  /** As the same answer has it over HTTP. */
  readonly status: number;
  readonly seconds: number;
}

/** Answers messages, and knows which are still to be answered. */
export interface Dispatcher {
  take(endpoint: Endpoint, counts: EndpointStats, message: ServiceMsg): void;
  /** Resolves when every message that was taken is answered. */
  idle(): Promise<void>;
}

/**
 * Answers each message once and in time. Work that outlasts its answer keeps its place among the concurrent requests,
 * so that their bound holds for what the dependencies see, too.
 */
export function createDispatcher(deps: Deps): Dispatcher {
  const { handling, logger } = deps;
  let unanswered = 0;
  let active = 0;
  let tellIdle: (() => void)[] = [];

  // Counted, not kept in a set: see `LinkedList`.
  function end(): void {
    unanswered -= 1;
    if (unanswered > 0) return;
    for (const tell of tellIdle) tell();
    tellIdle = [];
  }

  return {
    take(endpoint, counts, message) {
      if (message.reply === undefined || message.reply === '') {
        logger.debug('request without a reply subject', { subject: subjectOf(endpoint) });
        return;
      }
      unanswered += 1;
      void trace(endpoint, message, () => answer(endpoint, counts, message)).finally(end);
    },
    async idle() {
      while (unanswered > 0) await new Promise<void>((resolve) => tellIdle.push(resolve));
    },
  };

  /** Puts the answering of a message into the caller's trace, or into one of its own. */
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
      // As HTTP joins them: several are none.
      traceparent: headerValues(message, 'traceparent').join(', '),
    });
    if (span === undefined) return void (await work());
    const { code, status } = await span.run(work);
    span.end({ errorType: code, failed: status >= 500 });
  }

  async function answer(
    endpoint: Endpoint,
    counts: EndpointStats,
    message: ServiceMsg,
  ): Promise<Outcome> {
    const startedAtMs = deps.monotonicMs();
    const [requestId, ...moreIds] = headerValues(message, 'X-Request-Id');
    const sentId =
      requestId === undefined || moreIds.length > 0 ? {} : { 'x-request-id': requestId };
    const context: RequestContext = {
      requestId: readRequestId({ headers: sentId }, deps.ids),
      principal: { kind: 'anonymous' },
    };
    const outcome = send(endpoint, message, context, await work(endpoint, message, context));
    const durationMs = deps.monotonicMs() - startedAtMs;
    counts.count({ durationMs, code: outcome.code });
    const subject = subjectOf(endpoint);
    deps.observeRequest?.({
      endpoint: endpoint.name,
      status: outcome.status,
      seconds: durationMs / 1000,
    });
    logger.info('request', {
      request_id: context.requestId,
      subject,
      status: outcome.status,
      code: outcome.code,
      duration_ms: Math.round(durationMs * 10) / 10,
      principal: context.principal.kind,
      principal_id: principalId(context.principal),
    });
    return outcome;
  }

  function work(
    endpoint: Endpoint,
    message: ServiceMsg,
    context: RequestContext,
  ): Outcome | Promise<Outcome> {
    if (active >= deps.maxConcurrentRequests) {
      const error = new DomainError('overloaded', 'Too many requests are at work. Try again.');
      return handling.refuse(error, endpoint, context);
    }
    active += 1;
    const request = {
      data: message.data,
      header: (name: string) => headerValues(message, name),
    };
    const outcome = handling.handle(endpoint, request, context).finally(() => {
      active -= 1;
    });
    return inTime(outcome, deps.requestTimeoutMs, () => {
      const error = new DomainError('unavailable', 'The request was not answered in time.');
      return handling.refuse(error, endpoint, context);
    });
  }

  /** @returns what was sent in the end: an answer that is larger than the server takes becomes a failure. */
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
      const failure = handling.refuse(error, endpoint, context);
      try {
        respond(message, failure, context);
      } catch {
        // Nobody can be told any more; the log has the reason.
      }
      return failure;
    }
  }
}

/** A header's values; message headers are case-sensitive, their senders often are not. */
function headerValues(message: ServiceMsg, name: string): readonly string[] {
  return message.headers?.values(name, Match.IgnoreCase) ?? [];
}

/** @throws Error when the connection is closed or the server would refuse the message's size. */
function respond(message: ServiceMsg, outcome: Outcome, { requestId }: RequestContext): void {
  const fields = headers();
  fields.set('X-Request-Id', requestId);
  fields.set('Content-Type', outcome.code === undefined ? 'application/json' : PROBLEM_MEDIA_TYPE);
  if (outcome.code !== undefined) {
    fields.set(ServiceErrorCodeHeader, String(outcome.status));
    fields.set(ServiceErrorHeader, outcome.code);
  }
  if (outcome.retryAfterSeconds !== undefined) {
    fields.set('Retry-After', String(outcome.retryAfterSeconds));
  }
  message.respond(outcome.body, { headers: fields });
}

async function inTime(
  outcome: Promise<Outcome>,
  timeoutMs: number,
  late: () => Outcome,
): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => resolve(late()), timeoutMs);
  });
  try {
    return await Promise.race([outcome, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
