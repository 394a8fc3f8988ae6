import type { FastifyInstance, FastifyReply } from 'fastify';
import { createLinkedList, type Link } from '../../../lib/linked-list.ts';
import { RequestTimedOut } from './http-errors.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** Its place among the unanswered. */
    unanswered: Link<FastifyReply> | null;
  }
}

/** Watches that requests are answered in time. */
export interface ResponseDeadline {
  /** The time of this one runs. */
  begin(reply: FastifyReply): void;
  end(reply: FastifyReply): void;
}

/**
 * Refuses what is not answered within the time, whatever its handler waits for. All requests have the same time, so the
 * oldest is due first and one timer does for all of them; Fastify's `handlerTimeout` makes a timer, an `AbortController`
 * and a listener for each, which is a sixth of what a bare request costs.
 */
export function createResponseDeadline(
  fastify: FastifyInstance,
  timeoutMs: number,
): ResponseDeadline {
  fastify.decorateReply('unanswered', null);
  /** In the order of their arrival. */
  const unanswered = createLinkedList<FastifyReply>();
  let isTimed = false;

  function lookAfter(delayMs: number): void {
    isTimed = true;
    setTimeout(refuseLate, delayMs).unref();
  }

  function refuseLate(): void {
    isTimed = false;
    for (let reply = unanswered.first(); reply !== undefined; reply = unanswered.first()) {
      const leftMs = timeoutMs - reply.elapsedTime;
      if (leftMs > 0) {
        lookAfter(leftMs);
        return;
      }
      end(reply);
      refuse(reply);
    }
  }

  function end(reply: FastifyReply): void {
    if (reply.unanswered === null) return;
    unanswered.remove(reply.unanswered);
    reply.unanswered = null;
  }

  return {
    begin(reply) {
      reply.unanswered = unanswered.append(reply);
      if (!isTimed) lookAfter(timeoutMs);
    },
    end,
  };
}

function refuse(reply: FastifyReply): void {
  if (reply.sent) return;
  // A body that is half sent cannot become a refusal any more.
  if (reply.raw.headersSent) reply.raw.destroy();
  else reply.send(new RequestTimedOut());
}
