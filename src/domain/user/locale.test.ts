import { describe, expect, it } from 'vitest';
import { parseLocale } from './locale.ts';

describe('a locale', () => {
  it.each([
    ['de', 'de'],
    ['PT-br', 'pt-BR'],
    ['zh-hant-tw', 'zh-Hant-TW'],
    ['ar-EG-u-nu-latn', 'ar-EG-u-nu-latn'],
    ['iw', 'he'],
  ])('%s is stored as %s', (input, stored) => {
    expect(parseLocale(input)).toBe(stored);
    expect(parseLocale(stored)).toBe(stored);
  });

  it.each([
    '',
    ' de',
    'de_DE',
    'deutsch-',
    'd',
    'de,en',
    'de;q=0.9',
    '*',
    'de\0',
    `de-${'abcdefgh-'.repeat(4)}x`,
  ])('refuses %j', (input) => {
    expect(() => parseLocale(input)).toThrow(expect.objectContaining({ code: 'locale_invalid' }));
  });
});
