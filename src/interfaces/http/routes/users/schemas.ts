import Type from 'typebox';
import type { UserProfile } from '../../../../domain/user/user.ts';
import type { UserText } from '../../../../domain/user/user-texts.ts';
import { JsonText } from '../../../api/response-json.ts';
import { closedObject, uuidInput, uuidOutput } from '../../../api/schemas/common.ts';
import {
  changedProfileInputs,
  fullProfileInputs,
  newProfileInputs,
  toUserResponse,
  userSchema,
} from '../../../api/schemas/users.ts';
import type { ResponseSpec, RouteResponse } from '../../route.ts';
import { etagOf } from './preconditions.ts';

const newPassword = Type.String({
  description:
    'Password: by default 8–256 characters. Passwords that are common or easy to guess are rejected.',
});
const currentPassword = Type.Optional(
  Type.String({
    description: 'The current password. Not needed within `step_up.max_age` of an authentication.',
  }),
);

export const userParams = closedObject({ id: uuidInput('Id of the user.') });

export const registrationBody = closedObject({
  ...newProfileInputs,
  password: newPassword,
  invitation: Type.Optional(
    Type.String({
      description:
        'Token of an invitation to this address. The address of the new user is then verified.',
    }),
  ),
});

/** The same for every address. */
export const registrationRequestedSchema = Type.Object({
  status: Type.Literal('verification_sent'),
  challenge_id: uuidOutput('The code of the mail counts only together with this id.'),
  expires_in: Type.Integer({ description: 'Lifetime of the code, in seconds.' }),
});

const ownPassword = Type.Optional(
  Type.String({
    description:
      'Your password, if you change your own e-mail address. Not needed within `step_up.max_age` of an authentication.',
  }),
);

export const replaceUserBody = closedObject({
  ...fullProfileInputs,
  current_password: ownPassword,
});

/** Body of a merge patch (RFC 7396); only optional fields can be removed. */
export const patchUserBody = closedObject({
  ...changedProfileInputs,
  current_password: ownPassword,
});

export const passwordChangeBody = closedObject({
  current_password: currentPassword,
  new_password: newPassword,
});

export const deletionBody = closedObject({ current_password: currentPassword });

export function userResponse(user: UserProfile): RouteResponse {
  return { status: 200, body: toUserResponse(user), headers: { etag: etagOf(user.version) } };
}

/** As `userResponse`, from a text that is written already. */
export function userTextResponse({ version, json }: UserText): RouteResponse {
  return { status: 200, body: new JsonText(json), headers: { etag: etagOf(version) } };
}

/** Documentation of `userResponse`. */
export const userResponseSpec: ResponseSpec = {
  description: 'The user.',
  schema: userSchema,
  headers: { ETag: 'The version of the user, in double quotes.' },
};
