import { describe, expect, test } from 'vitest';
import type { UserPage } from '../../src/domain/user/user-repository.ts';
import { createPostgresUserRepository } from '../../src/infrastructure/database/postgres/user-repository.ts';
import { searchUserIds } from '../../src/infrastructure/database/postgres/user-search.ts';
import type { DatabaseImplementation } from './databases.ts';
import { ids, storeUser, useDatabase } from './fixtures.ts';

const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/** Users who are hard to find, each under a name that the cases use. */
const people = {
  eva: { firstName: 'Éva', lastName: "D'Arc-Smith", email: 'eva+news@example.com' },
  decomposed: { firstName: 'Zoe\u0308', lastName: 'Mu\u0308ller', email: 'zm@example.org' },
  percent: { firstName: '100%', lastName: 'Real', email: 'percent@example.com' },
  underscore: { firstName: 'snake_case', lastName: 'Real', email: 'under_score@example.com' },
  backslash: { firstName: 'back\\slash', lastName: 'Real', email: 'back@example.com' },
  wang: { firstName: '小明', lastName: '王', email: 'xm@example.cn' },
  rare: { firstName: '\u{20BB7}野家', lastName: '田中', email: 'tanaka@example.jp' },
  ivan: { firstName: 'Иван', lastName: 'ЖУКОВ', email: 'ivan@example.ru' },
  muhammad: { firstName: 'محمد', lastName: 'علي', email: 'm@example.sa' },
  sara: { firstName: 'שרה', lastName: 'כהן', email: 's@example.il' },
  weiss: { firstName: 'Weiß', lastName: 'STRASSER', email: 'w@example.de' },
  grosse: { firstName: 'GROẞE', lastName: 'ﬁnlay', email: 'g@example.de' },
  sisyphos: { firstName: 'ΣΊΣΥΦΟΣ', lastName: 'Ἀχιλλεύς', email: 's@example.gr' },
  armen: { firstName: 'ԱՐՄԵՆ', lastName: 'Եւա', email: 'a@example.am' },
  tamar: { firstName: 'ᲗᲐᲛᲐᲠ', lastName: 'Ꭰꮳ', email: 't@example.ge' },
  deseret: { firstName: '\u{10414}𐐨𐐩', lastName: '𞤀𞤁𞤂', email: 'd@example.us' },
  dev: { firstName: 'देवेन्द्र', lastName: 'शर्मा', email: 'd@example.in' },
} as const;

const cases: readonly (readonly [string, string, readonly (keyof typeof people)[]])[] = [
  ['any part of a word', 'mit', ['eva']],
  ['any case, beyond ASCII too', 'ÉVA', ['eva']],
  ['any case of Cyrillic', 'жуков', ['ivan']],
  ['ss where the name has a sharp s', 'EISS', ['weiss']],
  ['a sharp s where the name has SS', 'traß', ['weiss']],
  ['a sharp s as two letters of the three that an infix needs', 'ße', ['weiss', 'grosse']],
  ['a small sharp s where the name has the capital one', 'große', ['grosse']],
  ['the letters of a ligature', 'FIN', ['grosse']],
  ['a final sigma in the text', 'σίσυφος', ['sisyphos']],
  ['a medial sigma where the name ends in the final one', 'λλΕΎΣ', ['sisyphos']],
  ['Armenian in any case', 'արմեն', ['armen']],
  ['the letters of an Armenian ligature', 'և', ['armen']],
  ['Georgian in any case', 'თამარ', ['tamar']],
  ['Cherokee in any case', 'ꭰᏣ', ['tamar']],
  ['case beyond the basic plane', '\u{1043C}𐐀𐐁', ['deseret']],
  ['Adlam in any case', '𞤢𞤣𞤤', ['deseret']],
  ['a composed accent where the name has a combining one', 'zo\u00EB', ['decomposed']],
  ['a combining accent where the name has one, too', 'mu\u0308l', ['decomposed']],
  ['a combining accent where the name has a composed one', 'e\u0301va', ['eva']],
  ['an accent is not ignored', 'muller', []],
  ['first and last name together', 'Éva D', ['eva']],
  ['a part of an address', 'a+news@ex', ['eva']],
  ['an apostrophe and a hyphen', "d'arc-s", ['eva']],
  ['% as itself', '00%', ['percent']],
  ['_ as itself', 'e_c', ['underscore']],
  ['\\ as itself', 'k\\s', ['backslash']],
  ['% alone as the beginning of a word only', '%', []],
  ['two CJK letters', '小明', ['wang']],
  ['one CJK letter', '王', ['wang']],
  ['letters outside the basic plane', '\u{20BB7}野', ['rare']],
  ['three code points count as three, for any UTF-16 length', '\u{20BB7}野家', ['rare']],
  ['right-to-left script', 'محم', ['muhammad']],
  ['two letters of right-to-left script', 'כה', ['sara']],
  ['an Indic script with marks', 'देवे', ['dev']],
  ['two letters at the beginning of a word', 'ev', ['eva']],
  ['not two letters inside a word', 'va', []],
  ['a sign and a letter', '+n', ['eva']],
  ['nothing for a text that no user has', 'xyzzy', []],
];

/** Texts of which the index has no token: pages of a walk find them. */
const WITHOUT_TOKEN: readonly string[] = [];

/** The promises of UserReader about lists and search. */
export function describeUserSearchContract(implementation: DatabaseImplementation): void {
  describe(`UserReader lists (${implementation.name})`, () => {
    const database = useDatabase(implementation);
    const users = () => createPostgresUserRepository(database());

    async function storeMany(count: number): Promise<string[]> {
      const stored: string[] = [];
      for (let index = 0; index < count; index += 1) {
        stored.push((await storeUser(database(), { lastName: 'Many' })).id);
      }
      return stored.sort();
    }

    async function collect(page: (afterId: string | null) => Promise<UserPage>) {
      const pages: string[][] = [];
      let afterId: string | null = null;
      do {
        const { users, nextAfterId } = await page(afterId);
        pages.push(users.map((user) => user.id));
        afterId = nextAfterId;
      } while (afterId !== null && pages.length < 100);
      return pages;
    }

    test('pages hold every user once, in id order, and the last one says so', async () => {
      const stored = await storeMany(25);
      const pages = await collect((afterId) => users().list({ afterId, limit: 7 }));
      expect(pages.map((page) => page.length)).toEqual([7, 7, 7, 4]);
      expect(pages.flat()).toEqual(stored);
    });

    test('a full last page is the last one', async () => {
      await storeMany(6);
      const pages = await collect((afterId) => users().list({ afterId, limit: 3 }));
      expect(pages.map((page) => page.length)).toEqual([3, 3]);
    });

    test('users who are added or deleted between two pages do not shift the others', async () => {
      const stored = await storeMany(9);
      const first = await users().list({ afterId: null, limit: 3 });
      await users().delete(stored[1] ?? '');
      const late = await storeUser(database());
      const rest = await collect((afterId) =>
        users().list({ afterId: afterId ?? first.nextAfterId, limit: 3 }),
      );
      expect(rest.flat()).toEqual([...stored.slice(3), late.id]);
    });

    test('pages of a search hold every match once, in id order', async () => {
      const stored = await storeMany(10);
      await storeUser(database(), { lastName: 'Other' });
      const pages = await collect((afterId) => users().search('many', { afterId, limit: 4 }));
      expect(pages.map((page) => page.length)).toEqual([4, 4, 2]);
      expect(pages.flat()).toEqual(stored);
    });

    test('pages of a search hold every match once when they lie far behind others', async () => {
      const fillers = (from: number, to: number) =>
        database().query(
          `insert into users (id, first_name, last_name, email, password)
           select lpad(to_hex(n), 32, '0')::uuid, 'Filler', 'Number', 'filler' || n || '@example.net', 'x'
           from generate_series($1::integer, $2) n where n % 400 <> 0`,
          [from, to],
        );
      await fillers(1, 2_000);
      const first = await storeMany(3);
      const pages = await collect((afterId) => users().search('many', { afterId, limit: 2 }));
      expect(pages).toEqual([first.slice(0, 2), first.slice(2)]);
      const found = await collect((afterId) => users().search('number', { afterId, limit: 300 }));
      expect(found.map((page) => page.length)).toEqual([300, 300, 300, 300, 300, 300, 195]);
    });

    test.each(cases)('search finds %s', async (_, text, expected) => {
      const names = new Map<string, string>();
      for (const [name, traits] of Object.entries(people)) {
        names.set((await storeUser(database(), traits)).id, name);
      }
      const { users: found } = await users().search(text, { afterId: null, limit: 50 });
      expect(found.map((user) => names.get(user.id))).toEqual(expected);
    });

    test('finds the same through the index among thousands of users', async () => {
      await database().query(
        `insert into users (id, first_name, last_name, email, password)
         select gen_random_uuid(), 'Filler', 'Number' || n, 'filler' || n || '@example.net', 'x'
         from generate_series(1, 5000) n`,
      );
      const names = new Map<string, string>();
      for (const [name, traits] of Object.entries(people)) {
        names.set((await storeUser(database(), traits)).id, name);
      }
      // As autovacuum does after a while: current statistics, and no list of pending index entries.
      await database().query('vacuum analyze users');
      for (const [, text, expected] of cases) {
        const { users: found } = await users().search(text, { afterId: null, limit: 50 });
        expect(found.map((user) => names.get(user.id))).toEqual(expected);
      }
      // Every one is rarer than the bounds of the walk allow, so that the index is read.
      const bounds = { walkedRows: 10, candidates: 2_000, indexEntries: 50_000 };
      for (const [, text, expected] of cases) {
        if (WITHOUT_TOKEN.includes(text)) continue;
        const page = { afterId: NIL_UUID, limit: 50 };
        const { ids: found, nextAfterId } = await searchUserIds(database(), text, page, bounds);
        expect(found.map((id) => names.get(id))).toEqual(expected);
        expect(nextAfterId).toBeNull();
      }
    });

    test('follows a change of the name or address, by SQL too, and a deletion', async () => {
      const { id } = await storeUser(database(), { lastName: 'Before' });
      const found = async (text: string) =>
        (await users().search(text, { afterId: null, limit: 50 })).users.map((user) => user.id);
      await database().query("update users set last_name = 'Straße' where id = $1", [id]);
      expect(await found('before')).toEqual([]);
      expect(await found('STRASSE')).toEqual([id]);
      await database().query("update users set email = 'new-address@example.com' where id = $1", [
        id,
      ]);
      expect(await found('New-Address')).toEqual([id]);
      await users().delete(id);
      const { rows } = await database().query('select from user_search where user_id = $1', [id]);
      expect(rows).toEqual([]);
    });

    test('short pages continue after the last user that was looked at, and hold every match once', async () => {
      const stored = await storeMany(7);
      for (let index = 0; index < 30; index += 1) await storeUser(database());
      stored.push(...(await storeMany(4)));
      for (const bounds of [
        { walkedRows: 5, candidates: 2, indexEntries: 50_000 },
        { walkedRows: 1, candidates: 10, indexEntries: 50_000 },
        { walkedRows: 5, candidates: 100, indexEntries: -1 },
      ]) {
        const found: string[] = [];
        let afterId: string | null = NIL_UUID;
        let pages = 0;
        while (afterId !== null && pages < 100) {
          const page = await searchUserIds(database(), 'many', { afterId, limit: 3 }, bounds);
          expect(page.ids.length).toBeLessThanOrEqual(3);
          found.push(...page.ids);
          afterId = page.nextAfterId;
          pages += 1;
        }
        expect(afterId).toBeNull();
        expect(found).toEqual(stored);
      }
    });

    test('returns 500 public profiles at once, without unknown ids, with names only', async () => {
      const stored = await storeMany(3);
      const unknown = Array.from({ length: 497 }, () => ids.next());
      const profiles = await users().listPublicProfiles([...unknown, ...stored]);
      expect(profiles.map((profile) => profile.id).sort()).toEqual(stored);
      expect(profiles[0]).toEqual({ id: profiles[0]?.id, firstName: 'Given', lastName: 'Many' });
      expect(await users().listPublicProfiles([])).toEqual([]);
    });
  });
}
