import Type, { type Static } from 'typebox';
import type { RequestedChallenge } from '../../../../application/verification/challenge-requests.ts';
import type { MailRequest } from '../../../../application/verification/verification-use-cases.ts';
import { invalidFields } from '../../../../domain/errors.ts';
import type { ChallengeProof } from '../../../../domain/verification/challenge.ts';
import { closedObject, uuidInput, uuidOutput } from '../../../api/schemas/common.ts';

const proof = {
  token: Type.Optional(
    Type.String({ description: 'Token of the link: the value of `t` in its fragment.' }),
  ),
  challenge_id: Type.Optional(
    uuidInput('With `code`: the `challenge_id` of the response to the request.'),
  ),
  code: Type.Optional(
    Type.String({ description: 'The six digits of the mail, with `challenge_id`.' }),
  ),
};

export const addressBody = closedObject({
  email: Type.String(),
  device_token: Type.Optional(
    Type.String({
      description:
        'The `device_token` of an earlier sign-in on this device. The mail then does not wait for requests from elsewhere. A text that is none, or one of another account, counts as none.',
    }),
  ),
});

/** What the use cases take. */
export function toMailRequest({
  email,
  device_token: deviceToken,
}: Static<typeof addressBody>): MailRequest {
  return { email, ...(deviceToken === undefined ? {} : { deviceToken }) };
}

export const proofBody = closedObject(proof);

export const passwordResetBody = closedObject({
  ...proof,
  new_password: Type.String({
    description:
      'Password: by default 8–256 characters. Passwords that are common or easy to guess are rejected.',
  }),
});

export const emailChangeBody = closedObject({
  email: Type.String({ description: 'The new address.' }),
  current_password: Type.Optional(Type.String({ description: 'The current password.' })),
});

export const undoBody = closedObject({
  token: Type.String({ description: 'Token of the link: the value of `t` in its fragment.' }),
});

export const requestedChallengeSchema = Type.Object({
  challenge_id: uuidOutput('A code counts only together with this id.'),
  expires_in: Type.Integer({ description: 'Lifetime of the code, in seconds.' }),
});

export function toRequestedResponse(
  requested: RequestedChallenge,
): Static<typeof requestedChallengeSchema> {
  return { challenge_id: requested.challengeId, expires_in: requested.expiresInSeconds };
}

/** @throws DomainError `validation_failed` unless there is a token, or a code with its challenge */
export function toProof({
  token,
  challenge_id: challengeId,
  code,
}: Static<typeof proofBody>): ChallengeProof {
  if (token !== undefined && challengeId === undefined && code === undefined) return { token };
  if (token === undefined && challengeId !== undefined && code !== undefined) {
    return { challengeId, code };
  }
  const message = 'Send either `token`, or `challenge_id` and `code`.';
  throw invalidFields([{ field: 'token', code: 'proof_required', message }]);
}
