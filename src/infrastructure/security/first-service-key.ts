import { SCOPES } from '../../domain/access/scope.ts';
import type { Clock, IdGenerator } from '../../domain/ports.ts';
import type { ServiceAccountRepository } from '../../domain/service-account/service-account-repository.ts';
import type { ServiceKeys } from '../../domain/service-account/service-keys.ts';
import { readOrCreateSecretFile } from '../system/secret-file.ts';

interface Deps {
  readonly path: string;
  readonly accounts: ServiceAccountRepository;
  readonly keys: ServiceKeys;
  readonly ids: IdGenerator;
  readonly clock: Clock;
}

/** Name of the account that the first start creates. */
const FIRST_ACCOUNT = 'first-start';

/**
 * Creates a service account with every scope in a fresh database and writes its key to a file. The file is written
 * first: if the process is killed before the insert, the next start uses the key in the file.
 * @returns the new key, or null when an account exists already, revoked ones included.
 */
export async function createFirstServiceKey(deps: Deps): Promise<string | null> {
  if ((await deps.accounts.list()).length > 0) return null;
  const key = await readOrCreateSecretFile(deps.path, () => deps.keys.create().key);
  const hash = deps.keys.hash(key);
  if (hash === null) {
    throw new Error(`${deps.path} does not hold a service key. Remove the file and start again.`);
  }
  await deps.accounts.insert(
    {
      id: deps.ids.next(),
      name: FIRST_ACCOUNT,
      scopes: SCOPES,
      createdAt: deps.clock.now(),
      revokedAt: null,
    },
    { id: deps.ids.next(), hash, ttlMs: null },
  );
  return key;
}
