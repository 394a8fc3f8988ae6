import { DomainError } from '../../../../domain/errors.ts';
import type { KeyedServiceAccount } from '../../../../domain/service-account/service-account-repository.ts';
import { OAuthError } from '../../../api/oauth-errors.ts';
import type { HttpDeps } from '../../http-deps.ts';
import type { ClientCredentials } from './client-credentials.ts';

type Deps = Pick<HttpDeps, 'useCases' | 'settings'>;

/**
 * Returns the service account of credentials; null for the public client of users, which has no secret and may leave out
 * its id.
 * @throws OAuthError `invalid_client`
 */
export async function authenticateClient(
  credentials: ClientCredentials | null,
  { useCases, settings }: Deps,
): Promise<KeyedServiceAccount | null> {
  if (credentials === null) return null;
  const { id, secret } = credentials;
  if (secret === null) {
    if (id === settings.clientId) return null;
    throw new OAuthError('invalid_client', 'The client is unknown or needs its secret.');
  }
  try {
    return await useCases.oauth.authenticateClient(id, secret);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid_token') {
      throw new OAuthError('invalid_client', 'The credentials of the client are not valid.');
    }
    throw error;
  }
}
