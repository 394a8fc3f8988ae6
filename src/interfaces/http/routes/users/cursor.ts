import { createHash } from 'node:crypto';
import { invalidFields } from '../../../../domain/errors.ts';
import { isUuid } from '../../../../lib/uuid.ts';

/** Longer than any valid cursor. */
const MAX_LENGTH = 256;

/**
 * Creates a keyset cursor with the last id of a page and the name of its list. The search text is hashed, because
 * proxies log cursors and the text may name a person.
 */
export function writeCursor(afterId: string, searchText: string | undefined): string {
  return encode(afterId, listName(searchText));
}

function encode(after: string, list: string): string {
  return Buffer.from(JSON.stringify({ after, list })).toString('base64url');
}

/**
 * Reads a cursor of the same list. Another spelling of a cursor, such as one with padding, is none.
 * @returns the last id of the previous page
 * @throws DomainError `validation_failed` on `cursor`
 */
export function readCursor(cursor: string, searchText: string | undefined): string {
  const { after, list } = decode(cursor);
  const isIntact =
    typeof after === 'string' &&
    isUuid(after) &&
    typeof list === 'string' &&
    cursor === encode(after.toLowerCase(), list);
  if (!isIntact) {
    throw cursorError('cursor_invalid', 'Must be the next_cursor of a page of this list.');
  }
  if (list !== listName(searchText)) {
    throw cursorError('cursor_of_other_list', 'Belongs to a list with a different q.');
  }
  return after;
}

function decode(cursor: string): { readonly after?: unknown; readonly list?: unknown } {
  if (cursor.length > MAX_LENGTH) return {};
  try {
    const content: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return typeof content === 'object' && content !== null ? content : {};
  } catch {
    return {};
  }
}

function listName(searchText: string | undefined): string {
  if (searchText === undefined) return 'all';
  return createHash('sha256').update(searchText.trim()).digest('base64url').slice(0, 16);
}

function cursorError(code: string, message: string) {
  return invalidFields([{ field: 'cursor', code, message }]);
}
