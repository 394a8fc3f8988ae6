import Type, { type Static } from 'typebox';
import type { FailedMail } from '../../../domain/mail.ts';
import { nullableString, timeOutput, uuidOutput } from '../../api/schemas/common.ts';
import { type Route, route } from '../route.ts';
import { setAsideRoutes } from './dead-letter-routes.ts';

const tag = 'Mail';

/** Without recipient, subject and text, which are personal data. */
const failedSchema = Type.Object({
  id: uuidOutput(),
  kind: Type.String(),
  created_at: timeOutput(),
  failed_at: timeOutput(),
  attempts: Type.Integer(),
  last_error: nullableString(),
});

function toDeadMailResponse(mail: FailedMail): Static<typeof failedSchema> {
  return {
    id: mail.id,
    kind: mail.kind,
    created_at: mail.createdAt,
    failed_at: mail.failedAt,
    attempts: mail.attempts,
    last_error: mail.lastError,
  };
}

const listFailedMails = route({
  method: 'GET',
  path: '/v1/mail/failed',
  operationId: 'listFailedMails',
  tag,
  summary: 'Mails that were given up',
  access: 'operator',
  responses: {
    200: {
      description: 'The oldest first.',
      schema: Type.Object({ mails: Type.Array(failedSchema) }),
    },
  },
  problems: [],
  handle: async ({ caller }, { useCases }) => {
    const failed = await useCases.mail.listFailed(caller);
    return { status: 200, body: { mails: failed.map(toDeadMailResponse) } };
  },
});

/** Routes of the mail queue; the control socket's only. */
export const mailRoutes: readonly Route[] = [
  listFailedMails,
  ...setAsideRoutes({
    tag,
    path: '/v1/mail/failed',
    requeue: {
      operationId: 'requeueFailedMails',
      summary: 'Try given-up mails again',
      idDescription: 'The mail.',
      run: ({ mail }, caller, id) => mail.requeueFailed(caller, id),
    },
    drop: {
      operationId: 'dropFailedMail',
      summary: 'Give a mail up for good',
      idDescription: 'Id of the mail.',
      description: 'How many were dropped: 0 when it is not given up.',
      run: ({ mail }, caller, id) => mail.dropFailed(caller, id),
    },
  }),
];
