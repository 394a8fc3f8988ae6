import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ProblemCode } from '../../api/problem-table.ts';
import type { SessionCookie } from '../session-cookie.ts';
import type { RequestCaller } from './request-caller.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Template of the route, such as `/v1/users/{id}`; null until a route is found. */
    template: string | null;
    /** The caller; anonymous until authentication, null until a route is found. */
    caller: RequestCaller | null;
    /** Of a client in cookie mode, on a route that knows it. */
    sessionCookie: SessionCookie | null;
    /** The code of a failed request. */
    problemCode: ProblemCode | null;
    /** Its response may take as long as its client wants. */
    isLongLived: boolean;
  }
}

/** Replaces the path of a request without a route in logs and metrics: the path itself is input of the caller. */
export const UNKNOWN_ROUTE = 'unknown';

/**
 * Adds the request context: what the log line of a request needs. It consists of properties of the request itself,
 * because a `WeakMap` would cost the garbage collector more than all of them.
 */
export function decorateRequestContext(fastify: FastifyInstance): void {
  fastify.decorateRequest('template', null);
  fastify.decorateRequest('caller', null);
  fastify.decorateRequest('sessionCookie', null);
  fastify.decorateRequest('problemCode', null);
  fastify.decorateRequest('isLongLived', false);
}

/** The template of the request's route, such as `/v1/users/{id}`. It is known before the hooks of the route run. */
export function routeOf(request: FastifyRequest): string {
  if (typeof request.template === 'string') return request.template;
  const url = request.is404 ? undefined : request.routeOptions?.url;
  return url?.replace(/:([a-z_]+)/g, '{$1}') ?? UNKNOWN_ROUTE;
}
