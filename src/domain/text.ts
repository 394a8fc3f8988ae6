import { InvalidValue } from './errors.ts';

/** A run of combining marks longer than this is a rendering attack, not a name or a word: no script stacks more. */
const MAX_COMBINING_MARKS = 8;

const LONE_SURROGATE = /\p{Surrogate}/u;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
/** Embeddings, overrides and isolates (UAX #9): they reorder the text around them, wherever it is shown. */
const BIDI_CONTROL = /[\u202A-\u202E\u2066-\u2069]/u;
/** Joiners and other format characters between marks do not end their run: they stack all the same. */
const TOO_MANY_MARKS = new RegExp(`(?:\\p{M}\\p{Cf}*){${MAX_COMBINING_MARKS + 1}}`, 'u');

/** The length that people count: Unicode code points, not UTF-16 units and not bytes. */
export function codePointLength(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/**
 * Refuses text that PostgreSQL cannot store or that disturbs whatever shows it: NUL and other controls, lone
 * surrogates (PostgreSQL error 22021), bidi embedding and override controls, and piles of combining marks.
 * Joiners (U+200C, U+200D) stay: Persian and Indic names need them.
 * @throws InvalidValue
 */
export function assertCleanText(text: string): void {
  if (LONE_SURROGATE.test(text)) {
    throw new InvalidValue(
      'text_not_unicode',
      'Must be well-formed Unicode without lone surrogates.',
    );
  }
  if (CONTROL.test(text)) {
    throw new InvalidValue('text_control_character', 'Must not contain control characters.');
  }
  if (BIDI_CONTROL.test(text)) {
    throw new InvalidValue(
      'text_bidi_control',
      'Must not contain bidirectional control characters.',
    );
  }
  if (TOO_MANY_MARKS.test(text)) {
    throw new InvalidValue(
      'text_combining_marks',
      `Must not contain more than ${MAX_COMBINING_MARKS} combining marks in a row.`,
    );
  }
}
