import Type, { type Static } from 'typebox';
import {
  PUBLIC_PROFILES_MAX_IDS,
  type PublicProfiles,
} from '../../../application/users/get-public-profiles.ts';
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

export function toPublicProfilesResponse(
  found: PublicProfiles,
): Static<typeof publicProfilesSchema> {
  return {
    profiles: found.profiles.map(({ id, firstName, lastName }) => ({
      id,
      first_name: firstName,
      last_name: lastName,
    })),
    missing: [...found.missing],
  };
}

/** Stored ids are in lower case. */
export function lowerCased(ids: readonly string[]): string[] {
  return ids.map((id) => id.toLowerCase());
}
