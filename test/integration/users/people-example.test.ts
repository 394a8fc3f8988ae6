import { readFileSync } from 'node:fs';
import { domainToASCII } from 'node:url';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { describe, expect, it } from 'vitest';
import { type ExamplePerson, formatPeople, makePeople } from '../../../scripts/people/people.ts';

const text = readFileSync(new URL('../../../examples/people.ndjson', import.meta.url), 'utf8');
const lines = text.split('\n').slice(0, -1);
const people = lines.map((line) => JSON.parse(line) as ExamplePerson);
const names = people.flatMap((person) => [person.first_name, person.last_name]);
const lengthOf = (value: string): number => [...value].length;
const having = (pattern: RegExp): string[] => names.filter((name) => pattern.test(name));

function splitAddress(email: string): { local: string; domain: string } {
  const at = email.lastIndexOf('@');
  return { local: email.slice(0, at), domain: email.slice(at + 1) };
}

const addresses = people.map(({ email }) => {
  const { local, domain } = splitAddress(email);
  return { email, local, domain, ascii: domainToASCII(domain) };
});

const SCRIPTS =
  'Latin Greek Cyrillic Armenian Georgian Hebrew Arabic Syriac Thaana Nko Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu ' +
  'Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Khmer Hangul Hiragana Katakana Han Yi Mongolian Ethiopic Tifinagh Vai Cherokee ' +
  'Canadian_Aboriginal Adlam Javanese Balinese Deseret';

describe('the example people', () => {
  it('are what the generator makes, byte for byte', () => {
    expect(formatPeople(makePeople()) === text).toBe(true);
  });

  it('are 2,000 lines of exactly the fields of a registration', () => {
    expect(lines).toHaveLength(2000);
    for (const person of people) {
      expect(Object.keys(person)).toEqual([
        'first_name',
        'last_name',
        'email',
        'phone',
        'password',
      ]);
    }
  });

  it('begin with the person of the walk-through', () => {
    expect(people[0]).toEqual({
      first_name: 'Ada',
      last_name: 'Okafor',
      email: 'ada.okafor@example.com',
      phone: '+2348031234567',
      password: 'velvet anchor 208 drifts past noon',
    });
  });

  it.each(SCRIPTS.split(' '))(
    'have at least three people whose name is written in %s',
    (script) => {
      expect(having(new RegExp(`\\p{Script=${script}}`, 'u')).length).toBeGreaterThanOrEqual(3);
    },
  );
});

describe('the names of the example people', () => {
  it('are 1 to 100 code points with a letter, and no control, directional override, lone surrogate or outer space', () => {
    const refused =
      /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u202A-\u202E\u2066-\u2069\u200E\u200F\uFEFF]|^\s|\s$|\p{M}{7,}/u;
    expect(names.filter((name) => refused.test(name))).toEqual([]);
    const long = names.filter(
      (name) => lengthOf(name) > 100 || lengthOf(name.normalize('NFC')) > 100,
    );
    expect(long).toEqual([]);
    expect(names.filter((name) => !/\p{L}/u.test(name))).toEqual([]);
  });

  it.each([
    ['one letter', /^\p{L}$/u],
    ['one letter O', /^O$/],
    ['one letter beyond the basic plane', /^[\u{10000}-\u{10FFFF}]$/u],
    ['hyphens', /\p{L}-\p{L}/u],
    ['typewriter apostrophes', /\p{L}'\p{L}/u],
    ['typographic apostrophes', /\p{L}’\p{L}/u],
    ['Hawaiian okina', /ʻ/],
    ['Dutch particles', /^van der |^de /],
    ['Romance particles', /de la /],
    ['Arabic particles', /al-|^bin /],
    ['Irish particles', /^Ó |^Ní /],
    ['suffixes', /, Jr\.$| III$/],
    ['titles', /^Dr\. /],
    ['initials and dots', /^\p{Lu}\. \p{Lu}\./u],
    ['spaces', /\p{L} \p{L}/u],
    [
      'right-to-left letters',
      /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Thaana}\p{Script=Nko}]/u,
    ],
    [
      'both directions in one name',
      /\p{Script=Latin}.*\p{Script=Hebrew}|\p{Script=Hebrew}.*\p{Script=Latin}/u,
    ],
    ['combining accents on Latin', /\p{Script=Latin}\p{Mn}/u],
    ['three combining marks in a row', /\p{Mn}{3}/u],
    ['Vietnamese letters', /[ơưạảấầẩẫậắằẳẵặễộ]/u],
    ['Indic vowel signs', /[\u093E-\u094C]/u],
    ['decomposed Hangul', /[\u1100-\u1112][\u1161-\u1175]/u],
    ['the zero width non-joiner of Persian', /\p{Script=Arabic}\u200C\p{Script=Arabic}/u],
    ['the zero width joiner of Sinhala', /\p{Script=Sinhala}\p{M}?\u200D\p{Script=Sinhala}/u],
    ['ideographic variation selectors', /\p{Script=Han}[\u{E0100}-\u{E01EF}]/u],
    ['CJK extension B', /[\u{20000}-\u{2A6DF}]/u],
  ])('include %s', (_form, pattern) => {
    expect(having(pattern).length).toBeGreaterThan(0);
  });

  it('are 100 code points long for some, first and last, in several scripts and outside the basic plane', () => {
    expect(people.filter((person) => lengthOf(person.first_name) === 100).length).toBeGreaterThan(
      3,
    );
    expect(people.filter((person) => lengthOf(person.last_name) === 100).length).toBeGreaterThan(3);
    expect(
      names.filter((name) => /^[\u{10000}-\u{10FFFF}]{100}$/u.test(name)).length,
    ).toBeGreaterThan(1);
  });
});

describe('the telephone numbers of the example people', () => {
  const numbers = people.flatMap(({ phone }) => (phone === null ? [] : [phone]));

  it('are valid E.164 of at least 40 countries', () => {
    const parsed = numbers.map((number) => ({ number, found: parsePhoneNumberFromString(number) }));
    expect(
      parsed.filter(({ number, found }) => !found?.isValid() || found.number !== number),
    ).toEqual([]);
    expect(new Set(parsed.map(({ found }) => found?.country)).size).toBeGreaterThanOrEqual(40);
  });

  it('are absent for about a quarter and seldom shared', () => {
    expect(people.length - numbers.length).toBeGreaterThan(400);
    expect(people.length - numbers.length).toBeLessThan(600);
    expect(new Set(numbers).size).toBeGreaterThan(numbers.length * 0.95);
  });
});

describe('the e-mail addresses of the example people', () => {
  it('are all different once the local part is in lower case and the domain in ASCII', () => {
    expect(
      new Set(addresses.map(({ local, ascii }) => `${local.toLowerCase()}@${ascii}`)).size,
    ).toBe(2000);
  });

  it('fit the limits of mail and the domain name system', () => {
    for (const { email, local, ascii } of addresses) {
      expect(local, email).toMatch(/^[A-Za-z0-9_-]+([.+][A-Za-z0-9_-]+)*$/);
      expect(local.length, email).toBeLessThanOrEqual(64);
      expect(ascii, email).toMatch(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]+$/);
      expect(`${local}@${ascii}`.length, email).toBeLessThanOrEqual(254);
    }
  });

  it('are under reserved names only', () => {
    const reserved = /(^|\.)example\.(com|org|net)$|\.(example|test)$/;
    expect(addresses.filter(({ ascii }) => !reserved.test(ascii))).toEqual([]);
  });

  it.each<[string, (address: (typeof addresses)[number]) => boolean]>([
    ['plus tags', ({ local }) => /\w\+\w/.test(local)],
    ['dots', ({ local }) => local.includes('.')],
    ['underscores', ({ local }) => local.includes('_')],
    ['hyphens', ({ local }) => local.includes('-')],
    ['only digits', ({ local }) => /^\d+$/.test(local)],
    ['one character before the sign', ({ local }) => local.length === 1],
    ['64 characters before the sign', ({ local }) => local.length === 64],
    ['254 octets', ({ local, ascii }) => local.length + 1 + ascii.length === 254],
    ['labels of 63 characters', ({ domain }) => /(^|\.)[a-z0-9-]{63}\./.test(domain)],
    ['twenty sub-domains', ({ domain }) => domain.split('.').length > 20],
    ['upper and lower case', ({ email }) => /[A-Z]/.test(email)],
    ['an A-label as given', ({ domain }) => domain.startsWith('xn--')],
    ['bücher.example', ({ domain }) => domain === 'bücher.example'],
    ['пример.example', ({ domain }) => domain === 'пример.example'],
    ['例え.example', ({ domain }) => domain === '例え.example'],
    ['उदाहरण.example', ({ domain }) => domain === 'उदाहरण.example'],
    ['right-to-left domains', ({ domain }) => /\p{Script=Arabic}|\p{Script=Hebrew}/u.test(domain)],
    ['a decomposed domain', ({ domain }) => domain.normalize('NFC') !== domain],
  ])('include %s', (_form, matches) => {
    expect(addresses.some(matches)).toBe(true);
  });
});

describe('the passphrases of the example people', () => {
  it('are 10 to 256 code points and hold neither the local part nor the name of the service', () => {
    for (const { email, password } of people) {
      const folded = password.normalize('NFC').toLowerCase();
      expect(lengthOf(folded), email).toBeGreaterThanOrEqual(10);
      expect(lengthOf(password), email).toBeLessThanOrEqual(256);
      expect(folded.includes(splitAddress(email).local.toLowerCase()), email).toBe(false);
      expect(folded.includes('user-service'), email).toBe(false);
    }
  });

  it.each([
    ['more than 64 code points', /^.{65,}$/u],
    ['spaces', / /],
    ['spaces beyond ASCII', /[\u00A0\u3000]/],
    ['combining accents', /\p{Script=Latin}\p{Mn}/u],
    ['emoji', /\p{Extended_Pictographic}/u],
    ['Han', /\p{Script=Han}/u],
    ['right-to-left letters', /\p{Script=Arabic}|\p{Script=Hebrew}/u],
  ])('include %s', (_form, pattern) => {
    expect(people.some(({ password }) => pattern.test(password))).toBe(true);
  });
});
