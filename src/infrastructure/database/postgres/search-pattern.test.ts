import { expect, test } from 'vitest';
import { searchPattern } from './search-pattern.ts';

test.each([
  ['abc', '%abc%'],
  ['ab', '% ab%'],
  ['王', '% 王%'],
  ['\u{20BB7}田', '% \u{20BB7}田%'],
  ['\u{20BB7}田中', '%\u{20BB7}田中%'],
  ['e\u0301a', '% éa%'],
  ['100%', '%100\\%%'],
  ['a_b', '%a\\_b%'],
  ['a\\b', '%a\\\\b%'],
  ['%%%', '%\\%\\%\\%%'],
  ['\\%', '% \\\\\\%%'],
])('searchPattern(%j) is %j', (text, pattern) => {
  expect(searchPattern(text)).toBe(pattern);
});
