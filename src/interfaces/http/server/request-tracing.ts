import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RequestSpan, RequestTracer } from '../../api/request-tracer.ts';
import { managementRoutes } from '../route-table.ts';
import { routeOf, UNKNOWN_ROUTE } from './request-context.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Its place in a trace; only where requests are traced, and null for those that are in none. */
    span?: RequestSpan | null;
  }
}

/** Probes and scrapes come every second, and nobody asks where their time went. */
const UNTRACED: ReadonlySet<string> = new Set(managementRoutes.map(({ path }) => path));
/** Every other method is the caller's choice of text. */
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
 * Puts every request into a trace, under the names of OpenTelemetry's semantic conventions for HTTP servers. Of the
 * request itself only the method and the route's template are told. Call it before any other hook is added.
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
    // After the answer this changes nothing: it is for clients who did not wait for one.
    reply.raw.once('close', () => span.end({ errorType: 'connection_closed' }));
    span.run(done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const { span } = request;
    if (span === undefined || span === null) return done();
    const status = reply.statusCode;
    span.end({
      attributes: { 'http.response.status_code': status },
      ...(status >= 500 ? { errorType: String(status), failed: true } : {}),
    });
    // Pipelined answers leave together, and then this is where another request was.
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
