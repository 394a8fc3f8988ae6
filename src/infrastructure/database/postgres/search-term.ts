/** Length of the tokens in the index, in code points. */
const TOKEN_LENGTH = 3;
/** A text that starts with one of these has a token of two characters: they begin or separate words. */
const WORD_SEPARATORS = " .@+-_'";
/** A text that starts with a sign contains the beginning of a word, and does not need to be one. */
const SIGN_THEN_LETTER = /^[^\p{L}\p{N}\p{M}][\p{L}\p{N}]/u;

export interface SearchTerm {
  /** For LIKE on the folded text of a user. */
  readonly pattern: string;
  /** Every match has all of them in the index. Empty when the index cannot serve the text. */
  readonly tokens: readonly string[];
}

/**
 * How to find the users whose names or address contain a text. One or two characters match the beginning of a word only:
 * the folded text of a user has a blank before each name and before the address.
 * @param folded the text, as `fold_for_search` gives it
 */
export function searchTerm(folded: string): SearchTerm {
  const length = [...folded].length;
  const isInfix = length >= TOKEN_LENGTH || SIGN_THEN_LETTER.test(folded);
  const wanted = isInfix ? folded : ` ${folded}`;
  return { pattern: `%${wanted.replace(/[\\%_]/g, '\\$&')}%`, tokens: tokensOf(wanted) };
}

function tokensOf(text: string): string[] {
  const characters = [...text];
  if (characters.length < TOKEN_LENGTH) {
    return WORD_SEPARATORS.includes(characters[0] ?? '?') ? [text] : [];
  }
  const tokens = new Set<string>();
  for (let end = TOKEN_LENGTH; end <= characters.length; end += 1) {
    tokens.add(characters.slice(end - TOKEN_LENGTH, end).join(''));
  }
  return [...tokens];
}
