import { createHash } from 'node:crypto';
import { PROFILE_PROPERTIES } from '../../domain/user/profile-fields.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { UserText, UserTextFormat } from '../../domain/user/user-texts.ts';

/** Raise it when the form of the cached values changes. */
const FORM = 4;

/** Longer than any value that a build writes. */
const MAX_LENGTH = 8_192;

/** PostgreSQL's largest `integer` has ten digits. */
const VERSION = /^[1-9]\d{0,9}$/;

const SPACE = 0x20;
const OPENING_BRACE = 0x7b;

/** The cached value for a key whose user does not exist. */
export const ABSENT = '-';

/**
 * Cached values: the layout, the id, the version of a user, and the JSON text that a response sends as it is. The
 * decoders return undefined for a value of another layout or of another id.
 */
export interface UserCodec {
  encodeUser(id: string, text: UserText): string;
  decodeUser(value: string, id: string): UserText | undefined;
  encodePublicProfile(id: string, json: string): string;
  decodePublicProfile(value: string, id: string): string | undefined;
}

/** @param format writes the texts. A build whose format gives other texts reads a value of this build as a miss. */
export function createUserCodec(format: UserTextFormat): UserCodec {
  const layout = `${FORM}.${digestOf(format)} `;

  /** Where the text behind layout and id begins; -1 in a value of another layout or of another id. */
  function startIn(value: string, id: string): number {
    const end = layout.length + id.length;
    const isRead =
      value.length <= MAX_LENGTH &&
      value.startsWith(layout) &&
      value.startsWith(id, layout.length) &&
      value.charCodeAt(end) === SPACE;
    return isRead ? end + 1 : -1;
  }

  return {
    encodeUser: (id, { version, json }) => `${layout}${id} ${version} ${json}`,
    decodeUser(value, id) {
      const start = startIn(value, id);
      const end = start < 0 ? -1 : value.indexOf(' ', start);
      if (end < 0 || !isObject(value, end + 1)) return undefined;
      const version = value.slice(start, end);
      if (!VERSION.test(version)) return undefined;
      return { version: Number(version), json: value.slice(end + 1) };
    },
    encodePublicProfile: (id, json) => `${layout}${id} ${json}`,
    decodePublicProfile(value, id) {
      const start = startIn(value, id);
      return start >= 0 && isObject(value, start) ? value.slice(start) : undefined;
    },
  };
}

/** Whether the text from here on begins and ends as a JSON object. */
function isObject(value: string, from: number): boolean {
  return value.charCodeAt(from) === OPENING_BRACE && value.endsWith('}');
}

/** Depends on the names, the order and the form of all fields of a text. */
function digestOf(format: UserTextFormat): string {
  const texts = ['x', null].map((optional) => {
    const user = {
      id: 'x',
      ...Object.fromEntries(PROFILE_PROPERTIES.map((property) => [property, optional])),
      emailVerified: optional !== null,
      status: optional === null ? 'disabled' : 'active',
      version: 1,
      createdAt: new Date(0),
      updatedAt: new Date(1),
    } as UserProfile;
    return format.writeUser(user) + format.writePublicProfile(user);
  });
  return createHash('sha256').update(texts.join()).digest('base64url').slice(0, 6);
}
