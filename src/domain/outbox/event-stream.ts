import type { RecordedEvent } from '../events.ts';

export interface StreamState {
  readonly name: string;
  /** Creation time as the broker writes it. */
  readonly created: string;
  readonly lastSequence: number;
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
   * @throws EventRefused, StreamUnavailable (nothing was added), OutcomeUnknown
   */
  add(event: RecordedEvent): Promise<StreamPlace>;
  /** The newest event of the same type and user. @throws StreamUnavailable */
  findLast(
    event: RecordedEvent,
  ): Promise<{ readonly id: string; readonly sequence: number } | null>;
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

/** The broker refused this event, and would refuse it again unchanged. */
export class EventRefused extends Error {
  override readonly name = 'EventRefused';
}
