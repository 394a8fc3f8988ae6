import type { UserProfile } from '../../../../domain/user/user.ts';
import type { UserText } from '../../../../domain/user/user-texts.ts';
import { etagOf } from '../../../api/preconditions.ts';
import { JsonText } from '../../../api/response-json.ts';
import { closedObject, uuidInput } from '../../../api/schemas/common.ts';
import { toUserResponse, userSchema } from '../../../api/schemas/users.ts';
import type { ResponseSpec, RouteResponse } from '../../route.ts';

export const userParams = closedObject({ id: uuidInput('Id of the user.') });

export function userResponse(user: UserProfile): RouteResponse {
  return { status: 200, body: toUserResponse(user), headers: { etag: etagOf(user.version) } };
}

/** As `userResponse`, from a text that is written already. */
export function userTextResponse({ version, json }: UserText): RouteResponse {
  return { status: 200, body: new JsonText(json), headers: { etag: etagOf(version) } };
}

/** Documentation of `userResponse`. */
export const userResponseSpec: ResponseSpec = {
  description: 'The user.',
  schema: userSchema,
  headers: { ETag: 'The version of the user, in double quotes.' },
};
