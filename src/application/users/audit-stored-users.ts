import { type EmailAddress, spellingsOf } from '../../domain/user/email-address.ts';
import {
  canonicalEmailOf,
  judgeStoredUser,
  type StoredUserFinding,
  sharedEmail,
} from '../../domain/user/judge-stored-user.ts';
import type { PasswordHasher } from '../../domain/user/password-hasher.ts';
import type { ProfileRules } from '../../domain/user/profile-rules.ts';
import type { StoredUser, StoredUserReader } from '../../domain/user/stored-user.ts';
import type { Caller } from '../access/caller.ts';
import { requireOperator } from '../access/policy.ts';

interface Deps {
  readonly storedUsers: StoredUserReader;
  readonly hasher: Pick<PasswordHasher, 'isVerifiable'>;
  readonly profileRules: ProfileRules;
}

/** One page of an audit. */
export interface AuditPage {
  readonly findings: readonly StoredUserFinding[];
  /** Users that were read. */
  readonly checked: number;
  /** `fromId` of the next page; null on the last page. */
  readonly nextFromId: string | null;
}

/** Largest page, in users. */
export const AUDIT_PAGE_LIMIT = 200;
/** An address has up to four spellings; more rows only come from a table without its unique index. */
const HOLDERS_LIMIT = 8 * AUDIT_PAGE_LIMIT;

/**
 * Reads users page by page and reports the values that the rules in force refuse. Memory holds one page.
 * @throws DomainError `forbidden` unless the caller is the operator
 */
export function createAuditStoredUsers({ storedUsers, hasher, profileRules }: Deps) {
  return async (
    caller: Caller,
    page: { readonly fromId: string | null; readonly limit: number },
  ): Promise<AuditPage> => {
    requireOperator(caller);
    const { users, nextFromId } = await storedUsers.listStored(page);
    const shared = await findShared(users);
    const findings = users.flatMap((user) => [
      ...judgeStoredUser(user, profileRules, hasher.isVerifiable),
      ...shared(user),
    ]);
    return { findings, checked: users.length, nextFromId };
  };

  /** Compares the addresses of a page with those of all users. */
  async function findShared(users: readonly StoredUser[]) {
    const canonical = users.flatMap(({ email }) => canonicalEmailOf(email, profileRules) ?? []);
    const spellings = [...new Set(canonical)].flatMap(spellingsOf);
    const holders = new Map<EmailAddress, string[]>();
    for (const { userId, email } of await storedUsers.listAddressHolders(
      spellings,
      HOLDERS_LIMIT,
    )) {
      const address = canonicalEmailOf(email, profileRules);
      if (address === null) continue;
      const ids = holders.get(address);
      if (ids === undefined) holders.set(address, [userId]);
      else ids.push(userId);
    }
    return ({ id, email }: StoredUser): readonly StoredUserFinding[] => {
      const address = canonicalEmailOf(email, profileRules);
      if (address === null) return [];
      const other = holders.get(address)?.find((userId) => userId !== id);
      return other === undefined
        ? []
        : [sharedEmail(id, other, { isCanonical: address === email })];
    };
  }
}
