import { createHash } from 'node:crypto';
import {
  PROFILE_FIELDS,
  PROFILE_PROPERTIES,
  type ProfileProperty,
  type ProfileValues,
} from '../../domain/user/profile-fields.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { PublicProfile } from '../../domain/user/user-repository.ts';

/** Layout of a cached public profile; raise it with every change of the format. */
const PUBLIC_LAYOUT = 2;
const PUBLIC_START = `${PUBLIC_LAYOUT} `;

/** Raise it when `writeUser` changes. */
const USER_FORMAT = 3;

/**
 * First element of a cached user. It depends on the names and order of the profile fields, so a build with other
 * fields reads the entry as a miss.
 */
const USER_LAYOUT = `${USER_FORMAT}.${createHash('sha256')
  .update(PROFILE_PROPERTIES.join())
  .digest('base64url')
  .slice(0, 6)}`;

const PROFILE_START = 2;
const PROFILE_END = PROFILE_START + PROFILE_PROPERTIES.length;
const USER_LENGTH = PROFILE_END + 5;

/** Longer than any value that a build writes; parsing a longer one would hold up other requests. */
const MAX_LENGTH = 8_192;

/** The cached value for a key whose user does not exist. */
export const ABSENT = '-';

/** Encodes a user. Only the fields listed here and in the table of profile fields are cached. */
export function writeUser(user: UserProfile): string {
  return JSON.stringify([
    USER_LAYOUT,
    user.id,
    ...PROFILE_PROPERTIES.map((property) => user[property]),
    user.emailVerified,
    user.status,
    user.version,
    user.createdAt.getTime(),
    user.updatedAt.getTime(),
  ]);
}

/** @returns undefined for text that `writeUser` of this build did not write. */
export function readUser(text: string): UserProfile | undefined {
  const fields = readFields(text);
  if (fields === undefined) return undefined;
  const id = fields[1];
  const profile = readProfile(fields.slice(PROFILE_START, PROFILE_END));
  const [emailVerified, status, version, created, updated] = fields.slice(PROFILE_END);
  if (typeof id !== 'string' || profile === undefined) return undefined;
  if (typeof emailVerified !== 'boolean' || typeof version !== 'number') return undefined;
  if (status !== 'active' && status !== 'disabled') return undefined;
  if (typeof created !== 'number' || typeof updated !== 'number') return undefined;
  return {
    id,
    ...profile,
    emailVerified,
    status,
    version,
    createdAt: new Date(created),
    updatedAt: new Date(updated),
  };
}

/** Values were parsed before they were cached, so only their types are checked. */
function readProfile(values: readonly unknown[]): ProfileValues | undefined {
  const profile: Partial<Record<ProfileProperty, unknown>> = {};
  for (const [index, property] of PROFILE_PROPERTIES.entries()) {
    const value = values[index];
    const isNull = value === null && PROFILE_FIELDS[property].optional;
    if (typeof value !== 'string' && !isNull) return undefined;
    profile[property] = value;
  }
  return profile as ProfileValues;
}

/**
 * Encodes a public profile: `2 <id> <length of the first name> <first name><last name>`. A batch reads hundreds
 * of them, and this costs a sixth of JSON.
 */
export function writePublicProfile({ id, firstName, lastName }: PublicProfile): string {
  return `${PUBLIC_START}${id} ${firstName.length} ${firstName}${lastName}`;
}

/** @returns undefined for text that `writePublicProfile` of this build did not write for this id. */
export function readPublicProfile(text: string, id: string): PublicProfile | undefined {
  const idEnd = PUBLIC_START.length + id.length;
  if (text.length > MAX_LENGTH) return;
  if (!text.startsWith(PUBLIC_START) || !text.startsWith(id, PUBLIC_START.length)) return;
  const lengthEnd = text.indexOf(' ', idEnd + 1);
  if (text[idEnd] !== ' ' || lengthEnd < 0) return;
  const length = Number(text.slice(idEnd + 1, lengthEnd));
  const firstNameEnd = lengthEnd + 1 + length;
  if (!(length >= 0 && firstNameEnd <= text.length)) return;
  return {
    id,
    firstName: text.slice(lengthEnd + 1, firstNameEnd),
    lastName: text.slice(firstNameEnd),
  };
}

function readFields(text: string): readonly unknown[] | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  try {
    const fields: unknown = JSON.parse(text);
    const isValid =
      Array.isArray(fields) && fields.length === USER_LENGTH && fields[0] === USER_LAYOUT;
    return isValid ? fields : undefined;
  } catch {
    return undefined;
  }
}
