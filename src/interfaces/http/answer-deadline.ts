import type { FastifyReply } from 'fastify';
import { RequestTimedOut } from './problems.ts';

/** Watches that requests are answered in time. */
export interface AnswerDeadline {
  /** The time of this one runs. */
  begin(reply: FastifyReply): void;
  end(reply: FastifyReply): void;
}

/**
 * Refuses what is not answered within the time, whatever its handler waits for. All requests have the same time, so the
 * oldest is due first and one timer does for all of them; Fastify's `handlerTimeout` makes a timer, an `AbortController`
 * and a listener for each, which is a sixth of what a bare request costs.
 */
export function createAnswerDeadline(timeoutMs: number): AnswerDeadline {
  /** In the order of their arrival. */
  const unanswered = new Set<FastifyReply>();
  let isTimed = false;

  function lookAfter(delayMs: number): void {
    isTimed = true;
    setTimeout(refuseLate, delayMs).unref();
  }

  function refuseLate(): void {
    isTimed = false;
    for (const reply of unanswered) {
      const leftMs = timeoutMs - reply.elapsedTime;
      if (leftMs > 0) {
        lookAfter(leftMs);
        return;
      }
      unanswered.delete(reply);
      refuse(reply);
    }
  }

  return {
    begin(reply) {
      unanswered.add(reply);
      if (!isTimed) lookAfter(timeoutMs);
    },
    end: (reply) => void unanswered.delete(reply),
  };
}

function refuse(reply: FastifyReply): void {
  if (reply.sent) return;
  // A body that is half sent cannot become a refusal any more.
  if (reply.raw.headersSent) reply.raw.destroy();
  else reply.send(new RequestTimedOut());
}
