import type { EmailAddress } from '../../domain/user/email-address.ts';
import type { PersonName } from '../../domain/user/person-name.ts';
import type { PhoneNumber } from '../../domain/user/phone-number.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { PublicProfile } from '../../domain/user/user-repository.ts';

/** Layout of the cached values below; a build reads only what its own layout wrote. */
const LAYOUT = 1;

/** What is cached for a key whose user does not exist. */
export const ABSENT = '-';

/** A user as cached text. Field by field, so that nothing a user gains later gets in unasked. */
export function writeUser(user: UserProfile): string {
  return JSON.stringify([
    LAYOUT,
    user.id,
    user.firstName,
    user.lastName,
    user.email,
    user.phone,
    user.emailVerified,
    user.status,
    user.version,
    user.createdAt.getTime(),
    user.updatedAt.getTime(),
  ]);
}

/** Reads cached text. @returns undefined for what `writeUser` of this build did not write. */
export function readUser(text: string): UserProfile | undefined {
  const fields = readFields(text, 11);
  if (fields === undefined) return undefined;
  const [
    ,
    id,
    firstName,
    lastName,
    email,
    phone,
    emailVerified,
    status,
    version,
    created,
    updated,
  ] = fields;
  if (typeof id !== 'string' || typeof firstName !== 'string' || typeof lastName !== 'string') {
    return undefined;
  }
  if (typeof email !== 'string' || !(phone === null || typeof phone === 'string')) return undefined;
  if (typeof emailVerified !== 'boolean' || typeof version !== 'number') return undefined;
  if (status !== 'active' && status !== 'disabled') return undefined;
  if (typeof created !== 'number' || typeof updated !== 'number') return undefined;
  return {
    id,
    firstName: firstName as PersonName,
    lastName: lastName as PersonName,
    email: email as EmailAddress,
    phone: phone as PhoneNumber | null,
    emailVerified,
    status,
    version,
    createdAt: new Date(created),
    updatedAt: new Date(updated),
  };
}

/** A public profile as cached text. */
export function writePublicProfile(profile: PublicProfile): string {
  return JSON.stringify([LAYOUT, profile.id, profile.firstName, profile.lastName]);
}

/** Reads cached text. @returns undefined for what `writePublicProfile` of this build did not write. */
export function readPublicProfile(text: string): PublicProfile | undefined {
  const [, id, firstName, lastName] = readFields(text, 4) ?? [];
  if (typeof id !== 'string' || typeof firstName !== 'string' || typeof lastName !== 'string') {
    return undefined;
  }
  return { id, firstName, lastName };
}

function readFields(text: string, length: number): readonly unknown[] | undefined {
  try {
    const fields: unknown = JSON.parse(text);
    const isOurs = Array.isArray(fields) && fields.length === length && fields[0] === LAYOUT;
    return isOurs ? fields : undefined;
  } catch {
    return undefined;
  }
}
