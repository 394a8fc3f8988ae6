import { invalidToken } from '../../domain/rejections.ts';
import type {
  ServiceAccount,
  ServiceAccountRepository,
} from '../../domain/service-account/service-account-repository.ts';
import type { ServiceKeys } from '../../domain/service-account/service-keys.ts';
import type { ServicePrincipal } from './caller.ts';

/** Accounts by the text of their key's hash. Bounded; an entry expires after `SERVICE_KEY_CACHE_MS`. */
export interface ServiceAccountCache {
  /** Goes up when the cache is cleared: an account that was read before may be revoked since. */
  epoch(): number;
  get(keyHash: string): ServiceAccount | undefined;
  set(keyHash: string, account: ServiceAccount): void;
}

interface Deps {
  readonly keys: ServiceKeys;
  readonly accounts: Pick<ServiceAccountRepository, 'findByKeyHash'>;
  readonly known: ServiceAccountCache;
}

/** How long a revoked service key may still work on other instances, in milliseconds. */
export const SERVICE_KEY_CACHE_MS = 5_000;

/**
 * Finds the account with this key that is not revoked.
 * @throws DomainError `invalid_token`
 */
export function createVerifyServiceKey(deps: Deps) {
  return async (key: string): Promise<ServicePrincipal> => {
    const hash = deps.keys.hash(key);
    if (hash === null) throw invalidKey();
    const hashText = Buffer.from(hash).toString('base64');
    const known = deps.known.get(hashText);
    const epoch = deps.known.epoch();
    const account = known ?? (await deps.accounts.findByKeyHash(hash));
    if (account === null) throw invalidKey();
    if (known === undefined && deps.known.epoch() === epoch) deps.known.set(hashText, account);
    return { kind: 'service', accountId: account.id, scopes: account.scopes };
  };
}

function invalidKey(): Error {
  return invalidToken('The service key is not valid.');
}
