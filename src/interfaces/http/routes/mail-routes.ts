import Type from 'typebox';
import type { DeadMail } from '../../../domain/mail.ts';
import { nullableString, timeOutput, uuidOutput } from '../../api/schemas/common.ts';
import type { Route } from '../route.ts';
import { deadLetterRoutes } from './dead-letter-routes.ts';

/** Without recipient, subject and text, which are personal data. */
const deadMailSchema = Type.Object({
  id: uuidOutput(),
  kind: Type.String(),
  created_at: timeOutput(),
  dead_at: timeOutput(),
  attempts: Type.Integer(),
  last_error: nullableString(),
});

/** Routes of the mail queue; on the control socket only. */
export const mailRoutes: readonly Route[] = deadLetterRoutes({
  tag: 'Mail',
  noun: 'Mail',
  path: '/v1/mail/dead-letters',
  itemSchema: deadMailSchema,
  toResponse: (mail: DeadMail) => ({
    id: mail.id,
    kind: mail.kind,
    created_at: mail.createdAt,
    dead_at: mail.deadAt,
    attempts: mail.attempts,
    last_error: mail.lastError,
  }),
  select: ({ mail }) => mail.deadLetters,
});
