import Type from 'typebox';
import type { UserProfile } from '../../../../domain/user/user.ts';
import { closedObject, uuidInput } from '../../../api/schemas/common.ts';
import {
  allProfileInputs,
  changedProfileInputs,
  newProfileInputs,
  toUserResponse,
  userSchema,
} from '../../../api/schemas/users.ts';
import type { ResponseSpec, RouteResponse } from '../../route.ts';
import { etagOf } from './preconditions.ts';

const newPassword = Type.String({
  description: 'Password: 8–256 characters unless configured otherwise, not a common one.',
  examples: ['correct horse battery staple'],
});
const currentPassword = Type.String({ description: 'The password that is valid now.' });

/** The id in the path of one user's routes. */
export const userParams = closedObject({ id: uuidInput('Id of the user.') });

/** Body of a registration. */
export const registrationBody = closedObject({
  ...newProfileInputs,
  password: newPassword,
});

const ownPassword = Type.Optional(
  Type.String({ description: 'Required of users who change their own e-mail address.' }),
);

/** Body of a full update. */
export const replaceUserBody = closedObject({
  ...allProfileInputs,
  current_password: ownPassword,
});

/** Body of a merge patch (RFC 7396); only optional fields can be removed. */
export const patchUserBody = closedObject({
  ...changedProfileInputs,
  current_password: ownPassword,
});

/** Body of a password change. */
export const passwordChangeBody = closedObject({
  current_password: currentPassword,
  new_password: newPassword,
});

/** Body of a deletion by the user. */
export const deletionBody = closedObject({ current_password: currentPassword });

/** The answer that shows one user, with its entity tag. */
export function userResponse(user: UserProfile): RouteResponse {
  return { status: 200, body: toUserResponse(user), headers: { etag: etagOf(user.version) } };
}

/** Documentation of `userResponse`. */
export const userResponseSpec: ResponseSpec = {
  description: 'The user.',
  schema: userSchema,
  headers: { ETag: 'The version in double quotes.' },
};
