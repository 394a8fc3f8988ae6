import type { RevocationEntry } from './revocation-feed.ts';

/** Shows whether the stream is still the one that took earlier revocations. */
export interface RevocationStreamState {
  /** Changes when the stream is created again. */
  readonly created: string;
  /** Sinks when the stream is restored from an older copy. */
  readonly lastSequence: number;
}

/** What is sent every second, so that listeners notice that they miss something. */
export interface RevocationHeartbeat {
  /** A position of the feed: everything up to it is in the stream. */
  readonly position: string;
  /** Goes up when the stream may have changed otherwise than at its end: listeners read all of it again. */
  readonly comparisons: number;
  readonly lastSequence: number;
}

/** The stream that keeps the last revocation of each session and user for other services. */
export interface RevocationStream {
  isAvailable(): boolean;
  /** Calls the listener at each change of the connection. @returns the function that unsubscribes it */
  onChange(listener: () => void): () => void;
  /** Creates or updates the stream. @throws StreamConflict, or an error while the broker does not answer */
  prepare(): Promise<RevocationStreamState>;
  /** Reads the stream. */
  readState(): Promise<RevocationStreamState>;
  /** The keys of the revocations that are in the stream, as `revocationKey` makes them. */
  listKeys(): Promise<ReadonlySet<string>>;
  /**
   * Replaces the revocation of the same session or user. The broker ignores a repetition within its duplicate window.
   * @param again for a revocation that the stream has lost: it is added though the broker may remember it
   * @throws Error when it is not acknowledged; it may have arrived
   */
  publish(entry: RevocationEntry, again?: 'again'): Promise<void>;
  /** Sends a heartbeat without a wait. */
  beat(heartbeat: RevocationHeartbeat): void;
}

/** Names what an entry revokes. */
export function revocationKey({ kind, id }: Pick<RevocationEntry, 'kind' | 'id'>): string {
  return `${kind}.${id ?? 'all'}`;
}
