import { type NatsConnection, PermissionViolationError } from '@nats-io/transport-node';
import type { NatsLink } from './nats-connection.ts';

/** Carries the news of a commit to the other instances; one of them publishes. Empty messages. */
const RELAY_WAKE_SUBJECT = 'users.relay.wake';
const COALESCE_MS = 10;

/** Tells other instances that something was committed, and hears of it from them. */
export interface RelayWakeup {
  /**
   * Sends one message now or in a moment, however often it is called meanwhile. Never throws, and loses the news
   * where NATS is away or refuses it: whoever publishes looks by himself, too.
   */
  announce(): void;
  /** Sends and hears nothing any more. */
  close(): void;
}

/**
 * Core NATS, since the news is worth nothing a moment later. Without the right to the subject, the account costs one
 * error for each connection.
 */
export function createRelayWakeup(deps: {
  readonly link: Pick<NatsLink, 'current' | 'onConnection'>;
  /** Hears of the commits of others, and of the own ones. Must not throw. */
  readonly onWake: () => void;
  readonly monotonicMs: () => number;
}): RelayWakeup {
  const { link, onWake, monotonicMs } = deps;
  let refused = false;
  let closed = false;
  let sentAtMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | null = null;

  const unlisten = link.onConnection((connection) => {
    refused = false;
    connection.subscribe(RELAY_WAKE_SUBJECT, {
      callback: (error) => void (error === null && !closed && onWake()),
    });
    void watchRights(connection);
  });

  /** The rights may have changed with a new connection to the server, and not before. */
  async function watchRights(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'reconnect') refused = false;
      else if (status.type === 'error' && isRefusal(status.error)) refused = true;
    }
  }

  function send(): void {
    timer = null;
    sentAtMs = monotonicMs();
    const connection = link.current();
    if (closed || refused || connection === null || connection.isClosed()) return;
    connection.publish(RELAY_WAKE_SUBJECT);
  }

  return {
    announce() {
      if (timer !== null || refused || closed) return;
      const restMs = sentAtMs + COALESCE_MS - monotonicMs();
      if (restMs <= 0) send();
      else timer = setTimeout(send, restMs);
    },
    close() {
      closed = true;
      unlisten();
      if (timer !== null) clearTimeout(timer);
    },
  };
}

function isRefusal(error: Error): boolean {
  return (
    error instanceof PermissionViolationError &&
    error.operation === 'publish' &&
    error.subject === RELAY_WAKE_SUBJECT
  );
}
