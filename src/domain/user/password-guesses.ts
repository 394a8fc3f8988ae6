/** What attackers know before they guess. Local data, so that it never fails. */
export interface PasswordBlocklist {
  /** Place of a lower-cased text on the list of common passwords, 1 for the most common; null when it is not listed. */
  rankOf(lowerCased: string): number | null;
  /**
   * Direction from the key of one lower-cased character to that of another on a common keyboard, equal numbers for
   * equal directions; null when the keys are not neighbours.
   */
  directionOf(one: string, other: string): number | null;
}

/**
 * UTF-16 units that are judged together, and how many of these pieces are judged at most. A password of 128
 * characters that are not enough is made of words of the account: the estimate does not become dearer with more.
 */
const PIECE_LENGTH = 32;
const MAX_PIECES = 4;
/** Lengths of the listed words that are looked up. Shorter ones occur in good passwords by chance. */
const LISTED_MIN_LENGTH = 4;
const LISTED_MAX_LENGTH = 16;
/** Words of the account that are looked for, and their shortest length. */
const MAX_WORDS = 32;
const WORD_MIN_LENGTH = 3;
/** A longer word is cut: the password may begin with as much of it. In UTF-16 units. */
const WORD_MAX_LENGTH = 64;
/** Shortest run of one character and sequence of neighbours; other sequences and keyboard walks are one longer. */
const RUN_MIN_LENGTH = 3;
/** A longer run of one character adds nothing. */
const RUN_MAX_LENGTH = 8;
/** Longest part whose repetition is looked for. */
const REPEATED_PART_MAX_LENGTH = 16;
/** Largest distance between characters of a sequence, as in `13579` and `acegi`. */
const SEQUENCE_MAX_STEP = 3;

/** Costs are decimal logarithms of the number of guesses. */
const COST = {
  digit: 1,
  letter: Math.log10(26),
  /** A script with many signs gives an attacker more choice. */
  otherLetter: 2,
  sign: 1.5,
  /** Signs that complete a password, or stand between its words. */
  commonSign: 0.8,
  /** A word of the person or the service, and the most common passwords. */
  knownWord: 0.3,
  substitution: 0.3,
  sequence: 1.2,
  walk: 1.3,
  walkStep: 0.1,
  /** A key has up to six neighbours. */
  walkTurn: 0.7,
  /** 366 days in 160 years. */
  date: 4.8,
  year: 2.2,
} as const;

const COMMON_SIGNS = new Set(' !@#$.?*-_&+=,');
const YEAR = /^(?:19|20)\d\d$/;
const DAY = '(?:0?[1-9]|[12]\\d|3[01])';
const MONTH = '(?:0?[1-9]|1[0-2])';
const YEAR_IN_DATE = '(?:(?:19|20)?\\d\\d)';
const DATE = new RegExp(
  `^(?:${DAY}([-./ ]?)${MONTH}\\1${YEAR_IN_DATE}|${MONTH}([-./ ]?)${DAY}\\2${YEAR_IN_DATE}|${YEAR_IN_DATE}([-./ ]?)${MONTH}\\3${DAY})$`,
);

/** From `ddmmyyyy` to `dd.mm.yyyy`. */
const DATE_MIN_LENGTH = 6;
const DATE_MAX_LENGTH = 10;

/** Signs and digits that stand for letters. `1` and `!` stand for two, so there are two readings. */
const SUBSTITUTES = {
  '4': 'a',
  '@': 'a',
  '3': 'e',
  '0': 'o',
  '5': 's',
  $: 's',
  '7': 't',
  '8': 'b',
};
const READINGS: readonly ReadonlyMap<string, string>[] = ['i', 'l'].map(
  (one) => new Map(Object.entries({ ...SUBSTITUTES, '1': one, '!': one })),
);

/** Lower case without accents, for comparisons. Its input is bounded by the length rule. */
export function foldText(text: string): string {
  return text.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '');
}

/**
 * Estimates the decimal logarithm of the guesses that an attacker needs who tries lists, words of the account, repeats,
 * sequences, keyboard walks, dates and combinations of these first. The cheapest division into such parts counts
 * (Wheeler, "zxcvbn", USENIX Security 2016). It does not matter which kinds of characters there are.
 * @param words of the account and the service
 * @param enough the estimate that is enough; the rest of a longer password is not looked at
 */
export function estimateGuesses(
  password: string,
  words: readonly string[],
  blocklist: PasswordBlocklist,
  enough: number,
): number {
  const known = knownWords(words);
  const text = withoutRepeats(foldText(password)).slice(0, MAX_PIECES * PIECE_LENGTH);
  let total = 0;
  for (let start = 0; start < text.length && total < enough; start += PIECE_LENGTH) {
    total += cheapestDivision(text.slice(start, start + PIECE_LENGTH), known, blocklist);
  }
  return total;
}

/** The words and their reversals, folded. */
function knownWords(words: readonly string[]): readonly string[] {
  const folded = words
    .map((word) => foldText(word.slice(0, WORD_MAX_LENGTH)))
    .filter((word) => word.length >= WORD_MIN_LENGTH);
  const known = [...new Set(folded)].slice(0, MAX_WORDS);
  return [...known, ...known.map(reverse)];
}

/** Shortens runs of one character and a text that repeats one part: more of the same is no more to guess. */
function withoutRepeats(text: string): string {
  let short = '';
  let run = 0;
  for (let index = 0; index < text.length; index += 1) {
    run = text[index] === text[index - 1] ? run + 1 : 1;
    if (run <= RUN_MAX_LENGTH) short += text[index];
  }
  for (let length = 1; length <= REPEATED_PART_MAX_LENGTH; length += 1) {
    if (short.length > 2 * length && short.endsWith(short.slice(0, -length))) {
      return short.slice(0, 2 * length);
    }
  }
  return short;
}

type Offer = (end: number, cost: number) => void;

function cheapestDivision(
  text: string,
  words: readonly string[],
  blocklist: PasswordBlocklist,
): number {
  /** Lowest cost of the text before each index. */
  const costs = new Array<number>(text.length + 1).fill(Number.POSITIVE_INFINITY);
  costs[0] = 0;
  const readings = readingsOf(text);
  for (let start = 0; start < text.length; start += 1) {
    const before = costs[start] ?? 0;
    const offer = (end: number, cost: number): void => {
      if (before + cost < (costs[end] ?? 0)) costs[end] = before + cost;
    };
    offer(start + 1, characterCost(text[start] ?? ''));
    offerRuns(text, start, offer);
    offerWalks(text, start, blocklist, offer);
    offerRepeats(text, start, offer);
    offerDates(text, start, offer);
    for (const [index, reading] of readings.entries()) {
      const added = index === 0 ? 0 : COST.substitution;
      for (const word of words) {
        if (reading.startsWith(word, start)) offer(start + word.length, COST.knownWord + added);
      }
      const longest = Math.min(text.length, start + LISTED_MAX_LENGTH);
      for (let end = start + LISTED_MIN_LENGTH; end <= longest; end += 1) {
        const rank = blocklist.rankOf(reading.slice(start, end));
        if (rank !== null) offer(end, Math.max(COST.knownWord, Math.log10(rank)) + added);
      }
    }
  }
  return costs.at(-1) ?? 0;
}

/** The text, and where they differ from it, the text with letters for signs and digits. */
function readingsOf(text: string): readonly string[] {
  const readings = READINGS.map((reading) =>
    Array.from({ length: text.length }, (_, index) => {
      const unit = text[index] ?? '';
      return reading.get(unit) ?? unit;
    }).join(''),
  );
  return [...new Set([text, ...readings])];
}

/** Runs of one character and sequences that start here. */
function offerRuns(text: string, start: number, offer: Offer): void {
  const first = text[start] ?? '';
  const step = text.charCodeAt(start + 1) - text.charCodeAt(start);
  if (!(Math.abs(step) <= SEQUENCE_MAX_STEP)) return;
  const shortest = Math.abs(step) <= 1 ? RUN_MIN_LENGTH : RUN_MIN_LENGTH + 1;
  const base: number = step === 0 ? characterCost(first) : COST.sequence;
  for (let next = start + 1; next < text.length; next += 1) {
    if (text.charCodeAt(next) - text.charCodeAt(next - 1) !== step) return;
    const length = next + 1 - start;
    if (length >= shortest) offer(next + 1, base + Math.log10(length));
  }
}

/** Keyboard walks that start here. A turn gives an attacker a choice, a straight line none. */
function offerWalks(text: string, start: number, blocklist: PasswordBlocklist, offer: Offer): void {
  let cost: number = COST.walk;
  let direction: number | null = null;
  for (let next = start + 1; next < text.length; next += 1) {
    const turned = blocklist.directionOf(text[next - 1] ?? '', text[next] ?? '');
    if (turned === null) return;
    cost += COST.walkStep + (direction === null || turned === direction ? 0 : COST.walkTurn);
    direction = turned;
    if (next + 1 - start > RUN_MIN_LENGTH) offer(next + 1, cost);
  }
}

/** A part that follows itself, such as `abc` in `abcabcabc`. Its listed form is found by the division itself. */
function offerRepeats(text: string, start: number, offer: Offer): void {
  let single = characterCost(text[start] ?? '');
  const longest = Math.min(REPEATED_PART_MAX_LENGTH, (text.length - start) >> 1);
  for (let length = 2; length <= longest; length += 1) {
    single += characterCost(text[start + length - 1] ?? '');
    let end = start + length;
    while (end < text.length && text[end] === text[end - length]) end += 1;
    const repeats = Math.floor((end - start) / length);
    if (repeats >= 2) offer(start + repeats * length, single + Math.log10(repeats));
  }
}

function offerDates(text: string, start: number, offer: Offer): void {
  if (!isDigit(text[start] ?? '')) return;
  if (YEAR.test(text.slice(start, start + 4))) offer(start + 4, COST.year);
  for (let length = DATE_MIN_LENGTH; length <= DATE_MAX_LENGTH; length += 1) {
    const part = text.slice(start, start + length);
    if (part.length === length && DATE.test(part)) offer(start + length, COST.date);
  }
}

function characterCost(character: string): number {
  if (isDigit(character)) return COST.digit;
  if (character >= 'a' && character <= 'z') return COST.letter;
  if (/\p{L}/u.test(character)) return COST.otherLetter;
  return COMMON_SIGNS.has(character) ? COST.commonSign : COST.sign;
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

function reverse(text: string): string {
  return [...text].reverse().join('');
}
