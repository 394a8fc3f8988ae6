import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RequestSpan, RequestTracer } from '../../api/request-tracer.ts';
import { managementRoutes } from '../route-table.ts';
import { routeOf, UNKNOWN_ROUTE } from './request-context.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined when tracing is off, null for a request that is not traced. */
    span?: RequestSpan | null;
  }
}

/** Probes and scrapes arrive every second, and their traces have no use. */
const UNTRACED: ReadonlySet<string> = new Set(managementRoutes.map(({ path }) => path));
/** Any other method could be arbitrary text of the caller. */
const KNOWN_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);

/**
 * Traces requests with the names of OpenTelemetry's semantic conventions for HTTP servers. A span shows the method and
 * the route template, and nothing else of the request. Call this before you add any other hook.
 */
export function traceRequests(fastify: FastifyInstance, tracer: RequestTracer): void {
  fastify.decorateRequest('span', null);

  fastify.addHook('onRequest', (request, reply, done) => {
    const route = routeOf(request);
    if (UNTRACED.has(route)) return done();
    const span = tracer.begin({
      ...describe(request.method, route),
      traceparent: headerOf(request),
    });
    request.span = span;
    // For clients that disconnect early. After the response this has no effect.
    reply.raw.once('close', () => span.end({ errorType: 'connection_closed' }));
    span.run(done);
  });
  // The line of the request is written in a later hook, and names the trace of the current context.
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    const { span } = request;
    const next = () => done(null, payload);
    if (span === undefined || span === null) next();
    else span.run(next);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const { span } = request;
    if (span === undefined || span === null) return done();
    const status = reply.statusCode;
    span.end({
      attributes: { 'http.response.status_code': status },
      ...(status >= 500 ? { errorType: String(status), failed: true } : {}),
    });
    // Pipelined responses are sent together, and the current context can be that of another request.
    span.run(done);
  });
}

function describe(sent: string, route: string) {
  const isKnown = KNOWN_METHODS.has(sent);
  const method = isKnown ? sent : '_OTHER';
  const named = isKnown ? sent : 'HTTP';
  if (route === UNKNOWN_ROUTE)
    return { name: named, attributes: { 'http.request.method': method } };
  return {
    name: `${named} ${route}`,
    attributes: { 'http.request.method': method, 'http.route': route },
  };
}

function headerOf({ headers }: FastifyRequest): string | undefined {
  const { traceparent } = headers;
  return typeof traceparent === 'string' ? traceparent : undefined;
}
