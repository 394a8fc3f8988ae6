import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { forbidden } from '../../../domain/rejections.ts';
import type { Access } from '../../api/access.ts';
import type { createAuthentication } from '../../api/authentication.ts';
import type { HttpDeps } from '../http-deps.ts';
import type { LongLivedConnection } from '../long-lived.ts';
import { routeOf } from './request-context.ts';

/** How soon a stop of the service ends long-lived answers. */
const DRAIN_CHECK_MS = 250;
/** Longer than any wait for an event; a client that takes nothing of waiting data is closed earlier by another check. */
const SILENCE_MS = 6 * 60_000;

/**
 * Creates the function that lets a request of a long-lived route wait. Their number is bounded by the use cases. All of
 * them end when the service begins to stop.
 */
export function createLongLivedConnections(
  fastify: FastifyInstance,
  deps: Pick<HttpDeps, 'isDraining' | 'metrics'> & {
    authenticate: ReturnType<typeof createAuthentication>;
  },
): (request: FastifyRequest, reply: FastifyReply, access: Access) => LongLivedConnection {
  const open = new Set<AbortController>();
  let timer: NodeJS.Timeout | undefined;

  function endAll(): void {
    for (const ending of open) ending.abort();
  }
  fastify.addHook('preClose', async () => endAll());

  function watch(ending: AbortController, reply: FastifyReply): void {
    open.add(ending);
    timer ??= setInterval(() => void (deps.isDraining() && endAll()), DRAIN_CHECK_MS).unref();
    reply.raw.once('close', () => {
      open.delete(ending);
      ending.abort();
      if (open.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    });
  }

  return (request, reply, access) => {
    const ending = new AbortController();
    watch(ending, reply);
    request.isLongLived = true;
    const route = routeOf(request);
    // At the end of the connection: most streams end with their client, and Fastify calls no hook then.
    reply.raw.once('close', () => {
      if (reply.raw.statusCode >= 400) return;
      deps.metrics?.observeStream({ route, seconds: reply.elapsedTime / 1000 });
    });
    // Node.js sets its own timeout again with the next request of the connection.
    request.raw.socket?.setTimeout?.(SILENCE_MS);
    return {
      signal: ending.signal,
      elapsedMs: () => reply.elapsedTime,
      async verifyAgain() {
        const principal = await deps.authenticate(access, request.headers.authorization);
        const before = request.caller?.principal;
        if (principal.kind === before?.kind && isSubset(before, principal)) return;
        throw forbidden('The rights of the caller have changed.');
      },
    };
  };
}

/** Whether the caller has at least the scopes that it began with. */
function isSubset(
  before: Awaited<ReturnType<ReturnType<typeof createAuthentication>>>,
  now: typeof before,
): boolean {
  if (before.kind !== 'service' || now.kind !== 'service') return true;
  return before.scopes.every((scope) => now.scopes.includes(scope));
}
