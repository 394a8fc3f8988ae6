import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RequestDeadline } from '../../../domain/ports.ts';
import { createLinkedList, type Link } from '../../../lib/linked-list.ts';
import { RequestTimedOut } from './http-errors.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** Its place among the replies without a response. */
    unanswered: Unanswered | null;
  }
}

interface Unanswered {
  readonly list: TimedList;
  readonly link: Link<FastifyReply>;
  /** The time of the reply, in milliseconds since the arrival of its request, at which it was put on the list. */
  readonly sinceMs: number;
  /** Of the work on the request; null while the request arrives. */
  readonly work: Work | null;
}

export interface ResponseDeadline {
  /** Of a request that arrives. */
  begin(reply: FastifyReply): void;
  /** Of the work on a request that has arrived. */
  beginWork(request: FastifyRequest, reply: FastifyReply): RequestDeadline;
  end(reply: FastifyReply): void;
}

export interface ResponseDeadlineSettings {
  /** For a request to arrive, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** From the arrival of a request to its response, in milliseconds. */
  readonly requestDeadlineMs: number;
}

/**
 * Rejects every request that does not arrive, or has no response, in time. All requests on a list have the same time, so
 * the oldest is due first and one timer is enough. Fastify's `handlerTimeout` creates a timer, an `AbortController` and a
 * listener for each request: a sixth of the cost of a minimal request.
 */
export function createResponseDeadline(
  fastify: FastifyInstance,
  { requestTimeoutMs, requestDeadlineMs }: ResponseDeadlineSettings,
): ResponseDeadline {
  fastify.decorateReply('unanswered', null);
  const arriving = new TimedList(requestTimeoutMs, rejectLate);
  const working = new TimedList(requestDeadlineMs, rejectLate);

  function put(reply: FastifyReply, list: TimedList, work: Work | null): void {
    const sinceMs = reply.elapsedTime;
    reply.unanswered = { list, link: list.append(reply), sinceMs, work };
  }

  function end(reply: FastifyReply): void {
    if (reply.unanswered === null) return;
    const { list, link } = reply.unanswered;
    list.remove(link);
    reply.unanswered = null;
  }

  function rejectLate(reply: FastifyReply): void {
    const isCommitting = reply.unanswered?.work?.isCommitting === true;
    end(reply);
    reject(reply, isCommitting);
  }

  return {
    begin: (reply) => put(reply, arriving, null),
    beginWork(request, reply) {
      end(reply);
      const work = new Work(request, reply, requestDeadlineMs);
      put(reply, working, work);
      return work;
    },
    end,
  };
}

/** The work on one request. After its time it begins nothing and commits nothing: its caller has been told so. */
class Work implements RequestDeadline {
  isCommitting = false;
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  readonly #endsAtMs: number;

  constructor(request: FastifyRequest, reply: FastifyReply, timeoutMs: number) {
    this.#request = request;
    this.#reply = reply;
    this.#endsAtMs = reply.elapsedTime + timeoutMs;
  }

  isOver(): boolean {
    return this.#reply.sent || this.#reply.elapsedTime >= this.#endsAtMs;
  }

  isAbandoned(): boolean {
    return this.isOver() || this.#request.raw.socket?.destroyed === true;
  }

  beginCommit(): boolean {
    if (this.isOver()) return false;
    this.isCommitting = true;
    return true;
  }
}

/** Replies without a response, the oldest first, which all have the same time. */
class TimedList {
  readonly #timeoutMs: number;
  readonly #onLate: (reply: FastifyReply) => void;
  readonly #replies = createLinkedList<FastifyReply>();
  #isScheduled = false;

  constructor(timeoutMs: number, onLate: (reply: FastifyReply) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onLate = onLate;
  }

  append(reply: FastifyReply): Link<FastifyReply> {
    if (!this.#isScheduled) this.#schedule(this.#timeoutMs);
    return this.#replies.append(reply);
  }

  remove(link: Link<FastifyReply>): void {
    this.#replies.remove(link);
  }

  #schedule(delayMs: number): void {
    this.#isScheduled = true;
    setTimeout(() => this.#rejectLate(), delayMs).unref();
  }

  #rejectLate(): void {
    this.#isScheduled = false;
    for (let reply = this.#replies.first(); reply !== undefined; reply = this.#replies.first()) {
      const sinceMs = reply.unanswered?.sinceMs ?? 0;
      const leftMs = this.#timeoutMs - (reply.elapsedTime - sinceMs);
      if (leftMs > 0) {
        this.#schedule(leftMs);
        return;
      }
      this.#onLate(reply);
    }
  }
}

function reject(reply: FastifyReply, isCommitting: boolean): void {
  if (reply.sent) return;
  // A partly sent body cannot become a problem response.
  if (reply.raw.headersSent) reply.raw.destroy();
  else reply.send(new RequestTimedOut(isCommitting));
}
