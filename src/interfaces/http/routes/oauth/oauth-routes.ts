import type { HttpSettings } from '../../http-deps.ts';
import type { Route } from '../../route.ts';
import { createMetadataRoutes } from './metadata-routes.ts';
import { revokeToken } from './revocation-route.ts';
import { requestToken } from './token-route.ts';

/** Standard endpoints, for gateways and libraries that speak OAuth 2.0. */
export function createOAuthRoutes(
  settings: Partial<Pick<HttpSettings, 'issuer'>>,
): readonly Route[] {
  return [...createMetadataRoutes(settings), requestToken, revokeToken];
}
