import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../../../domain/ports.ts';
import { OAuthError, oauthDocument, oauthErrorOf, problemOf } from '../../api/oauth-errors.ts';
import { PROBLEMS } from '../../api/problem-table.ts';
import {
  EdgeError,
  PROBLEM_MEDIA_TYPE,
  type Problem,
  problemDocument,
  toProblem,
} from '../../api/problems.ts';
import type { Route } from '../route.ts';
import { MethodNotAllowed, problemHeaders, translateHttpError } from './http-errors.ts';
import { fastifyPath } from './mount-routes.ts';
import { routeOf } from './request-context.ts';
import { shownRequestId } from './request-origin.ts';

/**
 * Sends the problem document of an error.
 * @param whenReady calls its argument to send the prepared response; at once by default
 */
export type SendProblem = (
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  whenReady?: (send: () => void) => void,
) => void;

/** What `mountRoutes` notes of a route for its errors. */
interface RouteConfig {
  readonly fieldsIn?: 'body' | 'query';
  readonly errors?: 'oauth';
}

/** Handles every error of every request. Only an unexpected error gets its own log line. */
export function createSendProblem(logger: Logger): SendProblem {
  return (error, request, reply, whenReady = (send) => send()) => {
    const { fieldsIn, errors } = (request.routeOptions?.config ?? {}) as RouteConfig;
    const problem =
      error instanceof OAuthError
        ? problemOf(error)
        : toProblem(translateHttpError(error, request), fieldsIn ?? 'body');
    request.problemCode = problem.code;
    if (problem.code === 'internal_error') {
      logger.error('request failed', {
        request_id: request.id,
        method: request.method,
        route: routeOf(request),
        error,
      });
    }
    if (errors === 'oauth') {
      const body = prepareOAuthError(problem, error, reply);
      whenReady(() => void reply.send(body));
      return;
    }
    reply
      .code(PROBLEMS[problem.code].status)
      .headers(problemHeaders(problem, error))
      .type(PROBLEM_MEDIA_TYPE);
    const body = JSON.stringify(problemDocument(problem, shownRequestId(request)));
    whenReady(() => void reply.send(body));
  };
}

/** Sets status and headers. @returns the body */
function prepareOAuthError(problem: Problem, error: unknown, reply: FastifyReply): string {
  const mapped = oauthErrorOf(problem.code);
  const code = error instanceof OAuthError ? error.error : mapped.error;
  const { 'www-authenticate': _bearer, ...headers } = problemHeaders(problem, error);
  reply
    .code(mapped.status)
    .headers(headers)
    .header('pragma', 'no-cache')
    .type('application/json; charset=utf-8');
  if (mapped.status === 401) reply.header('www-authenticate', 'Basic realm="user-service"');
  return JSON.stringify(oauthDocument(code, problem.detail));
}

/** Returns the methods that a path supports, sorted; empty for an unknown path. */
export type AllowedMethods = (path: string) => readonly string[];

export function createAllowedMethods(routes: readonly Route[]): AllowedMethods {
  const byPattern = new Map<string, { pattern: RegExp; methods: Set<string> }>();
  for (const { path, method } of routes) {
    const pattern = `^${fastifyPath(path)
      .replace(/\./g, '\\.')
      .replace(/:[a-z_]+/g, '[^/]+')}$`;
    const known = byPattern.get(pattern) ?? { pattern: new RegExp(pattern), methods: new Set() };
    known.methods.add(method);
    if (method === 'GET') known.methods.add('HEAD');
    byPattern.set(pattern, known);
  }
  return (path) => {
    const matching = [...byPattern.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
  };
}

/** The rejection of a method and target without a route: 404, or 405 if the path has other methods. */
export function unknownRoute(target: string, allowedMethods: AllowedMethods): EdgeError {
  const [path = ''] = target.split('?', 1);
  const methods = allowedMethods(path);
  return methods.length === 0
    ? new EdgeError('not_found', PROBLEMS.not_found.meaning)
    : new MethodNotAllowed(methods);
}

/** Rejects unknown paths with 404, and methods that a path does not support with 405 (RFC 9110 §15.5.6). */
export function rejectUnknownRoutes(
  fastify: FastifyInstance,
  allowedMethods: AllowedMethods,
): void {
  fastify.setNotFoundHandler((request) => {
    throw unknownRoute(request.url, allowedMethods);
  });
}
