import Type from 'typebox';
import { closedObject, uuidOutput } from '../../api/schemas/common.ts';
import { type Route, route } from '../route.ts';

const tag = 'Tokens';
/** How long verifiers may keep the key set: a later key has to be published for longer than this before it signs. */
const KEY_SET_MAX_AGE_SECONDS = 300;

/** Public members only: a private one that slipped into a key would not pass the schema. */
export const keySetSchema = Type.Object({
  keys: Type.Array(
    Type.Object({
      kty: Type.String(),
      crv: Type.String(),
      x: Type.String(),
      kid: Type.String(),
      alg: Type.Optional(Type.String()),
      use: Type.Optional(Type.String()),
    }),
  ),
});

const getKeySet = route({
  method: 'GET',
  path: '/.well-known/jwks.json',
  operationId: 'getKeySet',
  tag,
  summary: 'Public keys of access tokens (RFC 7517)',
  access: 'public',
  responses: {
    200: {
      description: 'The key set.',
      schema: keySetSchema,
      headers: { 'Cache-Control': `public, for ${KEY_SET_MAX_AGE_SECONDS} s.` },
    },
  },
  problems: [],
  handle: async (_request, { useCases }) => ({
    status: 200,
    body: await useCases.access.publicKeys(),
    headers: { 'cache-control': `public, max-age=${KEY_SET_MAX_AGE_SECONDS}` },
  }),
});

/** What is told of a token (RFC 7662 §2.2). */
export const introspectionSchema = Type.Object({
  active: Type.Boolean({ description: 'Whether the token and its session are valid now.' }),
  client_id: Type.Optional(Type.String()),
  token_type: Type.Optional(Type.Literal('Bearer')),
  exp: Type.Optional(Type.Integer()),
  iat: Type.Optional(Type.Integer()),
  sub: Type.Optional(uuidOutput('Id of the user.')),
  aud: Type.Optional(Type.String()),
  iss: Type.Optional(Type.String()),
  jti: Type.Optional(Type.String()),
  sid: Type.Optional(uuidOutput('Id of the session.')),
});

const introspectToken = route({
  method: 'POST',
  path: '/v1/tokens/introspect',
  operationId: 'introspectToken',
  tag,
  summary: 'Ask whether an access token is valid (RFC 7662)',
  access: 'scope:tokens:introspect',
  body: {
    schema: closedObject({
      token: Type.String(),
      token_type_hint: Type.Optional(
        Type.String({ description: 'Accepted and not needed (RFC 7662 §2.1).' }),
      ),
    }),
    mediaTypes: ['application/x-www-form-urlencoded', 'application/json'],
  },
  responses: {
    200: {
      description: 'Only `active` for a token that is not valid.',
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
        sub: claims.userId,
        aud: settings.audience,
        iss: settings.issuer,
        jti: claims.tokenId,
        sid: claims.sessionId,
      },
    };
  },
});

/** Routes for whoever verifies our tokens. */
export const tokenRoutes: readonly Route[] = [getKeySet, introspectToken];
