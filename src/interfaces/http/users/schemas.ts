import Type, { type Static } from 'typebox';
import type { UserProfile } from '../../../domain/user/user.ts';
import {
  closedObject,
  nullableString,
  timeOutput,
  uuidInput,
  uuidOutput,
} from '../common-schemas.ts';
import { etagOf } from '../preconditions.ts';
import type { Answer, AnswerSpec } from '../route.ts';

/** A first name as it is sent. The rules of each field are the domain's; the schema says what it is. */
const firstName = Type.String({
  description: 'First name: 1–100 characters of any script, at least one letter.',
  examples: ['Amélie'],
});
const lastName = Type.String({
  description: 'Last name: 1–100 characters of any script, at least one letter.',
  examples: ["O'Neill"],
});
/** An e-mail address as it is sent. */
export const email = Type.String({
  description:
    'E-mail address: ASCII before the @; stored in lower case with the domain as A-labels, at most 254 bytes.',
  examples: ['amelie@example.com'],
});
const phone = nullableString({
  description: 'Telephone number in E.164 form, or null.',
  examples: ['+33142685300'],
});
const newPassword = Type.String({
  description: 'Password: 8–256 characters unless configured otherwise, not a common one.',
  examples: ['correct horse battery staple'],
});
const currentPassword = Type.String({ description: 'The password that is valid now.' });

/** The id in the path of one user's routes. */
export const userParams = closedObject({ id: uuidInput('Id of the user.') });

/** Body of a registration. */
export const registrationBody = closedObject({
  first_name: firstName,
  last_name: lastName,
  email,
  phone: Type.Optional(phone),
  password: newPassword,
});

const ownPassword = Type.Optional(
  Type.String({ description: 'Required of users who change their own e-mail address.' }),
);

/** Body of a full update. */
export const replaceUserBody = closedObject({
  first_name: firstName,
  last_name: lastName,
  email,
  phone,
  current_password: ownPassword,
});

/** Body of a merge patch (RFC 7396); only `phone` can be removed. */
export const patchUserBody = closedObject({
  first_name: Type.Optional(firstName),
  last_name: Type.Optional(lastName),
  email: Type.Optional(email),
  phone: Type.Optional(phone),
  current_password: ownPassword,
});

/** Body of a password change. */
export const passwordChangeBody = closedObject({
  current_password: currentPassword,
  new_password: newPassword,
});

/** Body of a deletion by the user. */
export const deletionBody = closedObject({ current_password: currentPassword });

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
export function showUser(user: UserProfile): Static<typeof userSchema> {
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

/** The answer that shows one user, with its entity tag. */
export function userAnswer(user: UserProfile): Answer {
  return { status: 200, body: showUser(user), headers: { etag: etagOf(user.version) } };
}

/** Documentation of `userAnswer`. */
export const userAnswerSpec: AnswerSpec = {
  description: 'The user.',
  schema: userSchema,
  headers: { ETag: 'The version in double quotes.' },
};
