import type { PageRequest } from '../../../domain/user/user-repository.ts';
import type { SqlConnection } from '../sql.ts';
import {
  findRarestSearchTokens,
  findUserSearchCandidates,
  foldSearchText,
  walkUserSearch,
} from './generated/user-search.queries.ts';
import { searchTerm } from './search-term.ts';

/** Bounds of the work for one page of a search. */
export interface SearchBounds {
  /** Users that are looked at in the order of ids. A text that one user in 100 has fills a page of 50 by it. */
  readonly walkedRows: number;
  /** Users that are read through the index, in no order. */
  readonly candidates: number;
  /** Entries of the index that are read, as estimated. */
  readonly indexEntries: number;
}

export const SEARCH_BOUNDS: SearchBounds = {
  walkedRows: 5_000,
  candidates: 1_000,
  indexEntries: 25_000,
};

/** Tokens that are looked up in the index: the rarest ones. Each more costs time, and excludes few users. */
const MAX_TOKENS = 6;

/** Matches in id order, at most as many as were requested. */
export interface SearchPage {
  readonly ids: readonly string[];
  /** `afterId` of the next page; null when no users are left to look at. */
  readonly nextAfterId: string | null;
}

/**
 * Finds the next users who match a text, within the bounds for any text and any number of users. It looks at the next
 * users in the order of ids. Where these do not fill the page, it reads the rest from the index, if the text is rare
 * enough. Otherwise the page is short, also empty, and the next one continues after the last user that was looked at.
 * @param afterId the nil UUID for the first page
 */
export async function searchUserIds(
  connection: SqlConnection,
  text: string,
  { afterId, limit }: { readonly afterId: string; readonly limit: PageRequest['limit'] },
  bounds: SearchBounds = SEARCH_BOUNDS,
): Promise<SearchPage> {
  const [row] = await foldSearchText.run({ text }, connection);
  const { pattern, tokens } = searchTerm(row?.folded ?? '');
  // One match more than the page holds tells whether there is another page.
  const matches = limit + 1;
  const walked = await walkUserSearch.run(
    { afterId, pattern, matches, rows: bounds.walkedRows },
    connection,
  );
  const found = walked.filter((user) => user.matches).map((user) => user.user_id);
  const last = walked.at(-1);
  const isEnd = last === undefined || Number(last.number) < bounds.walkedRows;
  if (found.length >= matches || isEnd) return toPage(found, limit);
  const rest = await searchIndex(connection, bounds, {
    ...{ pattern, tokens },
    afterId: last.user_id,
    matches: matches - found.length,
  });
  if (rest === null) return { ids: found, nextAfterId: last.user_id };
  return toPage([...found, ...rest], limit);
}

/** @returns the next matches in id order; null when the bounds do not suffice to know them. */
async function searchIndex(
  connection: SqlConnection,
  bounds: SearchBounds,
  wanted: {
    readonly pattern: string;
    readonly tokens: readonly string[];
    readonly afterId: string;
    readonly matches: number;
  },
): Promise<readonly string[] | null> {
  if (wanted.tokens.length === 0) return null;
  const rarest = await findRarestSearchTokens.run(
    { tokens: [...wanted.tokens], rarest: MAX_TOKENS },
    connection,
  );
  if ((rarest[0]?.entries ?? 0) > bounds.indexEntries) return null;
  const tokens = rarest.map(({ token }) => token);
  const [found] = await findUserSearchCandidates.runUnprepared(
    { ...wanted, tokens, candidates: bounds.candidates + 1 },
    connection,
  );
  return found === undefined || Number(found.candidates) > bounds.candidates ? null : found.ids;
}

function toPage(found: readonly string[], limit: number): SearchPage {
  const ids = found.slice(0, limit);
  return { ids, nextAfterId: found.length > limit ? (ids.at(-1) ?? null) : null };
}
