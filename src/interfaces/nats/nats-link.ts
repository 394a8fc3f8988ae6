import type { NatsConnection } from '@nats-io/transport-node';

/** The way to NATS, whoever keeps it up. */
export interface NatsLink {
  /** The connection while a server answers; null otherwise. */
  current(): NatsConnection | null;
  /** Calls for each new connection object, the present one too. @returns the function that ends it. */
  onConnection(listener: (connection: NatsConnection) => void): () => void;
  /** Hears of the present state at once and of each change. @returns the function that ends it. */
  onChange(listener: (connected: boolean) => void): () => void;
}
