import Type from 'typebox';
import {
  introspectionBody,
  introspectionSchema,
  toIntrospectionResponse,
} from '../../api/schemas/introspection.ts';
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
    return { status: 200, body: toIntrospectionResponse(claims, settings.issuer) };
  },
});

export const tokenRoutes: readonly Route[] = [getKeySet, introspectToken];
