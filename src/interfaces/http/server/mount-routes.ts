import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller, Principal, Quota } from '../../../application/access/caller.ts';
import { createAuthentication } from '../../api/authentication.ts';
import { canonicalContent, readIdempotencyKey } from '../../api/idempotency-key.ts';
import type { ProblemFieldError } from '../../api/problems.ts';
import { rateLimitFields } from '../../api/rate-limit-fields.ts';
import { BODY_LIMIT_BYTES } from '../../api/request-json.ts';
import { writeJson } from '../../api/response-json.ts';
import { assertNoFieldErrors, findFieldErrors } from '../../api/validation.ts';
import type { HttpDeps } from '../http-deps.ts';
import type { LongLivedConnection } from '../long-lived.ts';
import {
  acceptsIdempotencyKey,
  policiesOf,
  type Route,
  type RouteRequest,
  type RouteResponse,
} from '../route.ts';
import { createReadSessionCookie } from '../session-cookie.ts';
import { createBasicAuthentication } from './basic-authentication.ts';
import type { ClientAddress } from './forwarded-address.ts';
import { createLongLivedConnections } from './long-lived-connections.ts';
import { readBody } from './request-body.ts';
import { RequestCaller } from './request-caller.ts';
import { readQuery } from './request-query.ts';
import type { ResponseDeadline } from './response-deadline.ts';

const NO_HEADERS: Readonly<Record<string, string>> = {};
/** Of routes that answer within their deadline. */
const SHORT: LongLivedConnection = {
  signal: new AbortController().signal,
  elapsedMs: () => 0,
  verifyAgain: async () => {},
};
const JSON_MEDIA_TYPE = 'application/json; charset=utf-8';

/** Turns `/v1/users/{id}` into Fastify's `/v1/users/:id`. */
export function fastifyPath(path: string): string {
  return path.replace(/\{([a-z_]+)\}/g, ':$1');
}

/**
 * Mounts routes. Every request is read here, in one order: credentials before the body arrives, then the bytes of the
 * body, then each part against its schema, then the use case.
 */
export function mountRoutes(
  fastify: FastifyInstance,
  routes: readonly Route[],
  deps: HttpDeps & {
    readonly deadline: Pick<ResponseDeadline, 'beginWork' | 'end'>;
    readonly clientAddress: ClientAddress;
  },
): void {
  const authenticate = createAuthentication(deps);
  const authenticateBasic = createBasicAuthentication(deps);
  const readSessionCookie = createReadSessionCookie(deps.settings);
  const keepOpen = createLongLivedConnections(fastify, { ...deps, authenticate });

  for (const route of routes) {
    const isLimited = policiesOf(route).length > 0;
    const acceptsKey = acceptsIdempotencyKey(route);
    fastify.route({
      method: route.method,
      url: fastifyPath(route.path),
      bodyLimit: route.body?.limitBytes ?? BODY_LIMIT_BYTES,
      config: {
        access: route.access,
        fieldsIn: route.body === undefined ? 'query' : 'body',
        errors: route.errors,
      },
      // With a callback: for credentials that are cached, the request goes on without a promise.
      onRequest: (request, reply, done) => {
        request.template = route.path;
        // Before waiting: a socket has no address after its client disconnects.
        const caller = new RequestCaller(request, deps.clientAddress);
        request.caller = caller;
        const goOn = (principal: Principal): void => {
          caller.principal = principal;
          if (isLimited) caller.reportQuotas = showQuotas(reply);
          try {
            if (principal.kind === 'service') deps.useCases.limits.checkService(caller);
          } catch (error) {
            done(error as Error);
            return;
          }
          done();
        };
        let principal: Principal | Promise<Principal>;
        try {
          const { authorization } = request.headers;
          const cookie = route.sessionCookie && readSessionCookie(request.headers);
          request.sessionCookie = cookie ?? null;
          const isReplaced = route.sessionCookie === 'replaces_access_token' && cookie?.token;
          principal =
            (route.acceptsBasic === true ? authenticateBasic(authorization) : null) ??
            authenticate(isReplaced ? 'public' : route.access, authorization);
        } catch (error) {
          done(error as Error);
          return;
        }
        if (principal instanceof Promise) principal.then(goOn, done);
        else goOn(principal);
      },
      handler: async (request, reply) => {
        const caller = request.caller ?? new RequestCaller(request, deps.clientAddress);
        if (route.longLived === true) {
          deps.deadline.end(reply);
          const connection = keepOpen(request, reply, route.access);
          const read = readRequest(request, route, caller, connection);
          return send(reply, render(route, await route.handle(read, deps), deps.formatTime));
        }
        caller.deadline = deps.deadline.beginWork(request, reply);
        if (route.freshness === 'required') await deps.useCases.access.requireFresh(caller);
        const read = readRequest(request, route, caller);
        const key = acceptsKey ? request.headers['idempotency-key'] : undefined;
        if (key !== undefined) return answerOnce(reply, route, read, String(key), deps);
        return send(reply, render(route, await route.handle(read, deps), deps.formatTime));
      },
    });
  }
}

/**
 * Rejects the registration of a route without an access policy, so that access is denied by default. CORS preflight
 * responses are the only exception; they carry no data.
 */
export function rejectUndeclaredAccess(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', ({ config, method, url }) => {
    const { access } = (config ?? {}) as { access?: unknown };
    if (typeof access !== 'string' && method !== 'OPTIONS') {
      throw new Error(`The route ${method} ${url} declares no access policy.`);
    }
  });
}

/** Writes the quotas of the client to the response, whether it succeeds or not. */
function showQuotas(reply: FastifyReply): (quotas: readonly Quota[]) => void {
  return (quotas) => {
    const fields = rateLimitFields(quotas);
    if (fields === null) return;
    reply.header('ratelimit-policy', fields.policy).header('ratelimit', fields.limit);
  };
}

/** Validates body, query and path parameters. Handlers get no unvalidated input. */
function readRequest(
  request: FastifyRequest,
  route: Route,
  caller: Caller,
  connection: LongLivedConnection = SHORT,
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
  // No spread in this literal: it would take half a microsecond in Node.js 20.
  return {
    caller,
    connection,
    sessionCookie: request.sessionCookie,
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

/** A response before it is sent. */
interface RenderedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** @throws Error for a status that the route does not declare */
function render(
  { responses }: Route,
  { status, body, headers = NO_HEADERS }: RouteResponse,
  formatTime: (time: Date) => string,
): RenderedResponse {
  const declared = responses[status];
  if (declared === undefined) throw new Error(`The route does not declare the status ${status}.`);
  const { schema, mediaType } = declared;
  if (schema === undefined || mediaType !== undefined) return { status, headers, body };
  return {
    status,
    // A spread takes twenty times as long as this in Node.js 20.
    headers: Object.assign({ 'content-type': JSON_MEDIA_TYPE }, headers),
    body: writeJson(schema, body, formatTime),
  };
}

function send(reply: FastifyReply, { status, headers, body }: RenderedResponse): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

/** Where the cookie is the credential, another one is of another caller. */
function cookieContent(
  route: Route,
  { sessionCookie }: RouteRequest<never, never, never>,
): string | null {
  if (sessionCookie === null) return null;
  return route.sessionCookie === 'replaces_access_token' ? (sessionCookie.token ?? '') : '';
}

/** Executes a request with an `Idempotency-Key`, or sends the stored answer of the earlier one. */
async function answerOnce(
  reply: FastifyReply,
  route: Route,
  request: RouteRequest<never, never, never>,
  header: string,
  deps: HttpDeps,
): Promise<FastifyReply> {
  const key = readIdempotencyKey(header);
  const content = canonicalContent(route, {
    ...request,
    ifMatch: request.header('if-match'),
    sessionCookie: cookieContent(route, request),
  });
  const { answer, originalRequestId } = await deps.useCases.idempotency.answerOnce(
    request.caller,
    { key, content },
    async (caller) => {
      const response = await route.handle({ ...request, caller }, deps);
      const { body, ...rendered } = render(route, response, deps.formatTime);
      return { ...rendered, body: body === undefined ? null : String(body) };
    },
  );
  if (originalRequestId !== null) {
    reply.header('idempotent-replayed', 'true').header('original-request-id', originalRequestId);
  }
  return send(reply, { ...answer, body: answer.body ?? undefined });
}
