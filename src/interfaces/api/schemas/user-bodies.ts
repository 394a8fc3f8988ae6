import Type, { type Static } from 'typebox';
import type { RequestedChallenge } from '../../../application/verification/challenge-requests.ts';
import { closedObject, uuidOutput } from './common.ts';
import {
  changedProfileInputs,
  fullProfileInputs,
  newProfileInputs,
  toProfileChange,
  toProfileInput,
} from './users.ts';

const newPassword = Type.String({
  description:
    'Password: by default 8–256 characters. Passwords that are common or easy to guess are rejected.',
});
const currentPassword = Type.Optional(
  Type.String({
    description: 'The current password. Not needed within `step_up.max_age` of an authentication.',
  }),
);

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

export function toRegistration(body: Static<typeof registrationBody>) {
  return {
    ...toProfileInput(body),
    password: body.password,
    ...(body.invitation === undefined ? {} : { invitation: body.invitation }),
  };
}

export function toRegistrationRequestedResponse({
  challengeId,
  expiresInSeconds,
}: RequestedChallenge): Static<typeof registrationRequestedSchema> {
  return {
    status: 'verification_sent',
    challenge_id: challengeId,
    expires_in: expiresInSeconds,
  };
}

export function toUpdate(body: Static<typeof patchUserBody>) {
  return { ...toProfileChange(body), ...currentPasswordOf(body) };
}

export function currentPasswordOf(body: { readonly current_password?: string }) {
  return body.current_password === undefined ? {} : { currentPassword: body.current_password };
}
