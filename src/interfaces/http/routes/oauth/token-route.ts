import Type, { type Static } from 'typebox';
import type { Caller } from '../../../../application/access/caller.ts';
import type { Scope } from '../../../../domain/access/scope.ts';
import { OAuthError } from '../../../api/oauth-errors.ts';
import type { HttpDeps, HttpSettings } from '../../http-deps.ts';
import { type Route, type RouteResponse, route } from '../../route.ts';
import { toTokensResponse } from '../sessions/schemas.ts';
import { authenticateClient } from './authenticate-client.ts';
import { type ClientCredentials, readClientCredentials } from './client-credentials.ts';

const optionalText = (description: string) => Type.Optional(Type.String({ description }));

// Open: a server ignores parameters that it does not know (RFC 6749 §3.2).
export const tokenRequestBody = Type.Object({
  grant_type: optionalText('`refresh_token` or `client_credentials`.'),
  refresh_token: optionalText('The latest refresh token of the session.'),
  scope: optionalText(
    'With `client_credentials`: some of the scopes of the service account, separated by spaces. Default: all.',
  ),
  audience: optionalText('The service that the token is for: one of `tokens.audience`.'),
  resource: optionalText('The same as `audience` (RFC 8707).'),
  client_id: optionalText(
    'Id or name of the service account; for `refresh_token` it may be `tokens.client_id`.',
  ),
  client_secret: optionalText('Key of the service account.'),
});
type TokenRequest = Static<typeof tokenRequestBody>;

/** RFC 6749 §5.1. */
export const tokenResponseSchema = Type.Object({
  access_token: Type.String({ description: 'JWT (RFC 9068) for the `Authorization` header.' }),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Lifetime of the access token, in seconds.' }),
  scope: Type.Optional(Type.String({ description: 'Scopes of the token of a service.' })),
  refresh_token: Type.Optional(
    Type.String({ description: 'Works for one refresh. A service gets none.' }),
  ),
  refresh_expires_in: Type.Optional(
    Type.Integer({ description: 'Lifetime of the session without a refresh, in seconds.' }),
  ),
  session_id: Type.Optional(Type.String()),
});

export const requestToken: Route = route({
  method: 'POST',
  path: '/v1/oauth/token',
  operationId: 'requestToken',
  tag: 'OAuth',
  summary: 'Get an access token (RFC 6749)',
  description:
    'For `refresh_token` as `POST /v1/sessions/refresh`. For `client_credentials`, a service account proves its key in `Authorization: Basic` or in the form, and gets an access token that other services verify offline: `sub` and `client_id` are its id, `scope` has its scopes, and there is no `sid`.',
  access: 'public',
  errors: 'oauth',
  ignoresIdempotencyKey: 'repeatable in the grace',
  body: { schema: tokenRequestBody, mediaTypes: ['application/x-www-form-urlencoded'] },
  responses: {
    200: {
      description: 'The tokens.',
      schema: tokenResponseSchema,
      headers: { 'Cache-Control': '`no-store`', Pragma: '`no-cache`' },
    },
  },
  policies: ['refresh_client', 'global', 'service_account'],
  problems: ['invalid_grant', 'overloaded'],
  handle: async ({ caller, body, header }, deps) => {
    const credentials = readClientCredentials(header('authorization'), body);
    const audience = readTarget(body, deps.settings);
    switch (body.grant_type) {
      case 'refresh_token':
        return ok(await refresh(caller, { body, credentials, audience }, deps));
      case 'client_credentials':
        return ok(await issueForService(caller, { body, credentials, audience }, deps));
      case undefined:
        throw new OAuthError('invalid_request', 'grant_type is required.');
      default:
        throw new OAuthError(
          'unsupported_grant_type',
          'grant_type must be refresh_token or client_credentials.',
        );
    }
  },
});

interface Grant {
  readonly body: TokenRequest;
  readonly credentials: ClientCredentials | null;
  readonly audience: string | undefined;
}

function ok(body: Static<typeof tokenResponseSchema>): RouteResponse {
  return { status: 200, body, headers: { 'cache-control': 'no-store', pragma: 'no-cache' } };
}

async function refresh(caller: Caller, { body, credentials, audience }: Grant, deps: HttpDeps) {
  if ((await authenticateClient(credentials, deps)) !== null) {
    throw new OAuthError('unauthorized_client', 'A service account has no refresh tokens.');
  }
  if (body.refresh_token === undefined) {
    throw new OAuthError('invalid_request', 'refresh_token is required.');
  }
  if (body.scope !== undefined) {
    throw new OAuthError('invalid_scope', 'Tokens of users have no scopes.');
  }
  const issued = await deps.useCases.sessions.refresh(caller, body.refresh_token, { audience });
  return toTokensResponse(issued);
}

async function issueForService(
  caller: Caller,
  { body, credentials, audience }: Grant,
  deps: HttpDeps,
): Promise<Static<typeof tokenResponseSchema>> {
  const account = await authenticateClient(credentials, deps);
  if (account === null) {
    throw new OAuthError('invalid_client', 'This grant needs the key of a service account.');
  }
  const principal = { kind: 'service', accountId: account.id, scopes: account.scopes } as const;
  deps.useCases.limits.checkService({ ...caller, principal });
  const scopes = readScopes(body.scope, account.scopes);
  const token = await deps.useCases.oauth.issueServiceToken(caller, account, { scopes, audience });
  return {
    access_token: token.accessToken,
    token_type: 'Bearer',
    expires_in: token.expiresInSeconds,
    scope: token.scopes.join(' '),
  };
}

/** @throws OAuthError `invalid_scope` for a scope that the account does not have */
function readScopes(requested: string | undefined, granted: readonly Scope[]): readonly Scope[] {
  if (requested === undefined) return granted;
  const named = new Set(requested.split(' ').filter((name) => name !== ''));
  const scopes = granted.filter((scope) => named.has(scope));
  if (scopes.length === 0 || scopes.length !== named.size) {
    throw new OAuthError('invalid_scope', 'scope must name scopes of the service account.');
  }
  return scopes;
}

/** `audience` and `resource` name the same thing (RFC 8707). @throws OAuthError `invalid_target` */
function readTarget(
  { audience = undefined, resource = audience }: TokenRequest,
  settings: Pick<HttpSettings, 'audience'>,
): string | undefined {
  if (audience !== undefined && audience !== resource) {
    throw new OAuthError('invalid_target', 'A token is for one audience.');
  }
  if (resource === undefined || settings.audience.includes(resource)) return resource;
  throw new OAuthError('invalid_target', 'The audience is not one that tokens can be for.');
}
