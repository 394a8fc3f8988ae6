import type { UserTextFormat } from '../../../domain/user/user-texts.ts';
import { writeJson } from '../response-json.ts';
import { publicProfileSchema, toPublicProfileResponse } from './public-profiles.ts';
import { readUserResponse, toUserResponse, userSchema } from './users.ts';

/** @param formatTime formats a time as RFC 3339 text in UTC */
export function createUserTextFormat(formatTime: (time: Date) => string): UserTextFormat {
  return {
    writeUser: (user) => writeJson(userSchema, toUserResponse(user), formatTime),
    readUser(json) {
      try {
        return readUserResponse(JSON.parse(json));
      } catch {
        return undefined;
      }
    },
    writePublicProfile: (profile) =>
      writeJson(publicProfileSchema, toPublicProfileResponse(profile), formatTime),
  };
}
