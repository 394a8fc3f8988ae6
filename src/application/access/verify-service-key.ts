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
 * Finds the account with this key that is not revoked. A cached one is returned at once, without a promise.
 * @throws DomainError `invalid_token`; always as a rejected promise
 */
export function createVerifyServiceKey(deps: Deps) {
  return (key: string): ServicePrincipal | Promise<ServicePrincipal> => {
    const hash = deps.keys.hash(key);
    if (hash === null) return Promise.reject(invalidKey());
    const hashText = Buffer.from(hash).toString('base64');
    const known = deps.known.get(hashText);
    return known === undefined ? findStored(hash, hashText) : principalOf(known);
  };

  async function findStored(hash: Uint8Array, hashText: string): Promise<ServicePrincipal> {
    const epoch = deps.known.epoch();
    const account = await deps.accounts.findByKeyHash(hash);
    if (account === null) throw invalidKey();
    if (deps.known.epoch() === epoch) deps.known.set(hashText, account);
    return principalOf(account);
  }
}

function principalOf({ id, scopes }: ServiceAccount): ServicePrincipal {
  return { kind: 'service', accountId: id, scopes };
}

function invalidKey(): Error {
  return invalidToken('The service key is not valid.');
}
