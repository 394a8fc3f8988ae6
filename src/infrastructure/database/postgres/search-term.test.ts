import { expect, test } from 'vitest';
import { searchTerm } from './search-term.ts';

test.each([
  ['abc', '%abc%', ['abc']],
  ['abcde', '%abcde%', ['abc', 'bcd', 'cde']],
  ['annanna', '%annanna%', ['ann', 'nna', 'nan']],
  ['ab', '% ab%', [' ab']],
  ['王', '% 王%', [' 王']],
  ['\u{20BB7}田', '% \u{20BB7}田%', [' \u{20BB7}田']],
  ['\u{20BB7}田中', '%\u{20BB7}田中%', ['\u{20BB7}田中']],
  ['+n', '%+n%', ['+n']],
  ['«n', '%«n%', []],
  ['100%', '%100\\%%', ['100', '00%']],
  ['a_b', '%a\\_b%', ['a_b']],
  ['a\\b', '%a\\\\b%', ['a\\b']],
  ['%%%', '%\\%\\%\\%%', ['%%%']],
  ['\\%', '% \\\\\\%%', [' \\%']],
])('searchTerm(%j) is the pattern %j with the tokens %j', (folded, pattern, tokens) => {
  expect(searchTerm(folded)).toEqual({ pattern, tokens });
});
