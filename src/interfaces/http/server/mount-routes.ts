import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../../application/access/caller.ts';
import { createAuthentication } from '../../api/authentication.ts';
import type { ProblemFieldError } from '../../api/problems.ts';
import { BODY_LIMIT_BYTES } from '../../api/request-json.ts';
import { writeJson } from '../../api/response-json.ts';
import { assertNoFieldErrors, findFieldErrors } from '../../api/validation.ts';
import type { HttpDeps } from '../http-deps.ts';
import type { Route, RouteRequest, RouteResponse } from '../route.ts';
import { readBody } from './request-body.ts';
import { readClientIp } from './request-origin.ts';
import { readQuery } from './request-query.ts';

const JSON_MEDIA_TYPE = 'application/json; charset=utf-8';

/** The route's template as Fastify writes it. */
export function fastifyPath(path: string): string {
  return path.replace(/\{([a-z_]+)\}/g, ':$1');
}

/**
 * Mounts routes. All reading of a request happens here and in one order: credentials before the body is received,
 * then the body's bytes, then every part against its schema, then the use case.
 */
export function mountRoutes(
  fastify: FastifyInstance,
  routes: readonly Route[],
  deps: HttpDeps,
): void {
  const authenticate = createAuthentication(deps);

  for (const route of routes) {
    fastify.route({
      method: route.method,
      url: fastifyPath(route.path),
      bodyLimit: route.body?.limitBytes ?? BODY_LIMIT_BYTES,
      config: { access: route.access, fieldsIn: route.body === undefined ? 'query' : 'body' },
      onRequest: async (request) => {
        request.template = route.path;
        // Before anything is waited for: once its client is gone, a socket tells no address any more.
        const nobody = anonymous(request);
        request.caller = nobody;
        const principal = await authenticate(route.access, request.headers.authorization);
        request.caller = { ...nobody, principal };
      },
      handler: async (request, reply) => {
        const caller = request.caller ?? anonymous(request);
        const answer = await route.handle(readRequest(request, route, caller), deps);
        return send(reply, route, answer, deps.formatTime);
      },
    });
  }
}

/**
 * Makes the registration of a route without a declared policy fail: denial is the default. The preflight answers of
 * CORS are the one exception; they carry no data.
 */
export function refuseUndeclaredAccess(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', ({ config, method, url }) => {
    const { access } = (config ?? {}) as { access?: unknown };
    if (typeof access !== 'string' && method !== 'OPTIONS') {
      throw new Error(`The route ${method} ${url} declares no access policy.`);
    }
  });
}

function anonymous(request: FastifyRequest): Caller {
  return {
    principal: { kind: 'anonymous' },
    requestId: request.id,
    ip: readClientIp(request),
    userAgent: request.headers['user-agent'] ?? null,
  };
}

/** What a route's handler sees; the one place where a body, a query and path parameters become trusted. */
function readRequest(
  request: FastifyRequest,
  route: Route,
  caller: Caller,
): RouteRequest<never, never, never> {
  const body = readBody(request, route.body);
  const query = readQuery(request.query, route.query);
  const params = request.params as Readonly<Record<string, string>>;
  const fieldErrors: ProblemFieldError[] = [];
  if (route.params !== undefined)
    fieldErrors.push(...findFieldErrors('path', route.params, params));
  if (route.query !== undefined) fieldErrors.push(...findFieldErrors('query', route.query, query));
  if (route.body !== undefined)
    fieldErrors.push(...findFieldErrors('body', route.body.schema, body));
  assertNoFieldErrors(fieldErrors);
  return {
    caller,
    params: lowerCased(params) as never,
    query: query as never,
    body: body as never,
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
  };
}

function lowerCased(params: Readonly<Record<string, string>>): Record<string, string> {
  const lower: Record<string, string> = {};
  for (const name in params) lower[name] = params[name]?.toLowerCase() ?? '';
  return lower;
}

/** @throws Error for a status that the route does not declare. */
function send(
  reply: FastifyReply,
  { responses }: Route,
  answer: RouteResponse,
  formatTime: (time: Date) => string,
): FastifyReply {
  const declared = responses[answer.status];
  if (declared === undefined) throw new Error(`The route declares no answer ${answer.status}.`);
  const { schema, mediaType } = declared;
  const plain = schema === undefined || mediaType !== undefined;
  // Written before anything of the reply is set: a body that cannot be written is answered by a problem alone.
  const body = plain ? answer.body : writeJson(schema, answer.body, formatTime);
  reply.code(answer.status);
  if (answer.headers !== undefined) reply.headers(answer.headers);
  return plain ? reply.send(body) : reply.type(JSON_MEDIA_TYPE).send(body);
}
