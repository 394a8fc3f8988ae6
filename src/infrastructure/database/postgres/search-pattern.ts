/** Below this, no trigram lies inside the text, and an infix search would read every row. */
const INFIX_MIN_LENGTH = 3;

/**
 * The LIKE pattern for a search text, for the expression of `users_search_idx`: any part of a name or address, or,
 * for one or two characters, the beginning of a word, which the index finds with the help of the blank before it.
 */
export function searchPattern(text: string): string {
  const normalized = text.normalize('NFC');
  const literal = normalized.replace(/[\\%_]/g, '\\$&');
  return [...normalized].length < INFIX_MIN_LENGTH ? `% ${literal}%` : `%${literal}%`;
}
