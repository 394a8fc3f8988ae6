import type { SigningKeyState, SigningKeys } from '../../domain/signing-key/signing-keys.ts';
import type { DerivedKeys } from './master-key.ts';
import type { SigningAlgorithm } from './signing-algorithms.ts';
import { generateSigningKey } from './signing-key-codec.ts';
import type { SigningKeyStore, TimedSigningKey } from './signing-key-store.ts';

interface Deps {
  readonly store: SigningKeyStore;
  /** Of new keys. */
  readonly algorithm: SigningAlgorithm;
  readonly encryptionKeys: DerivedKeys;
  /** Loads the ring of this instance. */
  refresh(): Promise<void>;
}

export function createSigningKeys(deps: Deps): SigningKeys {
  const { store, algorithm, encryptionKeys } = deps;
  return {
    async list() {
      return (await store.list()).map((key) => ({
        kid: key.kid,
        algorithm: key.algorithm,
        state: stateOf(key),
        createdAt: key.createdAt,
        publishedAt: key.publishedAt,
        activatedAt: key.activatedAt,
        retiredAt: key.retiredAt,
        ageMs: key.ageMs,
      }));
    },
    async publishNext(minAgeMs) {
      const key = await generateSigningKey(algorithm, encryptionKeys.current);
      return (await store.insertNext(key, minAgeMs)) ? key.kid : null;
    },
    activateNext: (publishedMs) => store.activateNext(publishedMs),
    deleteRetired: (retiredMs) => store.deleteRetired(retiredMs),
    delete: (kid) => store.delete(kid),
    refresh: () => deps.refresh(),
  };
}

/** An older build knows two states: to it, the next key is one that verifies. */
export function stateOf({ status, publishedAt, activatedAt }: TimedSigningKey): SigningKeyState {
  if (status === 'signing') return 'signing';
  return publishedAt !== null && activatedAt === null ? 'next' : 'verifying';
}
