import {
  createInbox,
  errors,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
} from '@nats-io/transport-node';

interface Deps {
  readonly connection: NatsConnection;
  /** Longest wait for an acknowledgement, in milliseconds. */
  readonly timeoutMs: number;
  readonly monotonicMs: () => number;
  /** Prefix of the subjects that acknowledgements arrive on; the library's by default. */
  readonly inboxPrefix?: string | undefined;
}

/** Publishes over one connection and waits for the server's acknowledgements. */
export interface AcknowledgedPublisher {
  readonly connection: NatsConnection;
  /**
   * Sends before it returns, so calls in one turn are sent in their order. Rejects when no acknowledgement came in time,
   * the connection was lost, or no stream takes the subject (`NoRespondersError`).
   * @param headerLines in ASCII, each with its end (`headerLine`)
   */
  publish(subject: string, data: Uint8Array, headerLines: string): Promise<Msg>;
}

interface Pending {
  readonly subject: string;
  readonly deadlineMs: number;
  readonly resolve: (message: Msg) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One subscription receives all acknowledgements, and one timer ends all waits: the library's request costs as much CPU
 * as the rest of publishing an event, since it makes an error with its stack and a timer for each. What waits is bounded
 * by the caller; an entry lives for `timeoutMs` at most.
 */
export function createAcknowledgedPublisher(deps: Deps): AcknowledgedPublisher {
  const { connection, timeoutMs, monotonicMs } = deps;
  const inbox = `${createInbox(deps.inboxPrefix)}.`;
  /** By the last token of the reply's subject, and in the order of their deadlines. */
  const pending = new Map<number, Pending>();
  let lastToken = 0;
  let isSubscribed = false;
  let isTimerSet = false;

  function subscribe(): void {
    isSubscribed = true;
    connection.subscribe(`${inbox}*`, { callback: onMessage });
  }

  function onMessage(error: Error | null, message: Msg): void {
    if (error !== null) {
      // The server refused the subscription and ended it.
      isSubscribed = false;
      rejectAll(() => true, error);
      return;
    }
    const token = Number(message.subject.slice(inbox.length));
    const waiting = pending.get(token);
    if (waiting === undefined) return;
    pending.delete(token);
    if (message.data.length === 0 && message.headers?.code === 503) {
      waiting.reject(new errors.NoRespondersError(waiting.subject));
    } else {
      waiting.resolve(message);
    }
  }

  function rejectAll(matches: (waiting: Pending) => boolean, error: Error): void {
    for (const [token, waiting] of pending) {
      if (!matches(waiting)) continue;
      pending.delete(token);
      waiting.reject(error);
    }
  }

  function setTimer(delayMs: number): void {
    isTimerSet = true;
    // The connection keeps the process running while something is waited for.
    setTimeout(expire, delayMs).unref();
  }

  function expire(): void {
    isTimerSet = false;
    const nowMs = monotonicMs();
    for (const [token, waiting] of pending) {
      if (waiting.deadlineMs > nowMs) {
        setTimer(waiting.deadlineMs - nowMs);
        return;
      }
      pending.delete(token);
      waiting.reject(new errors.TimeoutError());
    }
  }

  /** An acknowledgement does not come any more after the connection it was asked for on is lost. */
  async function follow(): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        rejectAll(() => true, new Error('the connection was lost'));
      } else if (status.type === 'error' && isRefusedPublish(status.error)) {
        const { error } = status;
        rejectAll(({ subject }) => subject === error.subject, error);
      }
    }
    rejectAll(() => true, new Error('the connection was closed'));
  }
  void follow();

  return {
    connection,
    publish(subject, data, headerLines) {
      return new Promise((resolve, reject) => {
        if (!isSubscribed) subscribe();
        lastToken += 1;
        const reply = inbox + lastToken;
        connection.publish(subject, data, { reply, headers: toHeaderBlock(headerLines) });
        const deadlineMs = monotonicMs() + timeoutMs;
        pending.set(lastToken, { subject, deadlineMs, resolve, reject });
        if (!isTimerSet) setTimer(timeoutMs);
      });
    },
  };
}

function isRefusedPublish(
  error: Error,
): error is InstanceType<typeof errors.PermissionViolationError> {
  return error instanceof errors.PermissionViolationError && error.operation === 'publish';
}

/** The connection only calls `encode` of the headers, and building the library's object costs more than the block. */
function toHeaderBlock(lines: string): MsgHdrs {
  const block = Buffer.from(`NATS/1.0\r\n${lines}\r\n`, 'latin1');
  return { encode: () => block } as unknown as MsgHdrs;
}
