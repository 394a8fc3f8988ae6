import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ProblemCode } from '../problem-table.ts';
import { principalFields } from './authentication.ts';
import type { HttpDeps } from './http-deps.ts';
import type { CallerLog } from './mount-routes.ts';
import { readClientIp } from './request-origin.ts';

/** Puts the code of each refused request where the request log finds it. */
export type ProblemLog = WeakMap<FastifyRequest, ProblemCode>;

/** What stands for the path of a request that no route serves; the path itself is the caller's text. */
const UNKNOWN_ROUTE = 'unknown';

/** Writes one line a request, by route template: never the path as sent, the query, a header or a body. */
export type LogRequest = (request: FastifyRequest, reply: FastifyReply) => void;

/** Logs and counts answered requests. */
export function createLogRequest(
  deps: Pick<HttpDeps, 'logger' | 'metrics'>,
  callers: CallerLog,
  problems: ProblemLog,
): LogRequest {
  return (request, reply) => {
    const route = routeOf(request);
    const status = reply.statusCode;
    const code = problems.get(request);
    deps.metrics?.observeRequest({
      route,
      method: request.method,
      status,
      seconds: reply.elapsedTime / 1000,
    });
    deps.logger.info('request', {
      request_id: request.id,
      method: request.method,
      route,
      status,
      ...(code === undefined ? {} : { code }),
      duration_ms: Math.round(reply.elapsedTime * 10) / 10,
      client_ip: readClientIp(request),
      ...principalFields(callers.get(request) ?? { principal: { kind: 'anonymous' } }),
    });
  };
}

/** The template of the request's route, in the form of the contract. */
export function routeOf(request: FastifyRequest): string {
  const url = request.is404 ? undefined : request.routeOptions?.url;
  return url?.replace(/:([a-z_]+)/g, '{$1}') ?? UNKNOWN_ROUTE;
}
