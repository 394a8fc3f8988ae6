/**
 * Prints the SQL expression that folds the case of a text in Unicode NFD: `npx tsx scripts/make-search-fold.ts`. The
 * migration that creates `fold_for_search` contains its output; a newer Unicode version needs a new migration.
 *
 * The mappings come from the Unicode data of Node (`process.versions.unicode`): lower case of upper case, which puts
 * letters into the same classes as full case folding (CaseFolding.txt, status C and F). The dotless i is the exception:
 * its upper case is I, and case folding keeps the two apart.
 */
const DOTLESS_I = '\u0131';
const LINE_LENGTH = 60;
/** Stand first, unchanged: translate() looks for each letter from the beginning, and through all letters for a missing one. */
const FREQUENT = [
  ...'abcdefghijklmnopqrstuvwxyz',
  ...'\u0301\u0300\u0308\u0303\u0302\u0327\u030c\u0306\u0323\u031b\u0328\u0304\u0307\u030a',
  ...'абвгдежзиклмнопрстуфхцчшщъыьэюя',
  ...'αβγδεζηθικλμνξοπρστυφχψω',
];

const { single, several } = readMappings();
const names = several.reduce(
  (text, [from, to]) => `replace(${text}, '${from}', '${to}')`,
  'normalize(value, nfd)',
);
console.log(`-- Unicode ${process.versions.unicode}
translate(${names} collate "C",
${literals([...FREQUENT, ...single.map(([from]) => from)])},
${literals([...FREQUENT, ...single.map(([, to]) => to)])})`);

/** The letters whose folding differs from them. Those that NFD takes apart are left out. */
function readMappings() {
  const single: [string, string][] = [];
  const several: [string, string][] = [];
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue;
    const letter = String.fromCodePoint(codePoint);
    if (letter === DOTLESS_I || letter.normalize('NFD') !== letter) continue;
    const folded = letter.toLowerCase().toUpperCase().toLowerCase().normalize('NFD');
    if (folded === letter) continue;
    ([...folded].length === 1 ? single : several).push([letter, folded]);
  }
  return { single, several };
}

/** Marks are escaped: beside another letter an editor may compose them. */
function literals(letters: readonly string[]): string {
  const lines: string[] = [];
  for (let start = 0; start < letters.length; start += LINE_LENGTH) {
    const line = letters.slice(start, start + LINE_LENGTH).join('');
    lines.push(
      /\p{M}/u.test(line)
        ? `  E'${line.replace(/\p{M}/gu, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`
        : `  '${line}'`,
    );
  }
  return lines.join(' ||\n');
}
