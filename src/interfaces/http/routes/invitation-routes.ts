import Type, { type Static } from 'typebox';
import {
  INVITATION_DEFAULT_DAYS,
  INVITATION_MAX_SECONDS,
  INVITATION_MIN_SECONDS,
} from '../../../application/invitations/invitation-use-cases.ts';
import type { Invitation } from '../../../domain/invitation/invitation.ts';
import {
  closedObject,
  nullableString,
  timeOutput,
  uuidInput,
  uuidOutput,
} from '../../api/schemas/common.ts';
import { newProfileInputs } from '../../api/schemas/users.ts';
import { type Route, route } from '../route.ts';
import { readCursor, writeCursor } from './users/cursor.ts';

const tag = 'Invitations';
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
const DEFAULT_SECONDS = INVITATION_DEFAULT_DAYS * 24 * 60 * 60;
/** Keeps cursors of other lists out. */
const LIST = 'invitations';

export const invitationSchema = Type.Object({
  id: uuidOutput(),
  email: Type.String({ format: 'email' }),
  first_name: nullableString(),
  last_name: nullableString(),
  locale: nullableString({ description: 'Language of the mail as a BCP 47 tag, or null.' }),
  created_at: timeOutput(),
  expires_at: timeOutput('The invitation cannot be accepted from then on.'),
});

export const invitationListSchema = Type.Object({
  invitations: Type.Array(invitationSchema),
  next_cursor: nullableString({ description: 'Cursor of the next page; null on the last page.' }),
});

export const invitationBody = closedObject({
  email: newProfileInputs.email,
  first_name: Type.Optional(newProfileInputs.first_name),
  last_name: Type.Optional(newProfileInputs.last_name),
  locale: Type.Optional(
    nullableString({
      description:
        'Language of the mail, its page and the account, as a BCP 47 tag of at most 35 characters, or null for the default of the service.',
      examples: ['pt-BR'],
    }),
  ),
  expires_in: Type.Optional(
    Type.Integer({
      minimum: INVITATION_MIN_SECONDS,
      maximum: INVITATION_MAX_SECONDS,
      description: `Seconds until the invitation expires. Default: ${DEFAULT_SECONDS}, ${INVITATION_DEFAULT_DAYS} days.`,
    }),
  ),
});

export const invitationLookupBody = closedObject({
  token: Type.String({ description: 'The token after `#t=` in the link of the mail.' }),
});

function toInvitationResponse(invitation: Invitation): Static<typeof invitationSchema> {
  return {
    id: invitation.id,
    email: invitation.email,
    first_name: invitation.firstName,
    last_name: invitation.lastName,
    locale: invitation.locale,
    created_at: invitation.createdAt,
    expires_at: invitation.expiresAt,
  };
}

const createInvitation = route({
  method: 'POST',
  path: '/v1/invitations',
  operationId: 'createInvitation',
  tag,
  summary: 'Invite a person',
  description:
    'Sends a mail with a link to the page where the person registers. Earlier invitations of the same address are no longer valid. No response shows the token.',
  access: 'scope:users:admin',
  body: { schema: invitationBody, mediaTypes: ['application/json'] },
  responses: { 201: { description: 'The invitation.', schema: invitationSchema } },
  problems: ['email_taken', 'registration_closed'],
  handle: async ({ caller, body }, { useCases }) => {
    const invitation = await useCases.invitations.create(caller, {
      email: body.email,
      firstName: body.first_name ?? null,
      lastName: body.last_name ?? null,
      locale: body.locale ?? null,
      expiresInSeconds: body.expires_in ?? DEFAULT_SECONDS,
    });
    return { status: 201, body: toInvitationResponse(invitation) };
  },
});

const listInvitations = route({
  method: 'GET',
  path: '/v1/invitations',
  operationId: 'listInvitations',
  tag,
  summary: 'List invitations',
  description:
    'Invitations that were neither accepted nor revoked, in the order of their creation. An expired one is listed for a week.',
  access: 'scope:users:admin',
  query: closedObject({
    cursor: Type.Optional(Type.String({ description: 'The `next_cursor` of the previous page.' })),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_LIMIT,
        description: `Maximum number of invitations in the page. Default: ${DEFAULT_LIMIT}.`,
      }),
    ),
  }),
  responses: { 200: { description: 'One page of invitations.', schema: invitationListSchema } },
  problems: [],
  handle: async ({ caller, query: { cursor, limit } }, { useCases }) => {
    const { invitations, nextAfterId } = await useCases.invitations.list(caller, {
      afterId: cursor === undefined ? null : readCursor(cursor, LIST),
      limit: limit ?? DEFAULT_LIMIT,
    });
    return {
      status: 200,
      body: {
        invitations: invitations.map(toInvitationResponse),
        next_cursor: nextAfterId === null ? null : writeCursor(nextAfterId, LIST),
      },
    };
  },
});

const revokeInvitation = route({
  method: 'DELETE',
  path: '/v1/invitations/{id}',
  operationId: 'revokeInvitation',
  tag,
  summary: 'Revoke an invitation',
  access: 'scope:users:admin',
  params: closedObject({ id: uuidInput('Id of the invitation.') }),
  responses: { 204: { description: 'The link of the mail no longer works.' } },
  problems: ['invitation_not_found'],
  handle: async ({ caller, params }, { useCases }) => {
    await useCases.invitations.revoke(caller, params.id);
    return { status: 204 };
  },
});

const lookUpInvitation = route({
  method: 'POST',
  path: '/v1/invitations/lookup',
  operationId: 'lookUpInvitation',
  ignoresIdempotencyKey: 'reads only',
  tag,
  summary: 'Show an invitation to the invited person',
  description:
    'For the page that accepts an invitation: it has only the token, and a registration needs the invited address. Nothing changes.',
  access: 'public',
  body: { schema: invitationLookupBody, mediaTypes: ['application/json'] },
  responses: { 200: { description: 'The invitation.', schema: invitationSchema } },
  problems: ['invitation_invalid'],
  handle: async ({ caller, body }, { useCases }) => ({
    status: 200,
    body: toInvitationResponse(await useCases.invitations.look(caller, body.token)),
  }),
});

export const invitationRoutes: readonly Route[] = [
  createInvitation,
  listInvitations,
  revokeInvitation,
  lookUpInvitation,
];
