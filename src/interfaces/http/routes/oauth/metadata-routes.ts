import Type from 'typebox';
import { SCOPES } from '../../../../domain/access/scope.ts';
import type { HttpSettings } from '../../http-deps.ts';
import { publicPath } from '../../public-path.ts';
import { type Route, route } from '../../route.ts';

/** Clients may keep the document for this time. */
const MAX_AGE_SECONDS = 300;

const strings = Type.Array(Type.String());

/** Members of RFC 8414 §2 that are true of this service. */
export const authorizationServerSchema = Type.Object({
  issuer: Type.String(),
  token_endpoint: Type.String(),
  jwks_uri: Type.String(),
  revocation_endpoint: Type.String(),
  introspection_endpoint: Type.String(),
  scopes_supported: strings,
  response_types_supported: Type.Array(Type.String(), {
    description: 'Empty: there is no authorization endpoint.',
  }),
  grant_types_supported: strings,
  subject_types_supported: strings,
  token_endpoint_auth_methods_supported: strings,
  revocation_endpoint_auth_methods_supported: strings,
  introspection_endpoint_auth_methods_supported: strings,
  service_documentation: Type.String(),
});

const tokenMethods = ['none', 'client_secret_basic', 'client_secret_post'];

function metadataOf({ issuer, publicUrl }: Pick<HttpSettings, 'issuer' | 'publicUrl'>) {
  return {
    issuer,
    token_endpoint: `${publicUrl}/v1/oauth/token`,
    jwks_uri: `${publicUrl}/.well-known/jwks.json`,
    revocation_endpoint: `${publicUrl}/v1/oauth/revoke`,
    introspection_endpoint: `${publicUrl}/v1/tokens/introspect`,
    scopes_supported: SCOPES,
    response_types_supported: [],
    grant_types_supported: ['refresh_token', 'client_credentials'],
    subject_types_supported: ['public'],
    token_endpoint_auth_methods_supported: tokenMethods,
    revocation_endpoint_auth_methods_supported: tokenMethods,
    introspection_endpoint_auth_methods_supported: ['Bearer', 'client_secret_basic'],
    service_documentation: `${publicUrl}/docs`,
  };
}

function metadataRoute(path: string, operationId: string | null): Route {
  return route({
    method: 'GET',
    path,
    operationId: operationId ?? path,
    tag: 'OAuth',
    summary:
      operationId === 'getOpenIdConfiguration'
        ? 'Get the same metadata at the path of OpenID Connect Discovery'
        : 'Get the metadata of the authorization server (RFC 8414)',
    access: 'public',
    ...(operationId === null ? { undocumented: true as const } : {}),
    responses: {
      200: {
        description: 'The metadata.',
        schema: authorizationServerSchema,
        headers: { 'Cache-Control': `Public, for ${MAX_AGE_SECONDS} s.` },
      },
    },
    problems: [],
    handle: async (_request, { settings }) => ({
      status: 200,
      body: metadataOf(settings),
      headers: { 'cache-control': `public, max-age=${MAX_AGE_SECONDS}` },
    }),
  });
}

const WELL_KNOWN = {
  '/.well-known/oauth-authorization-server': 'getAuthorizationServerMetadata',
  '/.well-known/openid-configuration': 'getOpenIdConfiguration',
} as const;

/**
 * The metadata at both well-known paths, and with the path of the issuer behind them if it has one (RFC 8414 §3.1): a
 * proxy passes such a request on as it is. A path of the issuer that a route cannot have has no further route.
 */
export function createMetadataRoutes({
  issuer,
}: Partial<Pick<HttpSettings, 'issuer'>>): readonly Route[] {
  const issuerPath = issuer === undefined ? '' : publicPath(issuer);
  const isRoutable = /^(?:\/[A-Za-z0-9._~-]+)+$/.test(issuerPath);
  return Object.entries(WELL_KNOWN).flatMap(([path, operationId]) => [
    metadataRoute(path, operationId),
    ...(isRoutable ? [metadataRoute(`${path}${issuerPath}`, null)] : []),
  ]);
}
