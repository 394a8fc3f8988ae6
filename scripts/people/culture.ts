/** One name, with the ASCII spelling that its owner would use in an e-mail address. */
export interface SpelledName {
  text: string;
  ascii: string;
}

/** Given and family names that may be combined freely: one group a grammatical gender, where that matters. */
export interface NameGroup {
  given: SpelledName[];
  family: SpelledName[];
}

/** How often two names of one list are joined, and with which separator. */
export interface Joining {
  separator: string;
  chance: number;
}

/** The names, countries of telephone numbers, and domains of one culture. */
export interface Culture {
  id: string;
  /** Relative share of the generated people. */
  weight: number;
  /** ISO 3166 codes, keys of the telephone plans. */
  countries: string[];
  groups: NameGroup[];
  /** Internationalised domains in Unicode, all under reserved top-level names. */
  domains?: string[];
  joinGiven?: Joining;
  joinFamily?: Joining;
  /** Words of the language for passphrases; English ones without it. */
  words?: string[];
}

/** Latin letters that Unicode does not decompose, each with its ASCII spelling. */
const LETTERS_WITHOUT_DECOMPOSITION: ReadonlyMap<string, string> = new Map(
  'ß:ss æ:ae œ:oe ø:o đ:d ð:d þ:th ł:l ħ:h ı:i ə:e ŋ:ng ɓ:b ɗ:d ƙ:k'.split(' ').map((pair) => {
    const [letter = '', ascii = ''] = pair.split(':');
    return [letter, ascii];
  }),
);

/** Folds Latin text to the letters and digits that every mail system accepts. Other scripts fold to nothing. */
function foldToAscii(text: string): string {
  const lower = text.toLowerCase().normalize('NFD');
  return [...lower]
    .map((char) => LETTERS_WITHOUT_DECOMPOSITION.get(char) ?? char)
    .join('')
    .replace(/[^a-z0-9]/g, '');
}

/** Reads a comma separated list of `name` (Latin) or `name=ascii` entries. */
function names(list: string): SpelledName[] {
  return list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [text = '', ascii = foldToAscii(text)] = entry.split('=');
      if (text === '' || ascii === '') throw new Error(`name without an ASCII spelling: ${entry}`);
      return { text: text.normalize('NFC'), ascii };
    });
}

/** One group from two lists. */
export function group(given: string, family: string): NameGroup {
  return { given: names(given), family: names(family) };
}

/** The entries of a comma separated list, as written. */
export function listed(list: string): string[] {
  return list.split(',').map((entry) => entry.normalize('NFC'));
}
