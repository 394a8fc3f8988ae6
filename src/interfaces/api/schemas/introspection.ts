import Type, { type Static } from 'typebox';
import type { AccessTokenClaims } from '../../../domain/session/access-tokens.ts';
import { uuidOutput } from './common.ts';

/** RFC 7662 §2.2. */
export const introspectionSchema = Type.Object({
  active: Type.Boolean({ description: 'Whether the token and its session are valid.' }),
  client_id: Type.Optional(Type.String()),
  token_type: Type.Optional(Type.Literal('Bearer')),
  exp: Type.Optional(Type.Integer()),
  iat: Type.Optional(Type.Integer()),
  auth_time: Type.Optional(
    Type.Integer({ description: 'When the user proved a password (RFC 9470 §6.2).' }),
  ),
  sub: Type.Optional(uuidOutput('Id of the user, or of the service account.')),
  scope: Type.Optional(Type.String({ description: 'Scopes of the token of a service.' })),
  aud: Type.Optional(
    Type.Unsafe<string | readonly string[]>({
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    }),
  ),
  iss: Type.Optional(Type.String()),
  jti: Type.Optional(Type.String()),
  sid: Type.Optional(uuidOutput('Id of the session; absent for the token of a service.')),
});

// Open: a server ignores parameters that it does not know (RFC 6749 §3.2).
export const introspectionBody = Type.Object({
  token: Type.String(),
  token_type_hint: Type.Optional(
    Type.String({ description: 'Optional and ignored (RFC 7662 §2.1).' }),
  ),
});

/** @param claims null for a token that is not valid */
export function toIntrospectionResponse(
  claims: AccessTokenClaims | null,
  issuer: string,
): Static<typeof introspectionSchema> {
  if (claims === null) return { active: false };
  const { audience } = claims;
  return {
    active: true,
    client_id: claims.clientId,
    token_type: 'Bearer',
    exp: claims.expiresAt,
    iat: claims.issuedAt,
    aud: audience.length === 1 ? (audience[0] ?? '') : audience,
    iss: issuer,
    jti: claims.tokenId,
    ...ownClaims(claims),
  };
}

/** The members that only tokens of users, or only those of services, have. */
function ownClaims(claims: AccessTokenClaims) {
  if (claims.kind === 'service') {
    return { sub: claims.accountId, scope: claims.scopes.join(' ') };
  }
  return {
    sub: claims.userId,
    sid: claims.sessionId,
    ...(claims.authenticatedAt === null ? {} : { auth_time: claims.authenticatedAt }),
  };
}
