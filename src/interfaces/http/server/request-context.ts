import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '../../../application/access/caller.ts';
import type { ProblemCode } from '../../api/problem-table.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Template of the route, such as `/v1/users/{id}`; null before one is found. */
    template: string | null;
    /** Who asks, as far as it is known by now. */
    caller: Caller | null;
    /** Why the request is refused, where it is. */
    problemCode: ProblemCode | null;
  }
}

/** What stands for the path of a request that no route serves; the path itself is the caller's text. */
export const UNKNOWN_ROUTE = 'unknown';

/**
 * Gives every request room for what its log line tells at the end. Properties of the request itself: a `WeakMap` beside
 * it costs the garbage collector more than all of them.
 */
export function makeRoomForNotes(fastify: FastifyInstance): void {
  fastify.decorateRequest('template', null);
  fastify.decorateRequest('caller', null);
  fastify.decorateRequest('problemCode', null);
}

/** The template of the request's route, in the form of the contract; also before a hook of the route ran. */
export function routeOf(request: FastifyRequest): string {
  if (typeof request.template === 'string') return request.template;
  const url = request.is404 ? undefined : request.routeOptions?.url;
  return url?.replace(/:([a-z_]+)/g, '{$1}') ?? UNKNOWN_ROUTE;
}
