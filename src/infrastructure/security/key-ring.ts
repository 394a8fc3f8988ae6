import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Clock, Logger } from '../../domain/ports.ts';
import { withFallback } from '../../lib/deadline.ts';
import type { DerivedKeys } from './master-key.ts';
import type { SigningAlgorithm } from './signing-algorithms.ts';
import {
  generateSigningKey,
  openPrivateKey,
  type PublicJwk,
  readPublicKey,
  type VerificationKey,
} from './signing-key-codec.ts';
import type { SigningKeySource, StoredSigningKey } from './signing-key-store.ts';

/** The key that signs now. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
}

/**
 * This instance's copy of the signing keys that all instances share. States: empty until the first load succeeds
 * (`prepare`), then loaded. A refresh replaces the whole ring or, when it fails, leaves it unchanged.
 * `models/signing-key-rotation.pml` is the protocol.
 */
export interface KeyRing {
  /**
   * Loads the keys, or creates the first one.
   * @throws WrongMasterKey, and the errors of the key store.
   */
  prepare(): Promise<void>;
  /** Never from a ring older than `RING_MAX_AGE_MS`: the key may have been retired. @throws the errors of the key store. */
  signingKey(): Promise<SigningKey>;
  /** The public key with this id. An unknown id reloads the keys from the store, at most once every 5 s. */
  publicKey(kid: string): Promise<VerificationKey | null>;
  /** Without the store these are the last known keys, and not current when they are older than `RING_MAX_AGE_MS`. */
  publicJwks(): Promise<{ readonly jwks: readonly PublicJwk[]; readonly isCurrent: boolean }>;
  /** Loads the keys from the store as they are after this call. @throws the errors of the key store. */
  refresh(): Promise<void>;
}

export interface KeyRingDeps {
  readonly keys: SigningKeySource;
  /** Encrypt the private keys. */
  readonly encryptionKeys: DerivedKeys;
  /** Of the first key, if this instance makes it. */
  readonly algorithm: SigningAlgorithm;
  /** Called when a key has left the store: what was verified with it does not count any more. */
  onRemoved?(): void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The stored signing key was encrypted under another master key. */
class WrongMasterKey extends Error {
  override readonly name = 'WrongMasterKey';

  constructor(kid: string) {
    super(
      `security.master_key does not open the stored signing key ${kid}: it is not the master key that this database was set up with. To change the master key, give the old one as security.master_key_previous. If it is lost for good, stop all instances and run \`user-service keys reset\`.`,
    );
  }
}

/** Age at which the next use reloads the keys in the background. */
export const REFRESH_AFTER_MS = 10_000;
/**
 * Oldest ring that signs, and that is published as current. A next key is published on every instance after this time,
 * and a retired one signs nowhere.
 */
export const RING_MAX_AGE_MS = 60_000;
/** How long a reader of the key set waits for the store, before it gets the last known keys. */
const PUBLISH_DEADLINE_MS = 1_000;
/** Shortest time between two reloads for an unknown key id, which any caller can invent. */
const UNKNOWN_KID_INTERVAL_MS = 5_000;
/** The first read finds no key, the second finds the one that this or a faster instance stored; more is a defect. */
const MAX_FIRST_KEY_ATTEMPTS = 3;

interface Ring {
  readonly signing: SigningKey;
  readonly publicKeys: ReadonlyMap<string, VerificationKey>;
}

/** Creates an empty ring; the store is read at the first use. */
export function createKeyRing(deps: KeyRingDeps): KeyRing {
  const { clock, logger } = deps;
  let ring: Ring | undefined;
  let attemptedAtMs = Number.NEGATIVE_INFINITY;
  let loadedAtMs = Number.NEGATIVE_INFINITY;
  let unknownKidAtMs = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let loading: Promise<Ring> | undefined;

  function load(): Promise<Ring> {
    loading ??= loadOnce().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  async function loadOnce(): Promise<Ring> {
    const startedAtMs = clock.now().getTime();
    attemptedAtMs = startedAtMs;
    try {
      const former = ring;
      ring = await readRing(deps, former?.signing);
      loadedAtMs = startedAtMs;
      failure = undefined;
      const { publicKeys } = ring;
      if (former !== undefined && [...former.publicKeys.keys()].some((kid) => !publicKeys.has(kid)))
        deps.onRemoved?.();
      return ring;
    } catch (error) {
      failure = error;
      throw error;
    }
  }

  /** Returns a loaded ring at once; an old one is refreshed in the background. */
  async function current(): Promise<Ring> {
    if (ring === undefined) return load();
    if (ageMs(attemptedAtMs) >= REFRESH_AFTER_MS) {
      load().catch((error: unknown) => {
        logger.warn('could not refresh the signing keys', { error });
      });
    }
    return ring;
  }

  /** A ring that is young enough to sign. */
  async function young(): Promise<Ring> {
    const known = await current();
    return ageMs(loadedAtMs) < RING_MAX_AGE_MS ? known : load();
  }

  /** Time since `sinceMs`. A clock that was set back counts as old, so that no caller waits for it. */
  function ageMs(sinceMs: number): number {
    const age = clock.now().getTime() - sinceMs;
    return age < 0 ? Number.POSITIVE_INFINITY : age;
  }

  return {
    prepare: async () => void (await load()),
    signingKey: async () => (await young()).signing,
    async publicKey(kid) {
      const known = (await current()).publicKeys.get(kid);
      if (known !== undefined) return known;
      const loaded = (await loading)?.publicKeys.get(kid);
      if (loaded !== undefined) return loaded;
      if (ageMs(unknownKidAtMs) < UNKNOWN_KID_INTERVAL_MS) {
        // Without the store, an unknown key may be a new one from another instance: the caller gets the failure.
        if (failure !== undefined) throw failure;
        return null;
      }
      unknownKidAtMs = clock.now().getTime();
      return (await load()).publicKeys.get(kid) ?? null;
    },
    async publicJwks() {
      // Verifiers that start while the database is away still need the keys.
      const known = (): Ring | Promise<Ring> => ring ?? load();
      const { publicKeys } = await withFallback(PUBLISH_DEADLINE_MS, young, known).catch(known);
      const isCurrent = ageMs(loadedAtMs) < RING_MAX_AGE_MS;
      return { jwks: [...publicKeys.values()].map(({ jwk }) => jwk), isCurrent };
    },
    async refresh() {
      // A load that runs may have read the table before the change of the caller.
      await loading?.catch(() => undefined);
      await load();
    },
  };
}

async function readRing(deps: KeyRingDeps, known: SigningKey | undefined): Promise<Ring> {
  for (let attempt = 0; attempt < MAX_FIRST_KEY_ATTEMPTS; attempt += 1) {
    const stored = await deps.keys.list();
    const signing = stored.find((key) => key.status === 'signing');
    if (signing !== undefined) return buildRing(deps, stored, signing, known);
    // Not inserted when another instance was faster: the next read finds its key.
    const first = await generateSigningKey(deps.algorithm, deps.encryptionKeys.current);
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
  const publicKeys = new Map<string, VerificationKey>();
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
  return { signing: { kid: signing.kid, algorithm: published.algorithm, privateKey }, publicKeys };
}
