import { invalidToken } from '../../domain/rejections.ts';
import type { KeyedServiceAccount } from '../../domain/service-account/service-account-repository.ts';
import type { FindByServiceKey } from '../access/verify-service-key.ts';

interface Deps {
  readonly findByServiceKey: FindByServiceKey;
}

/**
 * Authenticates a service account by its id or name and one of its keys. The key finds the account; the id only has to
 * be that of this account, so that a client cannot take another one's place by mistake.
 * @throws DomainError `invalid_token`, `unavailable`
 */
export function createAuthenticateClient({ findByServiceKey }: Deps) {
  return async (clientId: string, secret: string): Promise<KeyedServiceAccount> => {
    const account = await findByServiceKey(secret);
    if (clientId.toLowerCase() === account.id || clientId === account.name) return account;
    throw invalidToken('The service key is not one of this client.');
  };
}
