import Type from 'typebox';
import { operatorHeader, readOperator } from '../../../api/act-note.ts';
import { closedObject } from '../../../api/schemas/common.ts';
import { reason } from '../../../api/schemas/governing.ts';
import { route } from '../../route.ts';

const revokeAllBody = closedObject({ reason });
const allRevokedSchema = Type.Object({
  not_before: Type.Integer({
    description:
      'Seconds since the epoch: tokens of users whose `iat` is this second or an earlier one are void.',
  }),
});

/** The panic button. */
export const revokeAllRoute = route({
  method: 'POST',
  path: '/v1/sessions/revoke-all',
  operationId: 'revokeAllSessions',
  tag: 'Sessions',
  summary: 'End the sessions of all users',
  description:
    'For a leak whose extent is unknown. Every user has to sign in again. In force on this instance at once, and within a second on all. The sessions and their events follow in the background.',
  access: 'scope:users:admin',
  headers: [operatorHeader],
  body: { schema: revokeAllBody, mediaTypes: ['application/json'] },
  responses: { 200: { description: 'All sessions are ended.', schema: allRevokedSchema } },
  problems: [],
  handle: async ({ caller, body, header }, { useCases }) => {
    const operator = readOperator(header);
    const { notBefore } = await useCases.sessions.revokeAll(caller, { ...body, operator });
    return { status: 200, body: { not_before: notBefore } };
  },
});
