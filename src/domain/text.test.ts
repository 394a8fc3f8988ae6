import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasMarkRunBeyond } from './text.ts';

/** The rule as a regular expression, which is clear and slow. */
const runOf = (count: number) => new RegExp(`(?:\\p{M}\\p{Cf}*){${count}}`, 'u');

test('a run of combining marks is found where the rule as a regular expression finds one', () => {
  const character = fc.constantFrom(
    'a',
    '\u0301',
    '\u0316',
    '\u200D',
    '\u00AD',
    'ü',
    '\u{1D165}',
    ' ',
  );
  fc.assert(
    fc.property(fc.string({ unit: character }), fc.integer({ min: 0, max: 4 }), (text, max) => {
      expect(hasMarkRunBeyond(max, text)).toBe(runOf(max + 1).test(text));
    }),
    { numRuns: 2_000 },
  );
});
