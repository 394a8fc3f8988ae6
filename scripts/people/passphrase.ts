import type { Random } from './random.ts';
import { ENGLISH_WORDS } from './words.ts';

const SEPARATORS = [' ', ' ', ' ', '-', '.', '_', ''] as const;
const SYMBOLS = ['!', '?', '~', '#', '…', '☂', '🦊', '🌿', '€', '½'] as const;
const LONG_EVERY = 0.02;
const MAX_TRIES = 200;

const lengthOf = (text: string): number => [...text].length;
const capitalise = (word: string): string =>
  word.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());

function drawDistinct(random: Random, words: readonly string[], count: number): string[] {
  const left = [...words];
  return Array.from({ length: count }, () => left.splice(random.below(left.length), 1).join(''));
}

function draw(random: Random, words: readonly string[]): string {
  const count = 3 + random.below(3);
  const number = String(10 + random.below(990));
  const separator = random.pick(SEPARATORS);
  const phrase = drawDistinct(random, words, count);
  if (separator === '') return phrase.map(capitalise).join('') + number;
  phrase.splice(random.below(count + 1), 0, number);
  const text = phrase.join(separator);
  return random.chance(0.15) ? `${text} ${random.pick(SYMBOLS)}` : text;
}

function drawLong(random: Random, words: readonly string[]): string {
  let text = String(10 + random.below(990));
  while (lengthOf(text) < 70) text += ` ${random.pick(words)}`;
  return text;
}

/**
 * An example passphrase of 15 to 40 code points, rarely of 70 to 90, without any of the `avoided` texts in any
 * case. Public example data, never a secret.
 */
export function makePassphrase(
  random: Random,
  words: readonly string[] | undefined,
  avoided: readonly string[],
): string {
  const lists = words !== undefined && random.chance(0.5) ? words : ENGLISH_WORDS;
  const long = random.chance(LONG_EVERY);
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const candidate = long ? drawLong(random, lists) : draw(random, lists);
    const length = lengthOf(candidate);
    const folded = candidate.toLowerCase();
    const clean = avoided.every((text) => !folded.includes(text.toLowerCase()));
    if (clean && length >= 15 && (long || length <= 40)) return candidate;
  }
  throw new Error(`no passphrase without ${avoided.join(', ')}`);
}
