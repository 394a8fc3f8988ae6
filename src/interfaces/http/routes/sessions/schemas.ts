import Type, { type Static } from 'typebox';
import type { IssuedTokens } from '../../../../application/sessions/issue-tokens.ts';
import type { ListedSession } from '../../../../application/sessions/list-sessions.ts';
import {
  closedObject,
  nullableString,
  timeOutput,
  uuidInput,
  uuidOutput,
} from '../../../api/schemas/common.ts';

/** Body of a sign-in. */
export const signInBody = closedObject({
  email: Type.String({ examples: ['amelie@example.com'] }),
  password: Type.String({ examples: ['correct horse battery staple'] }),
});

/** Body of a refresh. */
export const refreshBody = closedObject({
  refresh_token: Type.String({ description: 'The newest refresh token of the session.' }),
});

/** The id in the path of one of the own sessions. */
export const sessionParams = closedObject({ id: uuidInput('Id of the session.') });

/** The ids in the path of one session of a user. */
export const userSessionParams = closedObject({
  id: uuidInput('Id of the user.'),
  session_id: uuidInput('Id of the session.'),
});

/** What a client gets for a sign-in or a refresh. */
export const grantSchema = Type.Object({
  session_id: uuidOutput(),
  access_token: Type.String({ description: 'JWT (RFC 9068) for the Authorization header.' }),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Life of the access token, in seconds.' }),
  refresh_token: Type.String({ description: 'Good for one refresh.' }),
  refresh_expires_in: Type.Integer({ description: 'Life of the session unless used, in seconds.' }),
});

/** A grant as answers show it. */
export function toTokensResponse(grant: IssuedTokens): Static<typeof grantSchema> {
  return {
    session_id: grant.sessionId,
    access_token: grant.accessToken,
    token_type: 'Bearer',
    expires_in: grant.accessExpiresInSeconds,
    refresh_token: grant.refreshToken,
    refresh_expires_in: grant.refreshExpiresInSeconds,
  };
}

/** A session in an answer. */
export const sessionSchema = Type.Object({
  id: uuidOutput(),
  ip: nullableString({ description: 'Address that it was started from.' }),
  user_agent: nullableString({ description: 'Program that it was started from.' }),
  created_at: timeOutput(),
  last_used_at: timeOutput('Time of sign-in or of the last refresh.'),
  expires_at: timeOutput('When it ends unless it is refreshed before.'),
  current: Type.Boolean({ description: 'Whether it is the one that asks.' }),
});

/** A list of live sessions; at most 200, the last used first. */
export const sessionListSchema = Type.Object({ sessions: Type.Array(sessionSchema) });

/** A list of sessions as answers show it. */
export function toSessionsResponse(
  sessions: readonly ListedSession[],
): Static<typeof sessionListSchema> {
  return {
    sessions: sessions.map((session) => ({
      id: session.id,
      ip: session.client.ip,
      user_agent: session.client.userAgent,
      created_at: session.createdAt,
      last_used_at: session.lastUsedAt,
      expires_at: session.expiresAt,
      current: session.current,
    })),
  };
}
