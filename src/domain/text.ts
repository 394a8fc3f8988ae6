import { InvalidValue } from './errors.ts';

/** Longest run of combining marks. No script needs more; a longer run breaks the rendering of what is around it. */
const MAX_COMBINING_MARKS = 8;

const LONE_SURROGATE = /\p{Surrogate}/u;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
/** Embeddings, overrides and isolates (UAX #9): they reorder the text around them. */
const BIDI_CONTROL = /[\u202A-\u202E\u2066-\u2069]/u;
/** The lowest combining mark. */
const FIRST_COMBINING_MARK = 0x300;
const MARK = /\p{M}/u;
const FORMAT_CHARACTER = /\p{Cf}/u;

/** Length in Unicode code points, not UTF-16 units or bytes. */
export function codePointLength(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/**
 * Whether more than `max` combining marks follow each other. Joiners and other format characters between marks do not
 * end the run. Visits each code point once: a regular expression that counts starts again at each mark.
 */
export function hasMarkRunBeyond(max: number, text: string): boolean {
  let run = 0;
  for (const character of text) {
    if ((character.codePointAt(0) ?? 0) < FIRST_COMBINING_MARK) {
      // The soft hyphen is the only format character below the first mark.
      if (character !== '\u00AD') run = 0;
    } else if (MARK.test(character)) {
      run += 1;
      if (run > max) return true;
    } else if (run > 0 && !FORMAT_CHARACTER.test(character)) {
      run = 0;
    }
  }
  return false;
}

/**
 * Rejects text that PostgreSQL cannot store or that breaks the display around it: NUL and other controls, lone
 * surrogates (PostgreSQL error 22021), bidi embedding and override controls, and long runs of combining marks.
 * Joiners (U+200C, U+200D) are allowed: Persian and Indic names need them.
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
  if (hasMarkRunBeyond(MAX_COMBINING_MARKS, text)) {
    throw new InvalidValue(
      'text_combining_marks',
      `Must not contain more than ${MAX_COMBINING_MARKS} combining marks in a row.`,
    );
  }
}
