/** A shorter text contains no trigram, so that an infix search would read every row. */
const INFIX_MIN_LENGTH = 3;
/** The index treats signs as word boundaries: a text that starts with a sign contains a word but does not start one. */
const SIGN_THEN_LETTER = /^[^\p{L}\p{N}\p{M}][\p{L}\p{N}]/u;

/**
 * The LIKE pattern of a search text, for the expression of `users_search_idx`. It matches any part of a name or
 * address. One or two characters match only the beginning of a word, which the index finds by the blank before it.
 */
export function searchPattern(text: string): string {
  const normalized = text.normalize('NFC');
  const literal = normalized.replace(/[\\%_]/g, '\\$&');
  const infix = [...normalized].length >= INFIX_MIN_LENGTH || SIGN_THEN_LETTER.test(normalized);
  return infix ? `%${literal}%` : `% ${literal}%`;
}
