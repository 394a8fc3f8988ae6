import type { IncomingMessage } from 'node:http';
import cors from '@fastify/cors';
import Fastify, { type FastifyInstance } from 'fastify';
import { EdgeError } from '../../api/problems.ts';
import { BODY_LIMIT_BYTES } from '../../api/request-json.ts';
import type { HttpDeps } from '../http-deps.ts';
import type { Route } from '../route.ts';
import { managementRoutes, operatorRoutes, publicRoutes } from '../route-table.ts';
import { limitConnectionsPerAddress } from './address-limit.ts';
import { createClientErrorHandler, rejectConnect } from './client-errors.ts';
import { drainConnectionsOnClose } from './connection-draining.ts';
import { limitRequestsInFlight } from './connection-flow.ts';
import { createAllowedMethods, createSendProblem, rejectUnknownRoutes } from './error-handling.ts';
import { createClientAddress } from './forwarded-address.ts';
import { mountRoutes, rejectUndeclaredAccess } from './mount-routes.ts';
import { AmbiguousRequest, assertReadable } from './request-checks.ts';
import { decorateRequestContext } from './request-context.ts';
import { createLogRequest, type LogRequest, observeRequest } from './request-log.ts';
import { createRequestIds, shownRequestId } from './request-origin.ts';
import { traceRequests } from './request-tracing.ts';
import { createResponseDeadline } from './response-deadline.ts';
import { corsOptions, createResponseHeaders } from './response-headers.ts';
import { closeStalledReaders } from './stalled-readers.ts';

export type { HttpDeps, HttpSettings } from '../http-deps.ts';

/** Limit of the request line and the headers together, in bytes. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Limit of the request target, in bytes (RFC 9110 §4.1 recommends at least 8,000). */
const MAX_TARGET_BYTES = 8_000;
/** Time between two checks of connection timeouts. Node's default of 30 s would extend each timeout by that much. */
const CONNECTIONS_CHECK_INTERVAL_MS = 2_000;
/** Longer than the idle timeout of common load balancers: they close first, and no request is lost. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;

/**
 * Creates the public HTTP server, or with `operator` the server of the control socket. It does not listen yet.
 * @throws Error when a route has no access policy
 */
export function createHttpServer(deps: HttpDeps): Promise<FastifyInstance> {
  const routes = [
    ...publicRoutes(deps.settings),
    ...(deps.operator === true ? operatorRoutes : []),
  ];
  return createServer(deps, routes);
}

/** Creates the management server, with health and metrics only. It does not listen yet. */
export function createManagementServer(deps: HttpDeps): Promise<FastifyInstance> {
  return createServer(deps, managementRoutes);
}

async function createServer(deps: HttpDeps, routes: readonly Route[]): Promise<FastifyInstance> {
  const { settings } = deps;
  const sendProblem = createSendProblem(deps.logger);
  const trustedProxies = deps.operator === true ? [] : settings.trustedProxies;
  const clientAddress = createClientAddress(trustedProxies);
  const setResponseHeaders = createResponseHeaders(deps.settings);
  // The client of a socket that is silent during a whole request and response is gone.
  const silenceTimeoutMs = 2 * settings.requestTimeoutMs;
  const allowedMethods = createAllowedMethods(routes);
  const rejection = { ...deps, allowedMethods, flow: () => flow };
  const fastify = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: settings.requestTimeoutMs,
    connectionTimeout: silenceTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: settings.headersTimeoutMs,
      // A request without `Host` gets a problem document, as every other rejection.
      requireHostHeader: false,
      connectionsCheckingInterval: CONNECTIONS_CHECK_INTERVAL_MS,
    },
    // During a stop, requests on open connections still get a response; each connection closes after it.
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: createRequestIds(deps.ids, deps.operator === true ? 'all' : trustedProxies),
    // The handler layer validates and serializes. Fastify's compilers would only slow down the start.
    schemaController: {
      compilersFactory: { buildValidator: rejectSchemas, buildSerializer: rejectSchemas },
    },
    routerOptions: { maxParamLength: MAX_TARGET_BYTES },
    frameworkErrors: (error, request, reply) => {
      // Hooks do not run for a target that is not a URI.
      setResponseHeaders(shownRequestId(request), reply);
      sendProblem(error, request, reply, (send) => logRequest(request, reply, send));
      observeRequest(deps, request, reply);
    },
    clientErrorHandler: createClientErrorHandler(rejection),
  });
  fastify.server.maxConnections = settings.maxConnections;
  limitConnectionsPerAddress(fastify.server, { ...deps, ...settings });
  closeStalledReaders(fastify.server, silenceTimeoutMs, deps);
  const flow = limitRequestsInFlight(fastify.server);
  rejectConnect(fastify.server, rejection);
  // Without a listener Node.js answers itself. The request is rejected with all others.
  fastify.server.on('checkExpectation', (request, response) => {
    fastify.server.emit('request', request, response);
  });
  drainConnectionsOnClose(fastify, settings.requestTimeoutMs);

  // With a body, Fastify would reject it by its Content-Type before the path is judged.
  fastify.addHttpMethod('QUERY', { hasBody: false, overrideExisting: true });

  // Bodies stay bytes until the handler layer reads them by the declaration of the route.
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  fastify.setErrorHandler(sendProblem);
  rejectUnknownRoutes(fastify, allowedMethods);
  rejectUndeclaredAccess(fastify);
  decorateRequestContext(fastify);
  const logRequest: LogRequest = createLogRequest(fastify, { ...deps, clientAddress });
  const deadline = createResponseDeadline(fastify, settings);
  if (deps.tracer !== undefined && deps.operator !== true) traceRequests(fastify, deps.tracer);
  function findRejection(request: IncomingMessage): Error | undefined {
    try {
      assertReadable(request);
    } catch (error) {
      // Bytes that another server would read as a body could be the next request here.
      if (error instanceof AmbiguousRequest) flow.endAfterAnswers(request.socket, () => {});
      return error as Error;
    }
    const isLong = (request.url ?? '').length > MAX_TARGET_BYTES;
    return isLong
      ? new EdgeError('uri_too_long', 'The path and query together are too long.')
      : undefined;
  }

  // Hooks use callbacks, not promises: each promise would cost a turn of the microtask queue on every request.
  fastify.addHook('onRequest', (request, reply, done) => {
    deadline.begin(reply);
    setResponseHeaders(shownRequestId(request), reply);
    done(findRejection(request.raw));
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    // The response is ready and only waits for its line: no second one may be sent.
    deadline.end(reply);
    logRequest(request, reply, () => {
      // Checked when the response leaves: a drain that began before must close its connection, too, since the close of
      // the server has passed over it.
      if (deps.isDraining()) reply.header('connection', 'close');
      done(null, payload);
    });
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    deadline.end(reply);
    observeRequest(deps, request, reply);
    done();
  });
  if (settings.corsOrigins.length > 0 && deps.operator !== true) {
    await fastify.register(cors, corsOptions(settings));
  }
  mountRoutes(fastify, routes, { ...deps, deadline, clientAddress });
  await fastify.ready();
  return fastify;
}

function rejectSchemas(): never {
  throw new Error('Routes must not have Fastify schemas: these would be a second set of rules.');
}
