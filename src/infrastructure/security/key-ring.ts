import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Clock, Logger } from '../../domain/ports.ts';
import type { DerivedKeys } from './master-key.ts';
import {
  generateSigningKey,
  openPrivateKey,
  type PublicJwk,
  readPublicKey,
} from './signing-key-codec.ts';
import type { SigningKeyStore, StoredSigningKey } from './signing-key-store.ts';

/** The key that signs now. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/**
 * This instance's copy of the signing keys that all instances share. States: empty until the first load succeeds
 * (`prepare`), then loaded. A refresh replaces the whole ring or, when it fails, leaves it unchanged.
 */
export interface KeyRing {
  /**
   * Loads the keys, or creates the first one.
   * @throws WrongMasterKey, and the errors of the key store.
   */
  prepare(): Promise<void>;
  signingKey(): Promise<SigningKey>;
  /** The public key with this id. An unknown id reloads the keys from the store, at most once every 5 s. */
  publicKey(kid: string): Promise<KeyObject | null>;
  publicJwks(): Promise<readonly PublicJwk[]>;
}

export interface KeyRingDeps {
  readonly keys: SigningKeyStore;
  /** Encrypt the private keys. */
  readonly encryptionKeys: DerivedKeys;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The stored signing key was encrypted under another master key. */
class WrongMasterKey extends Error {
  override readonly name = 'WrongMasterKey';

  constructor(kid: string) {
    super(
      `security.master_key does not open the stored signing key ${kid}: it is not the master key that this database was set up with. To change the master key, give the old one as security.master_key_previous.`,
    );
  }
}

/** Age at which the next use reloads the keys in the background. */
const REFRESH_AFTER_MS = 60_000;
/** Shortest time between two reloads for an unknown key id, which any caller can invent. */
const UNKNOWN_KID_INTERVAL_MS = 5_000;
/** The first read finds no key, the second finds the one that this or a faster instance stored; more is a defect. */
const MAX_FIRST_KEY_ATTEMPTS = 3;

interface Ring {
  readonly signing: SigningKey;
  readonly publicKeys: ReadonlyMap<string, { readonly key: KeyObject; readonly jwk: PublicJwk }>;
}

/** Creates an empty ring; the store is read at the first use. */
export function createKeyRing(deps: KeyRingDeps): KeyRing {
  const { clock, logger } = deps;
  let ring: Ring | undefined;
  let attemptedAtMs = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let loading: Promise<Ring> | undefined;

  function load(): Promise<Ring> {
    loading ??= loadOnce().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  async function loadOnce(): Promise<Ring> {
    attemptedAtMs = clock.now().getTime();
    try {
      ring = await readRing(deps, ring?.signing);
      failure = undefined;
      return ring;
    } catch (error) {
      failure = error;
      throw error;
    }
  }

  /** Returns a loaded ring at once; an old one is refreshed in the background. */
  async function current(): Promise<Ring> {
    if (ring === undefined) return load();
    if (ageMs() >= REFRESH_AFTER_MS) {
      load().catch((error: unknown) => {
        logger.warn('could not refresh the signing keys', { error });
      });
    }
    return ring;
  }

  /**
   * Time since the last load, failed or not. A clock that was set back counts as old, so that no caller waits for it.
   */
  function ageMs(): number {
    const age = clock.now().getTime() - attemptedAtMs;
    return age < 0 ? Number.POSITIVE_INFINITY : age;
  }

  return {
    prepare: async () => void (await load()),
    signingKey: async () => (await current()).signing,
    async publicKey(kid) {
      const known = (await current()).publicKeys.get(kid);
      if (known !== undefined) return known.key;
      if (loading === undefined && ageMs() < UNKNOWN_KID_INTERVAL_MS) {
        // Without the store, an unknown key may be a new one from another instance: the caller gets the failure.
        if (failure !== undefined) throw failure;
        return null;
      }
      return (await load()).publicKeys.get(kid)?.key ?? null;
    },
    publicJwks: async () => [...(await current()).publicKeys.values()].map(({ jwk }) => jwk),
  };
}

async function readRing(deps: KeyRingDeps, known: SigningKey | undefined): Promise<Ring> {
  for (let attempt = 0; attempt < MAX_FIRST_KEY_ATTEMPTS; attempt += 1) {
    const stored = await deps.keys.list();
    const signing = stored.find((key) => key.status === 'signing');
    if (signing !== undefined) return buildRing(deps, stored, signing, known);
    // Not inserted when another instance was faster: the next read finds its key.
    const first = generateSigningKey(deps.encryptionKeys.current);
    if (await deps.keys.insertSigning(first)) {
      deps.logger.info('created the first signing key', { kid: first.kid });
    }
  }
  throw new Error('found no signing key and could not store one');
}

function buildRing(
  deps: KeyRingDeps,
  stored: readonly StoredSigningKey[],
  signing: StoredSigningKey,
  known: SigningKey | undefined,
): Ring {
  const publicKeys = new Map<string, { key: KeyObject; jwk: PublicJwk }>();
  for (const key of stored) {
    const read = readPublicKey(key);
    if (read === null) deps.logger.error('cannot use a stored signing key', { kid: key.kid });
    else publicKeys.set(key.kid, read);
  }
  const published = publicKeys.get(signing.kid);
  const privateKey =
    known?.kid === signing.kid ? known.privateKey : openPrivateKey(deps.encryptionKeys, signing);
  if (privateKey === null) throw new WrongMasterKey(signing.kid);
  if (published === undefined || !createPublicKey(privateKey).equals(published.key)) {
    throw new Error(
      `the public and private parts of the stored signing key ${signing.kid} do not match`,
    );
  }
  return { signing: { kid: signing.kid, privateKey }, publicKeys };
}
