import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/infrastructure/database/sql.ts';
import { databaseImplementations } from './databases.ts';

/** Its upper case is I, whose lower case is i; Unicode's case folding keeps the two apart. */
const DOTLESS_I = 'ı';

/** Few enough for `statement_timeout` on a busy machine. */
const BATCH_SIZE = 10_000;

/** All code points but surrogates and NUL, which PostgreSQL cannot store. */
const LETTERS = Array.from({ length: 0x10ffff }, (_, index) => index + 1)
  .filter((codePoint) => codePoint < 0xd800 || codePoint > 0xdfff)
  .map((codePoint) => String.fromCodePoint(codePoint));

describe.each(databaseImplementations)('fold_for_search ($name)', ({ open }) => {
  let database: Database;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database?.close());

  async function fold(texts: readonly string[]): Promise<Map<string, string>> {
    const folded = new Map<string, string>();
    for (let start = 0; start < texts.length; start += BATCH_SIZE) {
      const { rows } = await database.query<{ text: string; folded: string }>(
        'select text, fold_for_search(text) as folded from unnest($1::text[]) as text',
        [texts.slice(start, start + BATCH_SIZE)],
      );
      for (const row of rows) folded.set(row.text, row.folded);
    }
    return folded;
  }

  test('folds every letter as its upper case, its lower case and its decomposition', async () => {
    const forms = new Map<string, readonly string[]>();
    for (const letter of LETTERS) {
      const others = [
        letter.toUpperCase(),
        letter.toLowerCase(),
        // PostgreSQL 15 has the decompositions of Unicode 14: later versions added some, all beyond the basic plane.
        ...(letter.length === 1 ? [letter.normalize('NFD'), letter.normalize('NFC')] : []),
      ].filter((other) => other !== letter);
      if (others.length > 0 && letter !== DOTLESS_I) forms.set(letter, others);
    }
    expect(forms.size).toBeGreaterThan(2_800);
    const folded = await fold([...new Set([...forms].flat(2))]);
    const apart = [...forms].flatMap(([letter, others]) =>
      others.filter((other) => folded.get(other) !== folded.get(letter)),
    );
    expect(apart).toEqual([]);
    const again = await fold([...new Set(folded.values())]);
    expect([...again].filter(([text, twice]) => text !== twice)).toEqual([]);
  });

  test('changes no letter without case', async () => {
    const caseless = LETTERS.filter(
      (letter) =>
        /[\p{L}\p{M}\p{N}]/u.test(letter) &&
        letter.toUpperCase() === letter &&
        letter.toLowerCase() === letter &&
        letter.normalize('NFC') === letter &&
        letter.normalize('NFD') === letter,
    );
    expect(caseless.length).toBeGreaterThan(100_000);
    const folded = await fold(caseless);
    expect([...folded].filter(([letter, other]) => letter !== other)).toEqual([]);
  });

  test.each([
    ['ASCII', 'Ada LOVELACE', 'ada lovelace'],
    ['the sharp s, small and capital', 'Weiß WEIẞ', 'weiss weiss'],
    ['the last sigma of a word', 'ΣΊΣΥΦΟΣ σίσυφος', 'σίσυφοσ σίσυφοσ'],
    ['the dotted capital I and the dotless i', 'İI ıi', 'i̇i ıi'],
    ['ligatures', 'ﬁﬂﬃﬅﬓ', 'fiflffistմն'],
    ['the iota subscript', 'ᾼ ᾳ ΑΙ', 'αι αι αι'],
    ['the iota subscript below other marks', 'ᾴ α\u0345\u0301', 'άι άι'],
    ['letters of other scripts', 'ЖѢ ԱՒ Ა ꭰ 𐐀 𞤀', 'жѣ աւ ა ꭰ 𐐨 𞤢'],
    ['look-alikes from another block', 'K Å Ω µ ſ', 'k å ω μ s'],
    ['letters apart that differ by a mark', 'Éé E', 'éé e'],
  ])('folds %s', async (_, text, expected) => {
    expect((await fold([text])).get(text)).toBe(expected.normalize('NFC'));
  });

  test('is the same in any collation', async () => {
    const { rows } = await database.query<{ folded: string }>(
      `select fold_for_search(text collate "C") as folded from unnest($1::text[]) as text`,
      [['ÉVA Ж', 'I']],
    );
    expect(rows.map(({ folded }) => folded)).toEqual(['éva ж', 'i']);
  });
});
