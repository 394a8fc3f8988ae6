import { InvalidValue } from '../errors.ts';
import { assertCleanText, codePointLength } from '../text.ts';

declare const personName: unique symbol;
/** A first or last name: 1–100 code points of any script, kept exactly as given. */
export type PersonName = string & { readonly [personName]: true };

/** Longest first or last name, in code points. */
const PERSON_NAME_MAX_LENGTH = 100;

/** Invisible format characters that names need: joiners, direction marks, the Mongolian vowel separator. */
const INVISIBLE_BUT_NEEDED = /\u200C|\u200D|\u200E|\u200F|\u061C|\u180E/gu;

/** Format characters, and the Hangul fillers, which are letters by category but render as a gap. */
const INVISIBLE = /[\p{Cf}\u115F\u1160\u3164\uFFA0]/u;

/**
 * Parses a first or last name. Nothing is trimmed or normalised: the stored name is what was sent.
 * @throws InvalidValue when it is empty, too long, padded with white space, without a letter, or not clean text.
 */
export function parsePersonName(input: string): PersonName {
  assertCleanText(input);
  const length = codePointLength(input);
  if (length < 1 || length > PERSON_NAME_MAX_LENGTH) {
    throw new InvalidValue('name_length', `Must have 1 to ${PERSON_NAME_MAX_LENGTH} characters.`);
  }
  if (input !== input.trim()) {
    throw new InvalidValue('name_padded', 'Must not begin or end with white space.');
  }
  if (INVISIBLE.test(input.replace(INVISIBLE_BUT_NEEDED, ''))) {
    throw new InvalidValue('name_invisible_character', 'Must not contain invisible characters.');
  }
  if (!/\p{L}/u.test(input)) {
    throw new InvalidValue('name_without_letter', 'Must contain a letter.');
  }
  return input as PersonName;
}
