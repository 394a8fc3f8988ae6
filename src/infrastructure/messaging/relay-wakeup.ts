import { type NatsConnection, PermissionViolationError } from '@nats-io/transport-node';
import type { NatsLink } from './nats-connection.ts';

/** Carries empty messages that announce a commit to the other instances, one of which publishes. */
const RELAY_WAKE_SUBJECT = 'users.relay.wake';
const COALESCE_MS = 10;

/** Announces commits between instances. */
export interface RelayWakeup {
  /**
   * Sends one message, now or within 10 ms, for any number of calls in that time. Never throws. A message that NATS
   * loses or refuses only delays the events: the relay polls the outbox.
   */
  announce(): void;
  /** Stops sending and listening. */
  close(): void;
}

/**
 * Uses core NATS, since an announcement is worthless a moment later. An account without permission for the subject causes
 * one error per connection.
 */
export function createRelayWakeup(deps: {
  readonly link: Pick<NatsLink, 'current' | 'onConnection'>;
  /** Called for the commits of all instances, this one included. Must not throw. */
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
    void watchPermissions(connection);
  });

  /** Permissions can only change with a new connection to the server. */
  async function watchPermissions(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'reconnect') refused = false;
      else if (status.type === 'error' && isRejection(status.error)) refused = true;
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

function isRejection(error: Error): boolean {
  return (
    error instanceof PermissionViolationError &&
    error.operation === 'publish' &&
    error.subject === RELAY_WAKE_SUBJECT
  );
}
