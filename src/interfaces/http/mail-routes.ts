import Type, { type Static } from 'typebox';
import type { FailedMail } from '../../domain/mail.ts';
import {
  closedObject,
  nullableString,
  timeOutput,
  uuidInput,
  uuidOutput,
} from './common-schemas.ts';
import { type Route, route } from './route.ts';

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

function showFailed(mail: FailedMail): Static<typeof failedSchema> {
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
  answers: {
    200: {
      description: 'The oldest first.',
      schema: Type.Object({ mails: Type.Array(failedSchema) }),
    },
  },
  problems: [],
  handle: async ({ caller }, { useCases }) => {
    const failed = await useCases.manageMail.listFailed(caller);
    return { status: 200, body: { mails: failed.map(showFailed) } };
  },
});

const requeueFailedMails = route({
  method: 'POST',
  path: '/v1/mail/failed/requeue',
  operationId: 'requeueFailedMails',
  tag,
  summary: 'Try given-up mails again',
  access: 'operator',
  body: {
    schema: closedObject({ id: Type.Union([uuidInput('The mail.'), Type.Null()]) }),
    mediaTypes: ['application/json'],
  },
  answers: {
    200: {
      description: 'How many are tried again.',
      schema: Type.Object({ count: Type.Integer() }),
    },
  },
  problems: [],
  handle: async ({ caller, body }, { useCases }) => {
    const count = await useCases.manageMail.requeueFailed(caller, body.id);
    return { status: 200, body: { count } };
  },
});

const dropFailedMail = route({
  method: 'DELETE',
  path: '/v1/mail/failed/{id}',
  operationId: 'dropFailedMail',
  tag,
  summary: 'Give a mail up for good',
  access: 'operator',
  params: closedObject({ id: uuidInput('Id of the mail.') }),
  answers: {
    200: {
      description: 'How many were dropped: 0 when it is not given up.',
      schema: Type.Object({ count: Type.Integer() }),
    },
  },
  problems: [],
  handle: async ({ caller, params }, { useCases }) => {
    const dropped = await useCases.manageMail.dropFailed(caller, params.id);
    return { status: 200, body: { count: dropped ? 1 : 0 } };
  },
});

/** Routes of the mail queue; the control socket's only. */
export const mailRoutes: readonly Route[] = [listFailedMails, requeueFailedMails, dropFailedMail];
