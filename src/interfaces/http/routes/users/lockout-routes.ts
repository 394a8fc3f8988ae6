import Type, { type Static } from 'typebox';
import type { CounterState } from '../../../../domain/lockout/sign-in-failures.ts';
import { operatorHeader, readActNote, reasonHeader } from '../../../api/act-note.ts';
import { timeOutput } from '../../../api/schemas/common.ts';
import { type Route, route } from '../../route.ts';
import { userParams } from './schemas.ts';

const tag = 'Users';

export const signInFailureSchema = Type.Object({
  factor: Type.String({
    description:
      'What was guessed: `password` of a sign-in, `reauthentication` of a signed-in user, or `code` of a mail. Later versions may add values.',
    examples: ['password', 'reauthentication', 'code'],
  }),
  known_device: Type.Boolean({
    description: 'True for the counter of one known device, false for that of all other clients.',
  }),
  failures: Type.Integer({ description: 'Failures in a row.' }),
  last_at: timeOutput('Time of the last one.'),
  blocked_until: Type.Union([timeOutput(), Type.Null()], {
    description: 'Further attempts are refused until then; `null` when none had to wait.',
  }),
});

/** At most 100 counters, the busiest first. */
export const signInFailuresSchema = Type.Object({ failures: Type.Array(signInFailureSchema) });

function toFailuresResponse(
  counters: readonly CounterState[],
): Static<typeof signInFailuresSchema> {
  return {
    failures: counters.map(({ factor, knownDevice, failures, lastAt, blockedUntil }) => ({
      factor,
      known_device: knownDevice,
      failures,
      last_at: lastAt,
      blocked_until: blockedUntil,
    })),
  };
}

const listSignInFailures = route({
  method: 'GET',
  path: '/v1/users/{id}/sign-in-failures',
  operationId: 'listSignInFailures',
  tag,
  summary: 'List the failed attempts of an account',
  description:
    'The counters of wrong passwords and codes. A counter without an attempt for 24 hours starts again.',
  access: 'scope:users:admin',
  params: userParams,
  responses: {
    200: {
      description: 'The counters; empty without a failure.',
      schema: signInFailuresSchema,
    },
  },
  problems: ['user_not_found'],
  handle: async ({ caller, params }, { useCases }) => ({
    status: 200,
    body: toFailuresResponse(await useCases.lockout.list(caller, params.id)),
  }),
});

const unlockUser = route({
  method: 'POST',
  path: '/v1/users/{id}/unlock',
  operationId: 'unlockUser',
  tag,
  summary: 'Unlock an account',
  description: 'Ends all counters of failed attempts, so that the next attempt needs no wait.',
  access: 'scope:users:admin',
  params: userParams,
  headers: [operatorHeader, reasonHeader],
  responses: { 204: { description: 'The account has no counter any more.' } },
  problems: ['user_not_found'],
  handle: async ({ caller, params, header }, { useCases }) => {
    await useCases.lockout.unlock(caller, params.id, readActNote(header));
    return { status: 204 };
  },
});

export const lockoutRoutes: readonly Route[] = [listSignInFailures, unlockUser];
