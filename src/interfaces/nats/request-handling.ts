import type { Principal } from '../../application/access/caller.ts';
import type { Logger, RequestDeadline } from '../../domain/ports.ts';
import { createAuthentication } from '../api/authentication.ts';
import { canonicalContent, readIdempotencyKey } from '../api/idempotency-key.ts';
import { PROBLEMS, type ProblemCode } from '../api/problem-table.ts';
import { EdgeError, problemDocument, toProblem } from '../api/problems.ts';
import { BODY_LIMIT_BYTES, parseJsonBytes } from '../api/request-json.ts';
import { writeJson } from '../api/response-json.ts';
import { assertNoFieldErrors, findFieldErrors } from '../api/validation.ts';
import {
  Accepted,
  type Endpoint,
  type EndpointRequest,
  type EndpointSettings,
  type NatsUseCases,
} from './endpoint.ts';
import { subjectOf } from './endpoints.ts';

export interface RequestMessage {
  readonly data: Uint8Array;
  /** All values of a header; the name matches in any case. */
  header(name: string): readonly string[];
}

/** What the log line of a request needs; `principal` is set once the caller is authenticated. */
export interface RequestContext {
  /** Unique: names the request in logs and events. */
  readonly requestId: string;
  /** The id that the caller sent, or the same as `requestId`. */
  readonly shownRequestId: string;
  principal: Principal;
}

/** The response to a request, before it becomes a message. */
export interface Outcome {
  readonly status: number;
  /** Set for failures only. */
  readonly code?: ProblemCode;
  readonly body: string;
  readonly retryAfterSeconds?: number;
  /** The id of the earlier request with the same `Idempotency-Key`, whose answer this is. */
  readonly originalRequestId?: string;
}

interface Deps {
  readonly useCases: NatsUseCases;
  readonly logger: Logger;
  /** Formats a time as RFC 3339 text in UTC. */
  readonly formatTime: (time: Date) => string;
  readonly settings: EndpointSettings;
}

export type RequestHandling = ReturnType<typeof createRequestHandling>;

/**
 * Turns a message into its outcome. The order is that of the HTTP interface: credentials, then the bytes of the body,
 * then the body against its schema, then the use case. Neither function throws or rejects.
 */
export function createRequestHandling(deps: Deps) {
  const authenticate = createAuthentication(deps);

  async function handle(
    endpoint: Endpoint,
    message: RequestMessage,
    context: RequestContext,
    deadline: RequestDeadline,
  ): Promise<Outcome> {
    try {
      const principal = authenticate(endpoint.access, readAuthorization(message));
      context.principal = principal instanceof Promise ? await principal : principal;
      deps.useCases.limits.checkService(context);
      const body = readBody(endpoint, message.data);
      assertNoFieldErrors(findFieldErrors('body', endpoint.body, body));
      const { requestId } = context;
      const caller = {
        principal: context.principal,
        requestId,
        ip: null,
        userAgent: null,
        deadline,
      };
      const header = (name: string): string | undefined => {
        const values = message.header(name);
        return values.length === 0 ? undefined : values.join(', ');
      };
      return await execute(endpoint, { caller, body: body as never, header });
    } catch (error) {
      return reject(error, endpoint, context);
    }
  }

  /** Executes the request, or finds the answer of an earlier one with the same `Idempotency-Key`. */
  async function execute(endpoint: Endpoint, request: EndpointRequest<never>): Promise<Outcome> {
    const write = async (one: EndpointRequest<never>): Promise<Outcome> => {
      const response = await endpoint.handle(one, deps.useCases, deps.settings);
      if (response instanceof Accepted) {
        const schema = endpoint.acceptedResponse ?? endpoint.response;
        return { status: 202, body: writeJson(schema, response.body, deps.formatTime) };
      }
      const body = writeJson(endpoint.response, response, deps.formatTime);
      return { status: endpoint.status ?? 200, body };
    };
    const sent = endpoint.acceptsIdempotencyKey ? request.header('Idempotency-Key') : undefined;
    if (sent === undefined) return await write(request);
    const key = readIdempotencyKey(sent);
    const content = canonicalContent(
      { method: 'NATS', path: subjectOf(endpoint) },
      { params: null, query: null, body: request.body, ifMatch: request.header('If-Match') },
    );
    const { answer, originalRequestId } = await deps.useCases.idempotency.answerOnce(
      request.caller,
      { key, content },
      async (caller) => ({ ...(await write({ ...request, caller })), headers: {} }),
    );
    const outcome = { status: answer.status, body: answer.body ?? '' };
    return originalRequestId === null ? outcome : { ...outcome, originalRequestId };
  }

  /** Turns an error into its problem document, and logs it if it is unexpected. */
  function reject(error: unknown, endpoint: Endpoint, context: RequestContext): Outcome {
    const problem = toProblem(error, 'body');
    if (problem.code === 'internal_error') {
      deps.logger.error('request failed', {
        request_id: context.requestId,
        subject: subjectOf(endpoint),
        error,
      });
    }
    const { retryAfterSeconds } = problem;
    return {
      status: PROBLEMS[problem.code].status,
      code: problem.code,
      body: JSON.stringify(problemDocument(problem, context.shownRequestId)),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    };
  }

  return { handle, reject };
}

function readAuthorization(message: RequestMessage): string | undefined {
  const values = message.header('Authorization');
  if (values.length > 1) {
    throw new EdgeError('malformed_request', 'The Authorization header was sent more than once.');
  }
  return values[0];
}

function readBody({ bodyOptional, limitBytes }: Endpoint, data: Uint8Array): unknown {
  if (data.byteLength > (limitBytes ?? BODY_LIMIT_BYTES)) {
    throw new EdgeError('payload_too_large', 'The message is larger than this subject accepts.');
  }
  return bodyOptional === true && data.byteLength === 0 ? {} : parseJsonBytes(data);
}
