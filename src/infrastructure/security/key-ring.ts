import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Clock, Logger } from '../../domain/ports.ts';
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
 * The signing keys of all instances as this one knows them. States: empty until the first load succeeds (`prepare`),
 * then loaded for good: a refresh either replaces the whole ring or leaves it as it was.
 */
export interface KeyRing {
  /**
   * Loads the keys, and makes the first one where there is none.
   * @throws WrongMasterKey, and whatever the repository throws.
   */
  prepare(): Promise<void>;
  signingKey(): Promise<SigningKey>;
  /** The public key with this id; asks the repository again for an unknown one, at most once each 5 s. */
  publicKey(kid: string): Promise<KeyObject | null>;
  publicJwks(): Promise<readonly PublicJwk[]>;
}

/** What a key ring stands on. */
export interface KeyRingDeps {
  readonly keys: SigningKeyStore;
  /** 32 bytes that seal the private halves. */
  readonly encryptionKey: Uint8Array;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The stored signing key was sealed under another master key. */
class WrongMasterKey extends Error {
  override readonly name = 'WrongMasterKey';

  constructor(kid: string) {
    super(
      `security.master_key does not open the stored signing key ${kid}: it is not the master key that this database was set up with.`,
    );
  }
}

/** Age at which the keys are read again, in the background of whoever needs them. */
const REFRESH_AFTER_MS = 60_000;
/** Least time between two readings for the sake of an unknown key id, which any caller can make up. */
const UNKNOWN_KID_INTERVAL_MS = 5_000;
/** One reading finds no key, the next one finds what we or a faster instance stored; more would be a defect. */
const MAX_FIRST_KEY_ATTEMPTS = 3;

interface Ring {
  readonly signing: SigningKey;
  readonly publicKeys: ReadonlyMap<string, { readonly key: KeyObject; readonly jwk: PublicJwk }>;
}

/** Makes an empty ring; nothing is read before it is used. */
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

  /** The ring at once where there is one; an old one is refreshed behind the caller's back. */
  async function current(): Promise<Ring> {
    if (ring === undefined) return load();
    if (ageMs() >= REFRESH_AFTER_MS) {
      load().catch((error: unknown) => {
        logger.warn('the signing keys could not be refreshed', { error });
      });
    }
    return ring;
  }

  /** Since the last attempt, failed or not. A clock that was set back makes it old, so that nothing waits for it. */
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
        // Without the repository nobody can tell a foreign key from a new one of ours.
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
    // Refused where another instance was faster: the next reading finds that one's key.
    const first = await generateSigningKey(deps.encryptionKey);
    if (await deps.keys.insertSigning(first)) {
      deps.logger.info('made the first signing key', { kid: first.kid });
    }
  }
  throw new Error('no signing key was found, and none could be stored');
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
    if (read === null) deps.logger.error('a stored signing key is not usable', { kid: key.kid });
    else publicKeys.set(key.kid, read);
  }
  const published = publicKeys.get(signing.kid);
  const privateKey =
    known?.kid === signing.kid ? known.privateKey : openPrivateKey(deps.encryptionKey, signing);
  if (privateKey === null) throw new WrongMasterKey(signing.kid);
  if (published === undefined || !createPublicKey(privateKey).equals(published.key)) {
    throw new Error(`the two halves of the stored signing key ${signing.kid} do not fit`);
  }
  return { signing: { kid: signing.kid, privateKey }, publicKeys };
}
