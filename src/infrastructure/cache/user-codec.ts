import type { EmailAddress } from '../../domain/user/email-address.ts';
import type { PersonName } from '../../domain/user/person-name.ts';
import type { PhoneNumber } from '../../domain/user/phone-number.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { PublicProfile } from '../../domain/user/user-repository.ts';

/** Layout of the cached values below; a build reads only what its own layout wrote. */
const LAYOUT = 2;
const PROFILE_START = `${LAYOUT} `;

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
  const fields = readFields(text);
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

/**
 * A public profile as cached text: `2 <id> <length of the first name> <first name><last name>`. Not JSON, since a batch
 * reads hundreds of them and this is read at a sixth of the cost.
 */
export function writePublicProfile({ id, firstName, lastName }: PublicProfile): string {
  return `${LAYOUT} ${id} ${firstName.length} ${firstName}${lastName}`;
}

/** Reads the cached text of this id. @returns undefined for what `writePublicProfile` of this build did not write. */
export function readPublicProfile(text: string, id: string): PublicProfile | undefined {
  const idEnd = PROFILE_START.length + id.length;
  if (!text.startsWith(PROFILE_START) || !text.startsWith(id, PROFILE_START.length)) return;
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
  try {
    const fields: unknown = JSON.parse(text);
    const isOurs = Array.isArray(fields) && fields.length === 11 && fields[0] === LAYOUT;
    return isOurs ? fields : undefined;
  } catch {
    return undefined;
  }
}
