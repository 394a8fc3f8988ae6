import Type, { type Static } from 'typebox';
import type { UserProfile } from '../../../domain/user/user.ts';
import { nullableString, timeOutput, uuidOutput } from './common.ts';

/** A first name as it is sent. The rules of each field are the domain's; the schema says what it is. */
export const firstName = Type.String({
  description: 'First name: 1–100 characters of any script, at least one letter.',
  examples: ['Amélie'],
});
export const lastName = Type.String({
  description: 'Last name: 1–100 characters of any script, at least one letter.',
  examples: ["O'Neill"],
});
/** An e-mail address as it is sent. */
export const email = Type.String({
  description:
    'E-mail address: ASCII before the @; stored in lower case with the domain as A-labels, at most 254 bytes.',
  examples: ['amelie@example.com'],
});
export const phone = nullableString({
  description: 'Telephone number in E.164 form, or null.',
  examples: ['+33142685300'],
});
/** A user in an answer. */
export const userSchema = Type.Object({
  id: uuidOutput(),
  first_name: Type.String(),
  last_name: Type.String(),
  email: Type.String(),
  phone: nullableString({ description: 'E.164, or null.' }),
  email_verified: Type.Boolean(),
  status: Type.Enum(['active', 'disabled']),
  version: Type.Integer({ description: 'Goes up with every change; the ETag is this number.' }),
  created_at: timeOutput(),
  updated_at: timeOutput(),
});

/** A user as answers show it. */
export function toUserResponse(user: UserProfile): Static<typeof userSchema> {
  return {
    id: user.id,
    first_name: user.firstName,
    last_name: user.lastName,
    email: user.email,
    phone: user.phone,
    email_verified: user.emailVerified,
    status: user.status,
    version: user.version,
    created_at: user.createdAt,
    updated_at: user.updatedAt,
  };
}
