import { InvalidValue } from '../../domain/errors.ts';

/**
 * A place in the feed: everything up to `sequence` was read. `check` is taken from the event at the place. After the
 * database was replaced by an older copy the same number belongs to another event, and the check does not fit.
 */
export interface FeedPosition {
  readonly sequence: number;
  /** Null for a bare number, which is not checked. */
  readonly check: string | null;
}

const POSITION = /^([0-9]{1,15})(?:-([0-9a-f]{8}))?$/;

/** @throws InvalidValue */
export function parsePosition(text: string): FeedPosition {
  const [, digits, check] = POSITION.exec(text) ?? [];
  if (digits === undefined) {
    throw new InvalidValue(
      'position_invalid',
      'Must be a number, a position from a response, or latest.',
    );
  }
  return { sequence: Number(digits), check: check ?? null };
}

export function writePosition({ sequence, check }: FeedPosition): string {
  return check === null ? String(sequence) : `${sequence}-${check}`;
}

/** @param eventId the event at the place; null when it is not kept */
export function positionAt(sequence: number, eventId: string | null): FeedPosition {
  return { sequence, check: eventId === null || sequence === 0 ? null : checkOf(eventId) };
}

/** The last digits of an id are random. */
function checkOf(eventId: string): string {
  return eventId.slice(-8);
}
