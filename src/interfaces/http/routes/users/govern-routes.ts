import Type from 'typebox';
import {
  ACTIONS,
  ACTOR_KINDS,
  type AdministrativeAct,
} from '../../../../domain/administrative-acts.ts';
import { operatorHeader, readOperator } from '../../../api/act-note.ts';
import {
  closedObject,
  nullableString,
  timeOutput,
  uuidOutput,
  wordOf,
} from '../../../api/schemas/common.ts';
import { disableBody, enableBody, reason } from '../../../api/schemas/governing.ts';
import { type Route, route } from '../../route.ts';
import { userParams, userResponse, userResponseSpec } from './schemas.ts';

const tag = 'Users';
const access = 'scope:users:admin';
const problems = ['user_not_found', 'version_exhausted'] as const;
export const expirePasswordBody = closedObject({ reason });
export const passwordResetMailBody = closedObject({ reason });

const actSchema = Type.Object({
  id: uuidOutput(),
  at: timeOutput(),
  action: wordOf(ACTIONS),
  user_id: uuidOutput(),
  actor: Type.Object({
    kind: wordOf(ACTOR_KINDS, {
      description: '`system` is the service itself: it enables a user in time.',
    }),
    id: nullableString({ format: 'uuid', description: 'The service account of a `service`.' }),
  }),
  operator: nullableString({ description: 'Name of the person, as the request gave it.' }),
  reason: nullableString(),
  request_id: Type.String(),
});
/** At most 200 acts, the newest first. */
export const actListSchema = Type.Object({ acts: Type.Array(actSchema) });

const disableUser = route({
  method: 'POST',
  path: '/v1/users/{id}/disable',
  operationId: 'disableUser',
  tag,
  summary: 'Disable a user',
  description:
    'Ends all sessions of the user, and refuses sign-ins. A repeated request changes nothing; another `until` replaces the earlier one.',
  access,
  params: userParams,
  headers: [operatorHeader],
  body: { schema: disableBody, mediaTypes: ['application/json'] },
  responses: { 200: { ...userResponseSpec, description: 'The disabled user.' } },
  problems,
  handle: async ({ caller, params, body, header }, { useCases }) => {
    const operator = readOperator(header);
    return userResponse(await useCases.users.disable(caller, params.id, { ...body, operator }));
  },
});

const enableUser = route({
  method: 'POST',
  path: '/v1/users/{id}/enable',
  operationId: 'enableUser',
  tag,
  summary: 'Enable a user',
  description: 'Lets a disabled user sign in again. Ended sessions stay ended.',
  access,
  params: userParams,
  headers: [operatorHeader],
  body: { schema: enableBody, mediaTypes: ['application/json'] },
  responses: { 200: { ...userResponseSpec, description: 'The active user.' } },
  problems,
  handle: async ({ caller, params, body, header }, { useCases }) => {
    const operator = readOperator(header);
    return userResponse(await useCases.users.enable(caller, params.id, { ...body, operator }));
  },
});

const expirePassword = route({
  method: 'POST',
  path: '/v1/users/{id}/expire-password',
  operationId: 'expirePassword',
  tag,
  summary: "Expire a user's password",
  description:
    'The password is no longer accepted, and all sessions end. A sign-in with it gets `password_expired`; any other password gets the response of a wrong one. A new password makes the account usable again.',
  access,
  params: userParams,
  headers: [operatorHeader],
  body: { schema: expirePasswordBody, mediaTypes: ['application/json'] },
  responses: { 200: { ...userResponseSpec, description: 'The user.' } },
  problems,
  handle: async ({ caller, params, body, header }, { useCases }) => {
    const operator = readOperator(header);
    return userResponse(
      await useCases.users.expirePassword(caller, params.id, { ...body, operator }),
    );
  },
});

const sendPasswordReset = route({
  method: 'POST',
  path: '/v1/users/{id}/send-password-reset',
  operationId: 'sendPasswordReset',
  tag,
  summary: 'Send a password reset to a user',
  description:
    'Sends the mail of a password reset to the address of the user. The response has no link and no code. The password stays valid until the user sets another one.',
  access,
  params: userParams,
  headers: [operatorHeader],
  body: { schema: passwordResetMailBody, mediaTypes: ['application/json'] },
  responses: { 204: { description: 'The mail will be sent.' } },
  problems: ['user_not_found', 'overloaded'],
  handle: async ({ caller, params, body, header }, { useCases }) => {
    const operator = readOperator(header);
    await useCases.users.sendPasswordReset(caller, params.id, { ...body, operator });
    return { status: 204 };
  },
});

const listActs = route({
  method: 'GET',
  path: '/v1/users/{id}/acts',
  operationId: 'listUserActs',
  tag,
  summary: 'List the administrative acts on a user',
  access,
  params: userParams,
  responses: {
    200: {
      description:
        'The newest 200 acts, the newest first; empty for an unknown user. The acts on a deleted user are kept.',
      schema: actListSchema,
    },
  },
  problems: [],
  handle: async ({ caller, params }, { useCases }) => ({
    status: 200,
    body: { acts: (await useCases.users.listActs(caller, params.id)).map(toActResponse) },
  }),
});

function toActResponse({ userId, requestId, ...act }: AdministrativeAct) {
  return { ...act, user_id: userId, request_id: requestId };
}

/** Routes by which operators govern accounts. */
export const governRoutes: readonly Route[] = [
  ...[disableUser, enableUser, expirePassword],
  ...[sendPasswordReset, listActs],
];
