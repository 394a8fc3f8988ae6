import type { FastifyInstance, FastifyReply } from 'fastify';
import { createLinkedList, type Link } from '../../../lib/linked-list.ts';
import { RequestTimedOut } from './http-errors.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** Its place in the list of replies without a response. */
    unanswered: Link<FastifyReply> | null;
  }
}

export interface ResponseDeadline {
  begin(reply: FastifyReply): void;
  end(reply: FastifyReply): void;
}

/**
 * Rejects every request without a response after `timeoutMs`. All requests have the same time, so the oldest is due
 * first and one timer is enough. Fastify's `handlerTimeout` creates a timer, an `AbortController` and a listener for
 * each request: a sixth of the cost of a minimal request.
 */
export function createResponseDeadline(
  fastify: FastifyInstance,
  timeoutMs: number,
): ResponseDeadline {
  fastify.decorateReply('unanswered', null);
  /** In order of arrival. */
  const unanswered = createLinkedList<FastifyReply>();
  let isScheduled = false;

  function schedule(delayMs: number): void {
    isScheduled = true;
    setTimeout(rejectLate, delayMs).unref();
  }

  function rejectLate(): void {
    isScheduled = false;
    for (let reply = unanswered.first(); reply !== undefined; reply = unanswered.first()) {
      const leftMs = timeoutMs - reply.elapsedTime;
      if (leftMs > 0) {
        schedule(leftMs);
        return;
      }
      end(reply);
      reject(reply);
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
      if (!isScheduled) schedule(timeoutMs);
    },
    end,
  };
}

function reject(reply: FastifyReply): void {
  if (reply.sent) return;
  // A partly sent body cannot become a problem response.
  if (reply.raw.headersSent) reply.raw.destroy();
  else reply.send(new RequestTimedOut());
}
