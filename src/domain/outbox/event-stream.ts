import type { RecordedEvent } from '../events.ts';

export interface StreamState {
  readonly name: string;
  /** Creation time as the broker writes it. */
  readonly created: string;
  /** The sequence of the oldest message; above `lastSequence` when the stream is empty. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly messages: number;
  /** After this time the broker removes messages, in milliseconds; 0 for never. */
  readonly maxAgeMs: number;
  /** An operator set a limit on messages or bytes: the broker removes the oldest messages by it. */
  readonly limitsSize: boolean;
  /** An operator set a limit for each subject: the broker removes messages anywhere by it. */
  readonly limitsSubjects: boolean;
  /** How long the broker detects an event that is sent again. */
  readonly duplicateWindowMs: number;
}

export interface StreamPlace {
  readonly sequence: number;
  /** The event was in the stream already: this call added nothing. */
  readonly duplicate: boolean;
}

/** The stream that other services read. */
export interface EventStream {
  /** False while the broker is unreachable. */
  isAvailable(): boolean;
  /** Calls the listener when `isAvailable` changes. @returns the function that unsubscribes it. */
  onChange(listener: () => void): () => void;
  /**
   * Creates the stream as configured, or updates its settings.
   * @throws StreamConflict when the stream belongs to another use, StreamUnavailable
   */
  prepare(): Promise<StreamState>;
  /**
   * Adds an event. The same id again inside the duplicate window adds nothing.
   * @param previousId add it only directly after the message with this id: then several events of a user can be sent
   *   without a wait between them, and none of them passes an earlier one that was lost on the way
   * @throws EventRefused, StreamUnavailable, EventHeldBack (nothing was added), OutcomeUnknown
   */
  add(event: RecordedEvent, previousId?: string | null): Promise<StreamPlace>;
  /**
   * The sequence of an event that was added before, or null. Compares at most 1,000 messages of its subject.
   * @param isEarlier whether the id is that of an event before this one; then this one cannot stand before it
   * @throws StreamUnavailable
   */
  find(event: RecordedEvent, isEarlier: (id: string) => Promise<boolean>): Promise<number | null>;
  /** Whether the message with this sequence is this event. @throws StreamUnavailable */
  holds(event: { readonly id: string; readonly sequence: number }): Promise<boolean>;
  /** The sequences between the first and the last that have no message. @throws StreamUnavailable */
  listGaps(): Promise<readonly number[]>;
  /**
   * Reads every message of the range, at most 1,000, several at a time.
   * @returns the sequences of the range that the stream returns no message for. @throws StreamUnavailable
   */
  listMissing(range: { readonly first: number; readonly last: number }): Promise<readonly number[]>;
}

/** A message of the stream, as far as its headers tell. */
export interface StreamMessage {
  readonly streamSequence: number;
  /** Null for a message that is not an event of the service. */
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly userId: string | null;
    readonly userVersion: number | null;
    /** Its number in the feed; null in messages of builds before it existed. */
    readonly number: number | null;
  } | null;
}

/** Reads the stream to compare it with the database. */
export interface StreamReader {
  /** Null when there is no stream yet. @throws StreamUnavailable */
  findState(): Promise<StreamState | null>;
  /** The messages of a range of at most 1,000 sequences, ascending. @throws StreamUnavailable */
  read(first: number, last: number): Promise<readonly StreamMessage[]>;
  /** Those of the users whose `user.deleted` is in the stream. @throws StreamUnavailable */
  listDeleted(userIds: readonly string[]): Promise<ReadonlySet<string>>;
}

/** The existing stream cannot carry our events as configured; an operator has to decide. */
export class StreamConflict extends Error {
  override readonly name = 'StreamConflict';
}

/** The broker or the stream is unavailable: nothing was added. */
export class StreamUnavailable extends Error {
  override readonly name = 'StreamUnavailable';
}

/** No acknowledgement came: the event may or may not be in the stream. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

/** The broker takes the event for a repetition, but its stream has lost it. It can be added after the duplicate window. */
export class EventRemembered extends Error {
  override readonly name = 'EventRemembered';
}

/** Nothing was added: the event before it is not in the stream, or the lease has expired. It can be sent again at once. */
export class EventHeldBack extends Error {
  override readonly name = 'EventHeldBack';
}

/** The broker refused this event, and would refuse it again unchanged. */
export class EventRefused extends Error {
  override readonly name = 'EventRefused';
}
