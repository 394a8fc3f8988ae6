import Type from 'typebox';
import type { AccessTokenClaims } from '../../../domain/session/access-tokens.ts';
import { uuidOutput } from '../../api/schemas/common.ts';
import { type Route, route } from '../route.ts';

const tag = 'Tokens';
/** Public members only: the schema removes any private member of a key. */
export const publicKeySchema = Type.Object({
  kty: Type.String({ description: '`OKP`, `EC` or `RSA`.' }),
  crv: Type.Optional(Type.String({ description: '`Ed25519` or `P-256`; not with RSA.' })),
  x: Type.Optional(Type.String({ description: 'With `OKP` and `EC`.' })),
  y: Type.Optional(Type.String({ description: 'With `EC`.' })),
  n: Type.Optional(Type.String({ description: 'With `RSA`.' })),
  e: Type.Optional(Type.String({ description: 'With `RSA`.' })),
  kid: Type.String(),
  alg: Type.String({ description: 'The only algorithm of the key: `EdDSA`, `ES256` or `RS256`.' }),
  use: Type.String({ description: '`sig`.' }),
});

export const keySetSchema = Type.Object({ keys: Type.Array(publicKeySchema) });

const getKeySet = route({
  method: 'GET',
  path: '/.well-known/jwks.json',
  operationId: 'getKeySet',
  tag,
  summary: 'Get the public keys of access tokens (RFC 7517)',
  access: 'public',
  responses: {
    200: {
      description: 'The key set.',
      schema: keySetSchema,
      headers: {
        'Cache-Control':
          'Public, for `tokens.jwks_max_age`; `no-cache` while the keys cannot be read again.',
      },
    },
  },
  problems: [],
  handle: async (_request, { useCases, settings }) => {
    const { keys, isCurrent } = await useCases.access.publicKeys();
    const caching = isCurrent
      ? `public, max-age=${Math.floor(settings.jwksMaxAgeMs / 1_000)}`
      : 'no-cache';
    return { status: 200, body: { keys }, headers: { 'cache-control': caching } };
  },
});

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

const introspectToken = route({
  method: 'POST',
  path: '/v1/tokens/introspect',
  operationId: 'introspectToken',
  tag,
  summary: 'Introspect an access token (RFC 7662)',
  ignoresIdempotencyKey: 'reads only',
  access: 'scope:tokens:introspect',
  acceptsBasic: true,
  body: {
    schema: introspectionBody,
    mediaTypes: ['application/x-www-form-urlencoded', 'application/json'],
  },
  responses: {
    200: {
      description:
        'The state and claims of the token. An invalid token has `active: false` and no other field.',
      schema: introspectionSchema,
    },
  },
  problems: [],
  handle: async ({ caller, body }, { useCases, settings }) => {
    const claims = await useCases.access.introspectToken(caller, body.token);
    if (claims === null) return { status: 200, body: { active: false } };
    return {
      status: 200,
      body: {
        active: true,
        client_id: claims.clientId,
        token_type: 'Bearer',
        exp: claims.expiresAt,
        iat: claims.issuedAt,
        aud: claims.audience.length === 1 ? claims.audience[0] : claims.audience,
        iss: settings.issuer,
        jti: claims.tokenId,
        ...ownClaims(claims),
      },
    };
  },
});

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

export const tokenRoutes: readonly Route[] = [getKeySet, introspectToken];
