import type { Caller } from '../../../../application/access/caller.ts';
import type { UseCases } from '../../../../application/use-cases.ts';
import type { RequestedChallenge } from '../../../../application/verification/challenge-requests.ts';
import type { MailRequest } from '../../../../application/verification/verification-use-cases.ts';
import { type ResponseSpec, type Route, route } from '../../route.ts';
import {
  addressBody,
  emailChangeBody,
  passwordResetBody,
  proofBody,
  requestedChallengeSchema,
  toMailRequest,
  toProof,
  toRequestedResponse,
  undoBody,
} from './schemas.ts';

const tag = 'Verification and recovery';
const json = ['application/json'] as const;

const requested: ResponseSpec = {
  description:
    'The request is stored. If an account has the address and may get the mail, it is sent soon.',
  schema: requestedChallengeSchema,
};

/** A request for a mail by address. It answers the same for every address. */
function mailRequestRoute(
  traits: Pick<Route, 'path' | 'operationId' | 'summary'> & {
    readonly access: 'public' | 'public_or_user';
  },
  request: (
    verification: UseCases['verification'],
    caller: Caller,
    input: MailRequest,
  ) => Promise<RequestedChallenge>,
): Route {
  return route({
    method: 'POST',
    ...traits,
    tag,
    description:
      'The response is the same for every address. The mail has a code and a link; at most three mails go to an address in 15 minutes, and three more that known devices ask for.',
    policies: ['reset_client', 'global'],
    body: { schema: addressBody, mediaTypes: json },
    responses: { 202: requested },
    problems: ['overloaded'],
    handle: async ({ caller, body }, { useCases }) => ({
      status: 202,
      body: toRequestedResponse(await request(useCases.verification, caller, toMailRequest(body))),
    }),
  });
}

const requestVerification = mailRequestRoute(
  {
    ...{ path: '/v1/email-verifications', operationId: 'requestEmailVerification' },
    ...{ summary: 'Request a mail that verifies an address', access: 'public_or_user' },
  },
  (verification, caller, input) => verification.requestVerification(caller, input),
);

const confirmVerification = route({
  method: 'POST',
  path: '/v1/email-verifications/confirm',
  operationId: 'confirmEmailVerification',
  tag,
  summary: 'Verify an address',
  description:
    'Takes the token of the link, or the code with its `challenge_id`. Password and sessions stay if the mail was requested at registration, by a sign-in, or with an access token or a `device_token` of the account, or if this request has one. Otherwise they are taken away, since someone else may have registered with the address, and a mail to choose a password follows.',
  access: 'public_or_user',
  body: { schema: proofBody, mediaTypes: json },
  responses: { 204: { description: 'The address is verified.' } },
  problems: ['challenge_invalid', 'version_exhausted'],
  handle: async ({ caller, body }, { useCases }) => {
    await useCases.verification.confirmVerification(caller, toProof(body));
    return { status: 204 };
  },
});

const requestReset = mailRequestRoute(
  {
    ...{ path: '/v1/password-resets', operationId: 'requestPasswordReset' },
    ...{ summary: 'Request a mail to choose another password', access: 'public' },
  },
  (verification, caller, input) => verification.requestReset(caller, input),
);

const confirmReset = route({
  method: 'POST',
  path: '/v1/password-resets/confirm',
  operationId: 'confirmPasswordReset',
  tag,
  summary: 'Choose another password',
  description:
    'Takes the token of the link, or the code with its `challenge_id`. Ends all sessions and verifies the address. It does not sign in.',
  access: 'public',
  body: { schema: passwordResetBody, mediaTypes: json },
  responses: { 204: { description: 'The password is set, and all sessions have ended.' } },
  problems: ['challenge_invalid', 'version_exhausted', 'overloaded'],
  handle: async ({ caller, body }, { useCases }) => {
    const { new_password, ...proof } = body;
    await useCases.verification.confirmReset(caller, toProof(proof), new_password);
    return { status: 204 };
  },
});

const requestEmailChange = route({
  method: 'POST',
  path: '/v1/me/email-change',
  operationId: 'requestEmailChange',
  tag,
  summary: 'Request a change of your e-mail address',
  description:
    'The address stays as it is until the new one is confirmed. The response is the same for a free and a taken address.',
  access: 'user',
  freshness: 'or_current_password',
  policies: ['reset_client', 'global'],
  body: { schema: emailChangeBody, mediaTypes: json },
  responses: { 202: { ...requested, description: 'A mail to the new address is sent soon.' } },
  problems: ['user_not_found', 'overloaded'],
  handle: async ({ caller, body }, { useCases }) => ({
    status: 202,
    body: toRequestedResponse(
      await useCases.verification.requestEmailChange(caller, {
        email: body.email,
        currentPassword: body.current_password,
      }),
    ),
  }),
});

const confirmEmailChange = route({
  method: 'POST',
  path: '/v1/email-changes/confirm',
  operationId: 'confirmEmailChange',
  tag,
  summary: 'Confirm a new e-mail address',
  description:
    'Takes the token of the link, or the code with its `challenge_id`. The former address gets a mail; if it was verified, with a link that takes the change back.',
  access: 'public',
  body: { schema: proofBody, mediaTypes: json },
  responses: { 204: { description: 'The new address is in force and verified.' } },
  problems: ['challenge_invalid', 'email_taken', 'version_exhausted'],
  handle: async ({ caller, body }, { useCases }) => {
    await useCases.verification.confirmEmailChange(caller, toProof(body));
    return { status: 204 };
  },
});

const undoEmailChange = route({
  method: 'POST',
  path: '/v1/email-changes/undo',
  operationId: 'undoEmailChange',
  tag,
  summary: 'Take a change of e-mail address back',
  description:
    'Restores the first verified address of the last 72 hours, ends all sessions and takes the password away. The restored address gets a mail to choose another one.',
  access: 'public',
  body: { schema: undoBody, mediaTypes: json },
  responses: { 204: { description: 'The former address is in force.' } },
  problems: ['challenge_invalid', 'email_taken', 'version_exhausted'],
  handle: async ({ caller, body }, { useCases }) => {
    await useCases.verification.undoEmailChange(caller, body.token);
    return { status: 204 };
  },
});

export const verificationRoutes: readonly Route[] = [
  requestVerification,
  confirmVerification,
  requestReset,
  confirmReset,
  requestEmailChange,
  confirmEmailChange,
  undoEmailChange,
];
