import { InvalidValue } from '../errors.ts';
import { EVENT_TYPES } from '../events.ts';
import { assertCleanText, codePointLength } from '../text.ts';

const MAX_DESCRIPTION_LENGTH = 200;
const MAX_TYPES = 50;

/** @throws InvalidValue */
export function parseEndpointDescription(input: string | null): string | null {
  if (input === null) return null;
  assertCleanText(input);
  const length = codePointLength(input);
  if (length < 1 || length > MAX_DESCRIPTION_LENGTH) {
    throw new InvalidValue(
      'webhook_description',
      `Must have 1 to ${MAX_DESCRIPTION_LENGTH} characters.`,
    );
  }
  return input;
}

/**
 * Types of events, and groups such as `user.*`. A group is kept as it is: it has the types that later versions add.
 * @throws InvalidValue
 */
export function parseEndpointTypes(input: readonly string[] | null): readonly string[] | null {
  if (input === null) return null;
  const names = [...new Set(input)];
  if (names.length === 0 || names.length > MAX_TYPES || !names.every(isTypeOrGroup)) {
    throw new InvalidValue(
      'event_type_unknown',
      `Must be 1 to ${MAX_TYPES} types of events, such as user.created, or groups such as user.*.`,
    );
  }
  return names;
}

function isTypeOrGroup(name: string): boolean {
  if (!name.endsWith('.*')) return EVENT_TYPES.includes(name);
  return EVENT_TYPES.some((type) => `${type.split('.', 1)[0]}.*` === name);
}
