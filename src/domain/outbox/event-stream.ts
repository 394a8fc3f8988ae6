import type { RecordedEvent } from '../events.ts';

/** A stream as the broker describes it now. */
export interface StreamState {
  readonly name: string;
  readonly created: string;
  readonly lastSequence: number;
  /** How long the broker recognises an event that is sent again. */
  readonly duplicateWindowMs: number;
}

/** Where an event is in the stream. */
export interface StreamPlace {
  readonly sequence: number;
  /** The event was there before: this call added nothing. */
  readonly duplicate: boolean;
}

/** The stream that other services read. */
export interface EventStream {
  /** Whether it is worth trying; false while the broker is away. */
  isAvailable(): boolean;
  /** Hears when `isAvailable` changes. @returns the function that ends it. */
  onChange(listener: () => void): () => void;
  /**
   * Makes the stream as configured, or brings its settings up to date.
   * @throws StreamConflict when it is not ours to change, StreamUnavailable
   */
  prepare(): Promise<StreamState>;
  /**
   * Adds an event; the same id again, inside the duplicate window, adds nothing.
   * @throws EventRefused, StreamUnavailable (nothing was added), OutcomeUnknown
   */
  add(event: RecordedEvent): Promise<StreamPlace>;
  /** The newest event with this one's type and user. @throws StreamUnavailable */
  findLast(
    event: RecordedEvent,
  ): Promise<{ readonly id: string; readonly sequence: number } | null>;
}

/** The stream that exists cannot carry our events as configured; somebody has to decide. */
export class StreamConflict extends Error {
  override readonly name = 'StreamConflict';
}

/** The broker, or the stream, is away: nothing was added. */
export class StreamUnavailable extends Error {
  override readonly name = 'StreamUnavailable';
}

/** No answer came: the event is in the stream, or is not. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

/** The broker refused this event, and would refuse it again as it is. */
export class EventRefused extends Error {
  override readonly name = 'EventRefused';
}
