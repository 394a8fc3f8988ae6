import type { NatsConnection } from '@nats-io/transport-node';

/** The connection to NATS, as its owner provides it. */
export interface NatsLink {
  /** Null while NATS is unreachable. */
  current(): NatsConnection | null;
  /** Calls the listener with the present connection and with each later one. @returns a function that unsubscribes. */
  onConnection(listener: (connection: NatsConnection) => void): () => void;
  /** Calls the listener with the present state and with each change. @returns a function that unsubscribes. */
  onChange(listener: (connected: boolean) => void): () => void;
}
