import type { Principal } from '../../application/access/caller.ts';
import type { Logger } from '../../domain/ports.ts';
import { createAuthentication } from '../api/authentication.ts';
import { PROBLEMS, type ProblemCode } from '../api/problem-table.ts';
import { EdgeError, problemDocument, toProblem } from '../api/problems.ts';
import { BODY_LIMIT_BYTES, parseJsonBytes } from '../api/request-json.ts';
import { writeJson } from '../api/response-json.ts';
import { assertNoFieldErrors, findFieldErrors } from '../api/validation.ts';
import type { Endpoint, NatsUseCases } from './endpoint.ts';
import { subjectOf } from './endpoints.ts';

/** A request as it came; header names in any case. */
export interface RequestMessage {
  readonly data: Uint8Array;
  /** Every value of a header. */
  header(name: string): readonly string[];
}

/** What is known of a request while it is worked on; the log line is made of it. */
export interface RequestContext {
  readonly requestId: string;
  principal: Principal;
}

/** A request's answer before it is a message. */
export interface Outcome {
  readonly status: number;
  /** Set for failures. */
  readonly code?: ProblemCode;
  readonly body: string;
  /** Whole seconds after which a retry makes sense. */
  readonly retryAfterSeconds?: number;
}

interface Deps {
  readonly useCases: NatsUseCases;
  readonly logger: Logger;
  /** Writes a time as RFC 3339 text in UTC. */
  readonly formatTime: (time: Date) => string;
}

/** Answers requests of one endpoint after the other's kind. */
export type RequestHandling = ReturnType<typeof createRequestHandling>;

/**
 * ConnectionQueue a message into its outcome, in the order of the HTTP edge: credentials, then the body's bytes, then the body
 * against its schema, then the use case. Neither function ever throws or rejects.
 */
export function createRequestHandling(deps: Deps) {
  const authenticate = createAuthentication(deps);

  async function handle(
    endpoint: Endpoint,
    message: RequestMessage,
    context: RequestContext,
  ): Promise<Outcome> {
    try {
      context.principal = await authenticate(endpoint.access, readAuthorization(message));
      const body = readBody(endpoint, message.data);
      assertNoFieldErrors(findFieldErrors('body', endpoint.body, body));
      const caller = { ...context, ip: null, userAgent: null };
      const answer = await endpoint.handle({ caller, body: body as never }, deps.useCases);
      return { status: 200, body: writeJson(endpoint.answer, answer, deps.formatTime) };
    } catch (error) {
      return refuse(error, endpoint, context);
    }
  }

  /** The outcome of a failure: a problem document, and a log line for what nobody foresaw. */
  function refuse(error: unknown, endpoint: Endpoint, { requestId }: RequestContext): Outcome {
    const problem = toProblem(error, 'body');
    if (problem.code === 'internal_error') {
      deps.logger.error('request failed', {
        request_id: requestId,
        subject: subjectOf(endpoint),
        error,
      });
    }
    const { retryAfterSeconds } = problem;
    return {
      status: PROBLEMS[problem.code].status,
      code: problem.code,
      body: JSON.stringify(problemDocument(problem, requestId)),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    };
  }

  return { handle, refuse };
}

function readAuthorization(message: RequestMessage): string | undefined {
  const values = message.header('Authorization');
  if (values.length > 1) {
    throw new EdgeError('malformed_request', 'The header Authorization is sent more than once.');
  }
  return values[0];
}

function readBody({ bodyOptional, limitBytes }: Endpoint, data: Uint8Array): unknown {
  if (data.byteLength > (limitBytes ?? BODY_LIMIT_BYTES)) {
    throw new EdgeError('payload_too_large', PROBLEMS.payload_too_large.meaning);
  }
  return bodyOptional === true && data.byteLength === 0 ? {} : parseJsonBytes(data);
}
