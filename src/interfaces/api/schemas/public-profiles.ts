import Type, { type Static } from 'typebox';
import {
  PUBLIC_PROFILES_MAX_IDS,
  type PublicProfiles,
} from '../../../application/users/get-public-profiles.ts';
import { closedObject, uuidInput, uuidOutput } from './common.ts';

/** Largest body, in bytes: enough for the most ids in their longest spelling, 39 bytes each with quotes and comma. */
export const PUBLIC_PROFILES_LIMIT_BYTES = 32 * 1024;

/** Body of a request for many public profiles. */
export const publicProfilesBody = closedObject({
  ids: Type.Array(uuidInput('Id of a user.'), {
    minItems: 1,
    maxItems: PUBLIC_PROFILES_MAX_IDS,
  }),
});

/** Its answer. */
export const publicProfilesSchema = Type.Object({
  profiles: Type.Array(
    Type.Object({ id: uuidOutput(), first_name: Type.String(), last_name: Type.String() }),
    { description: 'In the order asked, each id once.' },
  ),
  missing: Type.Array(uuidOutput(), { description: 'Ids that no user has.' }),
});

/** Profiles as answers show them. */
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

/** Ids in the spelling that they are stored in. */
export function lowerCased(ids: readonly string[]): string[] {
  return ids.map((id) => id.toLowerCase());
}
