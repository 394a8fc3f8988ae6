/** Texts that are costly for a careless parser, by name: each repeats a unit. */
const UNITS: Readonly<Record<string, string>> = {
  letters: 'a',
  spaces: ' ',
  digits: '1',
  dots: 'a.',
  'keyboard signs': '1@!',
  'combining marks': '\u0301',
  'combining marks of two classes': '\u0301\u0323',
  'eight combining marks a letter': `a${'\u0323\u0301'.repeat(4)}`,
  'expanding letters': '\uFDFA',
  'decomposing letters': '\u1F82',
  'joined emoji': '\u{1F468}\u200D',
  'format characters': '\u200D',
  'bidirectional text': '\u05D0\u0661',
  'letters outside the BMP': '\u{1F12F}\u{20000}',
  'Punycode labels': 'xn--a-ecp.',
};

/** Prefixes that lead a text past the first check of an address or a phone number. */
const PREFIXES: Readonly<Record<string, string>> = { '': '', 'a@ and ': 'a@', '+ and ': '+' };

/** Lengths in UTF-16 units at and around the limits of fields; the last one fills the body. */
const LENGTHS = [64, 100, 128, 256, 510, 1_024, Number.POSITIVE_INFINITY];

export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** Texts of at most `maxBytes` bytes in UTF-8. */
export function adversarialTexts(maxBytes: number): readonly NamedText[] {
  return Object.entries(PREFIXES).flatMap(([prefixName, prefix]) =>
    Object.entries(UNITS).flatMap(([unitName, unit]) =>
      LENGTHS.flatMap((length) => {
        const room = maxBytes - prefix.length;
        const fitting = Math.floor(room / Buffer.byteLength(unit));
        const count = Math.min(fitting, Math.floor((length - prefix.length) / unit.length));
        const text = prefix + unit.repeat(count);
        if (length !== Number.POSITIVE_INFINITY && count === fitting) return [];
        return [{ name: `${prefixName}${unitName}, ${text.length} units`, text }];
      }),
    ),
  );
}

/** `words` different words of letters, each `length` long. */
export function differentWords(words: number, length: number): readonly string[] {
  return Array.from({ length: words }, (_, word) =>
    Array.from({ length }, (_, at) =>
      String.fromCharCode(0x61 + ((7 * word + 5 * at + word * at) % 26)),
    ).join(''),
  );
}
