import type { Principal } from '../../../application/access/caller.ts';
import { invalidToken } from '../../../domain/rejections.ts';
import type { HttpDeps } from '../http-deps.ts';
import { isBasic, readClientCredentials } from '../routes/oauth/client-credentials.ts';

/**
 * Authenticates a service account by `Authorization: Basic`, for libraries that send no service key as a bearer token.
 * @returns null for another scheme
 * @throws DomainError `invalid_token`, `unavailable`; always as a rejected promise
 */
export function createBasicAuthentication(deps: Pick<HttpDeps, 'useCases' | 'operator'>) {
  return (authorization: string | undefined): Promise<Principal> | null =>
    deps.operator !== true && isBasic(authorization) ? authenticate(authorization) : null;

  async function authenticate(authorization: string | undefined): Promise<Principal> {
    const { id, secret } = readCredentials(authorization);
    const account = await deps.useCases.oauth.authenticateClient(id, secret ?? '');
    return { kind: 'service', accountId: account.id, scopes: account.scopes };
  }
}

function readCredentials(authorization: string | undefined) {
  try {
    const credentials = readClientCredentials(authorization, {});
    if (credentials !== null) return credentials;
  } catch {
    // The rejection below says what the caller may know.
  }
  throw invalidToken('The Authorization header is malformed.');
}
