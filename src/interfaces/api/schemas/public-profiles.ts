import Type, { type Static } from 'typebox';
import {
  PUBLIC_PROFILES_MAX_IDS,
  type PublicProfileTexts,
} from '../../../application/users/get-public-profiles.ts';
import type { PublicProfile } from '../../../domain/user/user-repository.ts';
import { JsonText } from '../response-json.ts';
import { closedObject, uuidInput, uuidOutput } from './common.ts';

/** Limit of the body, in bytes: fits the maximum of ids, at 39 bytes each with quotes and comma. */
export const PUBLIC_PROFILES_LIMIT_BYTES = 32 * 1024;

export const publicProfilesBody = closedObject({
  ids: Type.Array(uuidInput('Id of a user.'), {
    minItems: 1,
    maxItems: PUBLIC_PROFILES_MAX_IDS,
  }),
});

export const publicProfileSchema = Type.Object({
  id: uuidOutput(),
  first_name: Type.String(),
  last_name: Type.String(),
});

export const publicProfilesSchema = Type.Object({
  profiles: Type.Array(publicProfileSchema, {
    description: 'In the order of the requested ids, without repetitions.',
  }),
  missing: Type.Array(uuidOutput(), { description: 'Requested ids without a user.' }),
});

export function toPublicProfileResponse({
  id,
  firstName,
  lastName,
}: PublicProfile): Static<typeof publicProfileSchema> {
  return { id, first_name: firstName, last_name: lastName };
}

/** Joins the texts of the profiles: a batch of cached ones is neither parsed nor written. */
export function toPublicProfilesText({ profiles, missing }: PublicProfileTexts): JsonText {
  return new JsonText(`{"profiles":[${profiles.join()}],"missing":${JSON.stringify(missing)}}`);
}

/** Stored ids are in lower case. */
export function lowerCased(ids: readonly string[]): string[] {
  return ids.map((id) => id.toLowerCase());
}
