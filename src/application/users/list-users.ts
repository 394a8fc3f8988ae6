import { InvalidValue, validateFields } from '../../domain/errors.ts';
import { overloaded } from '../../domain/rejections.ts';
import { assertCleanText, codePointLength } from '../../domain/text.ts';
import { parseEmailAddress } from '../../domain/user/email-address.ts';
import type { ProfileRules } from '../../domain/user/profile-rules.ts';
import type { PageRequest, UserPage, UserReader } from '../../domain/user/user-repository.ts';
import type { Semaphore } from '../../lib/semaphore.ts';
import type { Caller } from '../access/caller.ts';
import { requireScope } from '../access/policy.ts';

interface Deps {
  readonly users: Pick<UserReader, 'findByEmail' | 'list' | 'search'>;
  readonly profileRules: Pick<ProfileRules, 'email'>;
  /** Bounds the searches at the same time, so that other requests find a connection. */
  readonly searches: Semaphore;
}

/** Longest search text, in code points. */
export const SEARCH_MAX_LENGTH = 100;

/** The users to list: the one with an address, those that match a text, or all. */
export type UserSelection =
  | { readonly kind: 'email'; readonly email: string }
  | { readonly kind: 'search'; readonly text: string; readonly page: PageRequest }
  | { readonly kind: 'all'; readonly page: PageRequest };

/**
 * Lists users in id order, page by page. A page of a search may be short or empty and still have a next one.
 * @throws DomainError `validation_failed`, `forbidden`, `overloaded` for a search while too many others run
 */
export function createListUsers(deps: Deps) {
  return async (caller: Caller, selection: UserSelection): Promise<UserPage> => {
    requireScope(caller, 'users:read');
    if (selection.kind === 'all') return deps.users.list(selection.page);
    if (selection.kind === 'search') {
      const { q } = validateFields({ q: () => readSearchText(selection.text) });
      const release = await deps.searches.acquire();
      if (release === null) throw overloaded('Too many searches run; try again shortly.', 1);
      return deps.users.search(q, selection.page).finally(release);
    }
    const { email } = validateFields({
      email: () => parseEmailAddress(selection.email, deps.profileRules.email),
    });
    const user = await deps.users.findByEmail(email);
    return { users: user === null ? [] : [user], nextAfterId: null };
  };
}

function readSearchText(text: string): string {
  assertCleanText(text);
  const length = codePointLength(text.trim());
  if (length < 1 || length > SEARCH_MAX_LENGTH) {
    throw new InvalidValue(
      'search_length',
      `Must have 1 to ${SEARCH_MAX_LENGTH} characters besides white space.`,
    );
  }
  // The index has no entries for punctuation: a search for punctuation alone would read every user.
  if (!/[\p{L}\p{N}]/u.test(text)) {
    throw new InvalidValue('search_without_letter', 'Must contain a letter or a digit.');
  }
  return text.trim();
}
