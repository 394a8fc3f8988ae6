import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../../application/access/caller.ts';
import { principalId } from '../../api/authentication.ts';
import type { HttpDeps } from '../http-deps.ts';
import type { ClientAddress } from './forwarded-address.ts';
import { routeOf } from './request-context.ts';
import { shownRequestId } from './request-origin.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Its line is handed to the log. */
    isLogged: boolean;
  }
}

/**
 * Writes the one log line of a request, and then sends the response. The line has the route template, never the sent
 * path, the query, a header or a body. If `send` throws, the request is answered as any other that failed.
 */
export type LogRequest = (request: FastifyRequest, reply: FastifyReply, send: () => void) => void;

export function createLogRequest(
  fastify: Pick<FastifyInstance, 'decorateRequest'>,
  { requestLog, clientAddress }: Pick<HttpDeps, 'requestLog'> & { clientAddress: ClientAddress },
): LogRequest {
  fastify.decorateRequest('isLogged', false);
  return (request, reply, send) => {
    if (request.isLogged) {
      send();
      return;
    }
    request.isLogged = true;
    const { caller, problemCode } = request;
    const shownId = shownRequestId(request);
    const principal: Principal = caller?.principal ?? { kind: 'anonymous' };
    const fields = {
      request_id: request.id,
      client_request_id: shownId === request.id ? undefined : shownId,
      method: request.method,
      route: routeOf(request),
      status: reply.statusCode,
      code: problemCode ?? undefined,
      duration_ms: Math.round(reply.elapsedTime * 10) / 10,
      client_ip: caller?.ip ?? clientAddress(request.raw),
      principal: principal.kind,
      principal_id: principalId(principal),
    };
    requestLog.write(fields, () => sendOrFail(reply, send));
  };
}

/** The response leaves outside the handler of its request: no other code would see an error of it. */
function sendOrFail(reply: FastifyReply, send: () => void): void {
  try {
    send();
  } catch (error) {
    try {
      reply.send(error);
    } catch {
      reply.raw.destroy();
    }
  }
}

/** Counts a request that has its response, with the time until then. Successful long-lived ones count as streams. */
export function observeRequest(
  { metrics }: Pick<HttpDeps, 'metrics'>,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (request.isLongLived && reply.statusCode < 400) return;
  metrics?.observeRequest({
    route: routeOf(request),
    method: request.method,
    status: reply.statusCode,
    seconds: reply.elapsedTime / 1000,
  });
}
