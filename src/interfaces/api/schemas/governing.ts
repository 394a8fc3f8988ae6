import Type from 'typebox';
import { REASON_MAX_LENGTH } from '../../../domain/administrative-acts.ts';
import { DISABLED_MAX_DAYS } from '../../../domain/user/disabled-until.ts';
import { closedObject } from './common.ts';

export const reason = Type.String({
  description: `Why: 1–${REASON_MAX_LENGTH} characters without line breaks. It is kept in the record of administrative acts, and in no event. Name no personal data that is not needed.`,
  examples: ['Reported as taken over, ticket 4711'],
});

export const disableBody = closedObject({
  reason,
  until: Type.Optional(
    Type.String({
      format: 'date-time',
      description: `Time at which the user is enabled again, within ${DISABLED_MAX_DAYS} days. Left out, the user stays disabled.`,
    }),
  ),
});
export const enableBody = closedObject({ reason });
