import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../../application/access/caller.ts';
import { principalId } from '../../api/authentication.ts';
import type { HttpDeps } from '../http-deps.ts';
import type { ClientAddress } from './forwarded-address.ts';
import { routeOf } from './request-context.ts';
import { shownRequestId } from './request-origin.ts';

/** Writes one log line per request. It has the route template, never the sent path, the query, a header or a body. */
export type LogRequest = (request: FastifyRequest, reply: FastifyReply) => void;

export function createLogRequest(
  deps: Pick<HttpDeps, 'logger' | 'metrics'> & { readonly clientAddress: ClientAddress },
): LogRequest {
  return (request, reply) => {
    const route = routeOf(request);
    const status = reply.statusCode;
    const durationMs = reply.elapsedTime;
    deps.metrics?.observeRequest({
      route,
      method: request.method,
      status,
      seconds: durationMs / 1000,
    });
    const { caller, problemCode } = request;
    const shownId = shownRequestId(request);
    const principal: Principal = caller?.principal ?? { kind: 'anonymous' };
    deps.logger.info('request', {
      request_id: request.id,
      client_request_id: shownId === request.id ? undefined : shownId,
      method: request.method,
      route,
      status,
      code: problemCode ?? undefined,
      duration_ms: Math.round(durationMs * 10) / 10,
      client_ip: caller?.ip ?? deps.clientAddress(request.raw),
      principal: principal.kind,
      principal_id: principalId(principal),
    });
  };
}
