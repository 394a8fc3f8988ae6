import { InvalidValue } from '../errors.ts';
import { type EmailAddress, parseEmailAddress } from './email-address.ts';
import { PROFILE_FIELDS, PROFILE_PROPERTIES, type ProfileProperty } from './profile-fields.ts';
import type { ProfileRules } from './profile-rules.ts';
import type { StoredUser } from './stored-user.ts';
import { MAX_VERSION, NO_PASSWORD, USER_STATUSES } from './user.ts';

/** What a stored value that breaks a rule means for the user. */
export type StoredValueEffect =
  | 'cannot_sign_in'
  /** The user is left out of lists, or responses lack the value. */
  | 'cannot_be_shown'
  /** Changes that send the value again are refused, such as a full update. */
  | 'cannot_be_edited'
  | 'shown_as_nearest_time';

/** A stored value that breaks a rule. It repeats no part of the value. Without `effects` it is only named. */
export interface StoredUserFinding {
  readonly userId: string;
  /** Name of the column. */
  readonly field: string;
  /** A code of the field errors, `email_shared`, or one of `STORED_USER_RULES`. */
  readonly rule: string;
  readonly effects: readonly StoredValueEffect[];
  readonly message: string;
}

/** Rules that only a stored value can break, with the message of each. */
const STORED_USER_RULES = {
  missing: 'The value is missing.',
  id_nil: 'The id is the nil UUID, which lists leave out.',
  email_not_canonical: 'The address is not in the form in which this service looks it up.',
  password_hash_unknown: 'The hash is not Argon2, or needs more work than is allowed.',
  status_unknown: `The status is not ${USER_STATUSES.join(' or ')}.`,
  version_out_of_range: 'The version is below 1, or the largest one that fits.',
  time_out_of_range: 'The time is outside of the years 1 to 9999.',
} as const;

const NIL_UUID = '00000000-0000-0000-0000-000000000000';

type Finding = Omit<StoredUserFinding, 'userId'>;

/**
 * Applies the rules of all fields to a stored user, without comparing it with other users.
 * @param isVerifiable whether a password can be compared with the hash
 */
export function judgeStoredUser(
  user: StoredUser,
  rules: ProfileRules,
  isVerifiable: (passwordHash: string) => boolean,
): readonly StoredUserFinding[] {
  const findings: Finding[] = [];
  if (user.id === NIL_UUID) findings.push(broken('id', 'id_nil', 'cannot_be_shown'));
  for (const property of PROFILE_PROPERTIES) findings.push(...judgeField(user, property, rules));
  findings.push(
    ...judgeValue('password', user.passwordHash, (hash) =>
      hash === NO_PASSWORD || isVerifiable(hash)
        ? null
        : broken('password', 'password_hash_unknown', 'cannot_sign_in'),
    ),
    ...judgeValue('email_verified', user.emailVerified, () => null),
    ...judgeValue('status', user.status, (status) =>
      USER_STATUSES.some((known) => known === status)
        ? null
        : broken('status', 'status_unknown', 'cannot_sign_in'),
    ),
    ...judgeValue('version', user.version, (version) =>
      version >= 1 && version < MAX_VERSION
        ? null
        : broken('version', 'version_out_of_range', 'cannot_be_edited'),
    ),
    ...judgeTime('created_at', user.createdAtInRange),
    ...judgeTime('updated_at', user.updatedAtInRange),
  );
  return findings.map((finding) => ({ userId: user.id, ...finding }));
}

/** The canonical form of a stored address at the level in force; null when it has none. */
export function canonicalEmailOf(email: string | null, rules: ProfileRules): EmailAddress | null {
  if (email === null) return null;
  try {
    return parseEmailAddress(email, rules.email);
  } catch (error) {
    if (error instanceof InvalidValue) return null;
    throw error;
  }
}

/** The finding for a user whose address is also that of another one. */
export function sharedEmail(
  userId: string,
  otherId: string,
  { isCanonical }: { readonly isCanonical: boolean },
): StoredUserFinding {
  return {
    userId,
    field: 'email',
    rule: 'email_shared',
    effects: isCanonical ? [] : ['cannot_sign_in'],
    message: `The user ${otherId} has the same address.`,
  };
}

function judgeField(
  user: StoredUser,
  property: ProfileProperty,
  rules: ProfileRules,
): readonly Finding[] {
  const { name, optional, parse } = PROFILE_FIELDS[property];
  const value = user[property];
  if (value === null) return optional ? [] : judgeValue(name, null, () => null);
  try {
    if (parse(value, rules) === value) return [];
    return [broken(name, 'email_not_canonical', 'cannot_sign_in')];
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    const effects: StoredValueEffect[] =
      property === 'email' ? ['cannot_sign_in', 'cannot_be_edited'] : ['cannot_be_edited'];
    return [{ field: name, rule: error.code, effects, message: error.message }];
  }
}

function judgeValue<T>(
  field: string,
  value: T | null,
  judge: (value: T) => Finding | null,
): readonly Finding[] {
  const finding = value === null ? broken(field, 'missing', 'cannot_be_shown') : judge(value);
  return finding === null ? [] : [finding];
}

function judgeTime(field: string, inRange: boolean | null): readonly Finding[] {
  return judgeValue(field, inRange, (isInRange) =>
    isInRange ? null : broken(field, 'time_out_of_range', 'shown_as_nearest_time'),
  );
}

function broken(
  field: string,
  rule: keyof typeof STORED_USER_RULES,
  ...effects: readonly StoredValueEffect[]
): Finding {
  return { field, rule, effects, message: STORED_USER_RULES[rule] };
}
