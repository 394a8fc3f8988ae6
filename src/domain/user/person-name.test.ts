import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyText } from '../../../test/support/any-text.ts';
import { InvalidValue } from '../errors.ts';
import { parsePersonName } from './person-name.ts';

function rejectionOf(input: string): string {
  try {
    parsePersonName(input);
  } catch (error) {
    if (error instanceof InvalidValue) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('a name stays as it is given:', () => {
  test.each([
    'O',
    "O'Brien",
    'O\u2019Brien',
    '\u02BBOkina',
    'Anne-Marie',
    'van der Berg',
    'Jr.',
    'X Æ A-12',
    '李',
    '\u{20BB7}野',
    '葛\u{E0100}城',
    'Ñandú',
    'N\u0303andu\u0301',
    'Nguyễn Thị',
    'محمد',
    'می\u200Cخواهم',
    'क्\u200Dष',
    'שרה',
    'Ελένη',
    'Владимир',
    'გიორგი',
    'ዮሐንስ',
    'ကျော်',
    'สมชาย',
    '김민준',
    '\u1100\u1161',
    'ᠮᠣᠩᠭᠣᠯ\u180E',
  ])('%s', (name) => expect(parsePersonName(name)).toBe(name));

  test('100 code points are counted as people count, not as UTF-16 does', () => {
    expect(parsePersonName('\u{20BB7}'.repeat(100))).toHaveLength(200);
    expect(rejectionOf('\u{20BB7}'.repeat(101))).toBe('name_length');
  });

  test('eight combining marks in a row are a word, nine are not', () => {
    expect(rejectionOf(`a${'\u0301'.repeat(8)}`)).toBe('accepted');
    expect(rejectionOf(`a${'\u0301'.repeat(9)}`)).toBe('text_combining_marks');
  });

  test.each(['200C', '200D', '200E', '200F', '061C', '180E'])(
    'U+%s between combining marks does not begin a new row of them',
    (codePoint) => {
      const invisible = String.fromCodePoint(Number.parseInt(codePoint, 16));
      expect(rejectionOf(`a${`\u0301\u0301\u0301${invisible}`.repeat(3)}`)).toBe(
        'text_combining_marks',
      );
      expect(rejectionOf(`a${`\u0301${invisible}`.repeat(8)}n\u0301`)).toBe('accepted');
    },
  );
});

describe('a name is refused', () => {
  test.each([
    ['that is empty', '', 'name_length'],
    ['of white space', ' ', 'name_padded'],
    ['with a leading space', ' Ann', 'name_padded'],
    ['with a trailing no-break space', 'Ann\u00A0', 'name_padded'],
    ['with a leading ideographic space', '\u3000李', 'name_padded'],
    ['of digits', '123', 'name_without_letter'],
    ['of punctuation', '-', 'name_without_letter'],
    ['of an emoji', '\u{1F600}', 'name_without_letter'],
    ['of a joiner', '\u200D', 'name_without_letter'],
    ['of a combining mark', '\u0301', 'name_without_letter'],
    ['of a Hangul filler', '\u3164', 'name_invisible_character'],
    ['with a Hangul filler', 'Ann\u3164', 'name_invisible_character'],
    ['with a half-width Hangul filler', 'Ann\uFFA0', 'name_invisible_character'],
    ['of Hangul conjoining fillers', '\u115F\u1160', 'name_invisible_character'],
    ['with a zero-width space', 'An\u200Bn', 'name_invisible_character'],
    ['with a soft hyphen', 'An\u00ADn', 'name_invisible_character'],
    ['with a byte order mark inside', 'An\uFEFFn', 'name_invisible_character'],
    ['with tag characters', 'Ann\u{E0041}', 'name_invisible_character'],
    ['with NUL', 'Ann\u0000', 'text_control_character'],
    ['with a line break', 'An\nn', 'text_control_character'],
    ['with a line separator', 'An\u2028n', 'text_control_character'],
    ['with an escape', '\u001B[2JAnn', 'text_control_character'],
    ['with a lone surrogate', 'Ann\uD800', 'text_not_unicode'],
    ['with a bidi override', 'Ann\u202E', 'text_bidi_control'],
    ['with a bidi isolate', '\u2066Ann\u2069', 'text_bidi_control'],
  ])('%s', (_what, name, code) => expect(rejectionOf(name)).toBe(code));

  test('or returned unchanged, for any text', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 120 }), (text) => {
        if (rejectionOf(text) === 'accepted') expect(parsePersonName(text)).toBe(text);
      }),
    );
  });
});
