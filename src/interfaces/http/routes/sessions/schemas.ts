import Type, { type Static } from 'typebox';
import type { IssuedTokens } from '../../../../application/sessions/issue-tokens.ts';
import type { ListedSession } from '../../../../application/sessions/list-sessions.ts';
import type { SignedIn } from '../../../../application/sessions/sign-in.ts';
import {
  closedObject,
  nullableString,
  timeOutput,
  uuidInput,
  uuidOutput,
} from '../../../api/schemas/common.ts';
import type { RouteResponse } from '../../route.ts';
import type { SessionCookie } from '../../session-cookie.ts';

const audience = Type.Optional(
  Type.String({
    description:
      'The service that the access token is for: one of `tokens.audience`. Default: the first one, which is this service.',
  }),
);

export const signInBody = closedObject({
  email: Type.String({ examples: ['amelie@example.com'] }),
  password: Type.String(),
  device_token: Type.Optional(
    Type.String({
      description:
        'The `device_token` of an earlier sign-in on this device. Wrong passwords from elsewhere then do not delay this sign-in. A text that is none, or one of another account, counts as none.',
    }),
  ),
  audience,
});

export const reauthenticationBody = closedObject({
  password: Type.String({ description: 'Your current password.' }),
});

export const refreshBody = closedObject({
  refresh_token: Type.Optional(
    Type.String({
      description: 'The latest refresh token of the session. Required, but in cookie mode.',
    }),
  ),
  audience,
});

export const sessionParams = closedObject({ id: uuidInput('Id of the session.') });

export const userSessionParams = closedObject({
  id: uuidInput('Id of the user.'),
  session_id: uuidInput('Id of the session.'),
});

export const issuedTokensSchema = Type.Object({
  session_id: uuidOutput(),
  access_token: Type.String({ description: 'JWT (RFC 9068) for the `Authorization` header.' }),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Lifetime of the access token, in seconds.' }),
  refresh_token: Type.Optional(
    Type.String({ description: 'Works for one refresh. In cookie mode, only the cookie has it.' }),
  ),
  refresh_expires_in: Type.Integer({
    description: 'Lifetime of the session without a refresh, in seconds.',
  }),
});

export const signedInSchema = Type.Object({
  ...issuedTokensSchema.properties,
  device_token: Type.String({
    description:
      'Marks this device for later sign-ins of this account. Keep it, also after a sign-out. It opens nothing.',
  }),
});

/** The response with new tokens. In cookie mode the refresh token leaves in the cookie alone. */
export function tokensResponse(
  status: 200 | 201,
  tokens: Static<typeof issuedTokensSchema> & { readonly refresh_token: string },
  cookie: SessionCookie | null,
): RouteResponse {
  if (cookie === null) return { status, body: tokens };
  const { refresh_token, ...body } = tokens;
  return { status, body, headers: cookie.store(refresh_token, body.refresh_expires_in) };
}

export function toSignedInResponse(signedIn: SignedIn) {
  return { ...toTokensResponse(signedIn), device_token: signedIn.deviceToken };
}

export function toTokensResponse(tokens: IssuedTokens) {
  return {
    session_id: tokens.sessionId,
    access_token: tokens.accessToken,
    token_type: 'Bearer' as const,
    expires_in: tokens.accessExpiresInSeconds,
    refresh_token: tokens.refreshToken,
    refresh_expires_in: tokens.refreshExpiresInSeconds,
  };
}

export const sessionSchema = Type.Object({
  id: uuidOutput(),
  ip: nullableString({ description: 'Client address at sign-in.' }),
  user_agent: nullableString({ description: '`User-Agent` at sign-in.' }),
  created_at: timeOutput(),
  last_used_at: timeOutput('Time of the sign-in or of the last refresh.'),
  expires_at: timeOutput('Time at which the session ends without a refresh.'),
  current: Type.Boolean({ description: 'True for the session of this request.' }),
});

/** At most 200 active sessions, the last used first. */
export const sessionListSchema = Type.Object({ sessions: Type.Array(sessionSchema) });

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
