import type {
  SealingMasterKey,
  SigningKeyState,
  SigningKeys,
} from '../../domain/signing-key/signing-keys.ts';
import type { DerivedKeys } from './master-key.ts';
import { openBytes, openWithAny, sealBytes } from './sealing.ts';
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
        masterKey: masterKeyOf(encryptionKeys, key),
      }));
    },
    async publishNext(minAgeMs) {
      const key = await generateSigningKey(algorithm, encryptionKeys.current);
      return (await store.insertNext(key, minAgeMs)) ? key.kid : null;
    },
    activateNext: (publishedMs) => store.activateNext(publishedMs),
    deleteRetired: (retiredMs) => store.deleteRetired(retiredMs),
    delete: (kid) => store.delete(kid),
    async reseal() {
      // Without a previous master key there is nothing to move, and no query is needed.
      if (encryptionKeys.accepted.length === 1) return 0;
      let moved = 0;
      for (const key of await store.list()) {
        const { kid, encryptedPrivateKey: former } = key;
        if (isOpenedBy(encryptionKeys.current, key)) continue;
        const encoded = openWithAny(encryptionKeys, former, kid);
        if (encoded === null) continue;
        const sealed = sealBytes(encryptionKeys.current, encoded, kid);
        encoded.fill(0);
        if (await store.updateSealed(kid, former, sealed)) moved += 1;
      }
      return moved;
    },
    refresh: () => deps.refresh(),
  };
}

function masterKeyOf(keys: DerivedKeys, stored: TimedSigningKey): SealingMasterKey {
  if (isOpenedBy(keys.current, stored)) return 'current';
  return keys.accepted.some((key) => isOpenedBy(key, stored)) ? 'previous' : 'unknown';
}

function isOpenedBy(key: Uint8Array, stored: TimedSigningKey): boolean {
  const encoded = openBytes(key, stored.encryptedPrivateKey, stored.kid);
  encoded?.fill(0);
  return encoded !== null;
}

/** An older build knows two states: to it, the next key is one that verifies. */
export function stateOf({ status, publishedAt, activatedAt }: TimedSigningKey): SigningKeyState {
  if (status === 'signing') return 'signing';
  return publishedAt !== null && activatedAt === null ? 'next' : 'verifying';
}
