import cors from '@fastify/cors';
import Fastify, { type FastifyInstance } from 'fastify';
import { EdgeError } from '../../api/problems.ts';
import { readRequestId } from '../../api/request-id.ts';
import { BODY_LIMIT_BYTES } from '../../api/request-json.ts';
import type { HttpDeps } from '../http-deps.ts';
import type { Route } from '../route.ts';
import { managementRoutes, operatorRoutes, publicRoutes } from '../route-table.ts';
import { createClientErrorHandler } from './client-errors.ts';
import { closeConnectionsInTime } from './connection-draining.ts';
import { createSendProblem, refuseUnknownRoutes } from './error-handling.ts';
import { mountRoutes, refuseUndeclaredAccess } from './mount-routes.ts';
import { makeRoomForNotes } from './request-context.ts';
import { createLogRequest } from './request-log.ts';
import { traceRequests } from './request-tracing.ts';
import { createResponseDeadline } from './response-deadline.ts';
import { corsOptions, createResponseHeaders } from './response-headers.ts';

export type { HttpDeps, HttpSettings } from '../http-deps.ts';

/** Largest request line and headers together, in bytes. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Longest request target, in bytes (RFC 9110 §4.1 asks for at least 8,000). */
const MAX_TARGET_BYTES = 8_000;
/** How often connections are checked against their timeouts; Node's own 30 s would stretch each by as much. */
const CONNECTIONS_CHECK_INTERVAL_MS = 2_000;
/** Longer than the idle timeout of common load balancers, so that they close first and no request is lost. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;

/**
 * Builds the HTTP server, not listening yet: the public one, or with `operator` the one of the control socket.
 * @throws Error when a route has no access policy.
 */
export function createHttpServer(deps: HttpDeps): Promise<FastifyInstance> {
  const routes = [
    ...publicRoutes(deps.settings),
    ...(deps.operator === true ? operatorRoutes : []),
  ];
  return createServer(deps, routes);
}

/** Builds the management server, not listening yet: health and metrics, and nothing else. */
export function createManagementServer(deps: HttpDeps): Promise<FastifyInstance> {
  return createServer(deps, managementRoutes);
}

async function createServer(deps: HttpDeps, routes: readonly Route[]): Promise<FastifyInstance> {
  const { settings } = deps;
  const sendProblem = createSendProblem(deps.logger);
  const logRequest = createLogRequest(deps);
  const answerHeaders = createResponseHeaders(deps.settings);
  const fastify = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: settings.requestTimeoutMs,
    // A socket that is silent for the whole of receiving and answering a request has nobody at its end.
    connectionTimeout: 2 * settings.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: settings.headersTimeoutMs,
      connectionsCheckingInterval: CONNECTIONS_CHECK_INTERVAL_MS,
    },
    // Stopping answers what still comes over open connections, and closes each after its answer.
    return503OnClosing: false,
    trustProxy:
      deps.operator === true || settings.trustedProxies.length === 0
        ? false
        : [...settings.trustedProxies],
    requestIdHeader: false,
    genReqId: (request) => readRequestId(request, deps.ids),
    // Routes validate and write in the handler layer. Fastify's own compilers would only cost time at the start.
    schemaController: {
      compilersFactory: { buildValidator: refuseSchemas, buildSerializer: refuseSchemas },
    },
    routerOptions: { maxParamLength: MAX_TARGET_BYTES },
    frameworkErrors: (error, request, reply) => {
      // No hook runs for a target that is no URI: what they do is done here.
      answerHeaders(request.id, reply);
      sendProblem(error, request, reply);
      logRequest(request, reply);
    },
    clientErrorHandler: createClientErrorHandler(deps),
  });
  fastify.server.maxConnections = settings.maxConnections;
  closeConnectionsInTime(fastify, settings.requestTimeoutMs);

  // Bodies stay bytes until the handler layer reads them by what the route declares.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  fastify.setErrorHandler(sendProblem);
  refuseUnknownRoutes(fastify, routes);
  refuseUndeclaredAccess(fastify);
  makeRoomForNotes(fastify);
  const deadline = createResponseDeadline(fastify, settings.requestTimeoutMs);
  if (deps.tracer !== undefined && deps.operator !== true) traceRequests(fastify, deps.tracer);
  // Hooks of every request call back instead of returning promises: each promise is a turn of the microtask queue.
  fastify.addHook('onRequest', (request, reply, done) => {
    deadline.begin(reply);
    answerHeaders(request.id, reply);
    const isLong = request.url.length > MAX_TARGET_BYTES;
    done(isLong ? new EdgeError('uri_too_long', 'The request target is too long.') : undefined);
  });
  // Asked when the answer leaves: a request that came before the end of service must not keep its connection either.
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (deps.isDraining()) reply.header('connection', 'close');
    done(null, payload);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    deadline.end(reply);
    logRequest(request, reply);
    done();
  });
  if (settings.corsOrigins.length > 0 && deps.operator !== true) {
    await fastify.register(cors, corsOptions(settings.corsOrigins));
  }
  mountRoutes(fastify, routes, deps);
  await fastify.ready();
  return fastify;
}

function refuseSchemas(): never {
  throw new Error('Routes carry no schemas of Fastify: they would be a second set of rules.');
}
