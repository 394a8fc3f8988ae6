import Type, { type Static } from 'typebox';
import { type FoundUsers, USERS_MAX_IDS } from '../../../application/users/get-users.ts';
import { closedObject, uuidInput, uuidOutput } from './common.ts';
import { toUserResponse, userSchema } from './users.ts';

/** Limit of the body, in bytes: fits the maximum of ids, at 39 bytes each with quotes and comma. */
export const USER_BATCH_LIMIT_BYTES = 32 * 1024;

export const userBatchBody = closedObject({
  ids: Type.Array(uuidInput('Id of a user.'), { minItems: 1, maxItems: USERS_MAX_IDS }),
});

export const userBatchSchema = Type.Object({
  users: Type.Array(userSchema, {
    description: 'In the order of the requested ids, without repetitions.',
  }),
  missing: Type.Array(uuidOutput(), { description: 'Requested ids without a user.' }),
});

export function toUserBatchResponse({
  users,
  missing,
}: FoundUsers): Static<typeof userBatchSchema> {
  return { users: users.map(toUserResponse), missing: [...missing] };
}
