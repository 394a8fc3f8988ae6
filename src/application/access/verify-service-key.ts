import { invalidToken } from '../../domain/rejections.ts';
import type {
  KeyedServiceAccount,
  ServiceAccountRepository,
} from '../../domain/service-account/service-account-repository.ts';
import type { ServiceKeys } from '../../domain/service-account/service-keys.ts';
import type { ServicePrincipal } from './caller.ts';

/** Accounts by the text of their key's hash. Bounded; an entry expires after `SERVICE_KEY_CACHE_MS`. */
export interface ServiceAccountCache {
  /** Goes up when the cache is cleared: an account that was read before may have changed since. */
  epoch(): number;
  get(keyHash: string): KeyedServiceAccount | undefined;
  /** @param lifetimeMs how long to keep it at most, in milliseconds of a monotonic clock */
  set(keyHash: string, account: KeyedServiceAccount, lifetimeMs: number): void;
}

/** Notes the use of keys, to be written later. */
export interface KeyUsage {
  record(keyId: string): void;
}

interface Deps {
  readonly keys: ServiceKeys;
  readonly accounts: Pick<ServiceAccountRepository, 'findByKeyHash'>;
  readonly known: ServiceAccountCache;
  readonly usage: KeyUsage;
}

/** How long a revoked or ended key, and former scopes, may still work on other instances, in milliseconds. */
export const SERVICE_KEY_CACHE_MS = 5_000;

export type FindByServiceKey = ReturnType<typeof createFindByServiceKey>;

/**
 * Finds the account with this key that is not revoked. A cached one is returned at once, without a promise.
 * @throws DomainError `invalid_token`; always as a rejected promise
 */
export function createFindByServiceKey(deps: Deps) {
  const find = (key: string): KeyedServiceAccount | Promise<KeyedServiceAccount> => {
    const hash = deps.keys.hash(key);
    if (hash === null) return Promise.reject(invalidKey());
    const hashText = Buffer.from(hash).toString('base64');
    const known = deps.known.get(hashText);
    if (known === undefined) return findStored(hash, hashText);
    deps.usage.record(known.keyId);
    return known;
  };

  async function findStored(hash: Uint8Array, hashText: string): Promise<KeyedServiceAccount> {
    const epoch = deps.known.epoch();
    const account = await deps.accounts.findByKeyHash(hash);
    if (account === null) throw invalidKey();
    const lifetimeMs = Math.min(SERVICE_KEY_CACHE_MS, account.keyRemainingMs ?? Infinity);
    if (deps.known.epoch() === epoch) deps.known.set(hashText, account, lifetimeMs);
    deps.usage.record(account.keyId);
    return account;
  }
  return find;
}

/** Authenticates a service by its key, as `createFindByServiceKey` finds the account. */
export function createVerifyServiceKey(find: FindByServiceKey) {
  return (key: string): ServicePrincipal | Promise<ServicePrincipal> => {
    const account = find(key);
    return account instanceof Promise ? account.then(principalOf) : principalOf(account);
  };
}

function principalOf({ id, scopes }: KeyedServiceAccount): ServicePrincipal {
  return { kind: 'service', accountId: id, scopes };
}

function invalidKey(): Error {
  return invalidToken('The service key is not valid.');
}
