/** Below this, no trigram lies inside the text, and an infix search would read every row. */
const INFIX_MIN_LENGTH = 3;
/** Signs are between words for the index: what begins with one is no beginning of a word, but has one inside. */
const SIGN_THEN_LETTER = /^[^\p{L}\p{N}\p{M}][\p{L}\p{N}]/u;

/**
 * The LIKE pattern for a search text, for the expression of `users_search_idx`: any part of a name or address, or,
 * for one or two characters, the beginning of a word, which the index finds with the help of the blank before it.
 */
export function searchPattern(text: string): string {
  const normalized = text.normalize('NFC');
  const literal = normalized.replace(/[\\%_]/g, '\\$&');
  const infix = [...normalized].length >= INFIX_MIN_LENGTH || SIGN_THEN_LETTER.test(normalized);
  return infix ? `%${literal}%` : `% ${literal}%`;
}
