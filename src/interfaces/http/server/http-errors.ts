import type { FastifyRequest } from 'fastify';
import { DomainError } from '../../../domain/errors.ts';
import { type EdgeCode, PROBLEMS } from '../../api/problem-table.ts';
import { EdgeError, type Problem } from '../../api/problems.ts';
import { AmbiguousRequest } from './request-checks.ts';

/** The request did not arrive within `server.request_timeout`, or its response within `server.request_deadline`. */
export class RequestTimedOut extends Error {
  override readonly name = 'RequestTimedOut';
  /** Whether a change was being committed. Otherwise nothing is changed any more. */
  readonly isCommitting: boolean;

  constructor(isCommitting: boolean) {
    super('The request was not answered in time.');
    this.isCommitting = isCommitting;
  }
}

/** The path exists, but does not support the method (RFC 9110 §15.5.6). */
export class MethodNotAllowed extends EdgeError {
  override readonly name = 'MethodNotAllowed';
  readonly allowed: readonly string[];

  constructor(allowed: readonly string[]) {
    super('method_not_allowed', 'The path does not support this method.');
    this.allowed = allowed;
  }
}

/** Fastify's rejections. Every other 4xx error of Fastify is a malformed request. */
const FRAMEWORK_CODES: Readonly<Record<string, EdgeCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_MAX_PARAM_LENGTH: 'uri_too_long',
};

/** Translates timeouts and Fastify's errors; returns every other error unchanged. */
export function translateHttpError(error: unknown, request: FastifyRequest): unknown {
  if (error instanceof EdgeError) return error;
  if (error instanceof RequestTimedOut) return timeOutError(error, request);
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (typeof code === 'string' && typeof statusCode === 'number' && statusCode < 500) {
    return edgeError(FRAMEWORK_CODES[code] ?? 'malformed_request');
  }
  return error;
}

/** After a commit was sent, the caller has to read the state first; every other request can be repeated safely. */
function timeOutError({ message, isCommitting }: RequestTimedOut, request: FastifyRequest): Error {
  if (request.raw.complete === false) return edgeError('request_timeout');
  return new DomainError(isCommitting ? 'outcome_unknown' : 'unavailable', message);
}

function edgeError(code: EdgeCode): EdgeError {
  return new EdgeError(code, PROBLEMS[code].meaning);
}

/**
 * Returns the headers of a problem: `WWW-Authenticate` (RFC 9110 §11.6.1, RFC 6750 §3, RFC 9470 §3), `Retry-After` (RFC 9110
 * §10.2.3) and `Allow` (RFC 9110 §10.2.1). A connection with an incomplete or ambiguous request cannot carry another
 * one.
 */
export function problemHeaders(problem: Problem, error: unknown): Record<string, string> {
  const { code, retryAfterSeconds } = problem;
  const realm = 'Bearer realm="user-service"';
  if (retryAfterSeconds !== undefined) return { 'retry-after': String(retryAfterSeconds) };
  if (error instanceof MethodNotAllowed) return { allow: error.allowed.join(', ') };
  if (code === 'request_timeout' || error instanceof AmbiguousRequest)
    return { connection: 'close' };
  if (code === 'invalid_token') return { 'www-authenticate': `${realm}, error="invalid_token"` };
  if (code === 'step_up_required') {
    const parameters = `error="insufficient_user_authentication", error_description="${problem.detail}", max_age="${problem.maxAgeSeconds ?? 0}"`;
    return { 'www-authenticate': `${realm}, ${parameters}` };
  }
  if (code === 'forbidden') return { 'www-authenticate': `${realm}, error="insufficient_scope"` };
  return PROBLEMS[code].status === 401 ? { 'www-authenticate': realm } : {};
}
