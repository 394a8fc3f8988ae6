import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKeyInput,
  type KeyObject,
} from 'node:crypto';
import type { DerivedKeys } from './master-key.ts';
import { openWithAny, sealBytes } from './sealing.ts';
import {
  ALGORITHM_SPECS,
  type AlgorithmSpec,
  findAlgorithm,
  type SigningAlgorithm,
} from './signing-algorithms.ts';
import type { StoredSigningKey } from './signing-key-store.ts';

/** The published form of a public key (RFC 7517): its public members, `kid`, `alg` and `use`, and no other. */
export type PublicJwk = Readonly<Record<string, string>>;

/** A public key with the only algorithm that it verifies. */
export interface VerificationKey {
  readonly algorithm: SigningAlgorithm;
  readonly key: KeyObject;
  readonly jwk: PublicJwk;
}

export type NewSigningKey = Pick<
  StoredSigningKey,
  'kid' | 'algorithm' | 'publicJwk' | 'encryptedPrivateKey'
>;

/** 132 bits of a thumbprint; a whole thumbprint would look like key material in logs. */
const KID_LENGTH = 22;
/** Key ids are used as map keys and column values only: no path, no query, no white space. */
const KID_FORM = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Creates a key pair. Its id is the start of its thumbprint (RFC 7638); the private key is encrypted and bound to that
 * id. The search for primes of an RSA key takes up to a second, on a thread of the pool.
 */
export async function generateSigningKey(
  algorithm: SigningAlgorithm,
  encryptionKey: Uint8Array,
): Promise<NewSigningKey> {
  const spec = ALGORITHM_SPECS[algorithm];
  const { publicKey, privateKey } = await generatePair(spec);
  const members = readMembers(spec, publicKey.export({ format: 'jwk' }));
  if (members === null) throw new Error(`a new ${algorithm} key has another form`);
  // An id that begins with a dash would be an option of a command.
  const kid = thumbprint(members)
    .replace(/^[-_]+/, '')
    .slice(0, KID_LENGTH);
  const encoded = privateKey.export({ format: 'der', type: 'pkcs8' });
  const encryptedPrivateKey = sealBytes(encryptionKey, encoded, kid);
  encoded.fill(0);
  return { kid, algorithm, publicJwk: publish(members, kid, algorithm), encryptedPrivateKey };
}

function generatePair(spec: AlgorithmSpec) {
  return new Promise<{ publicKey: KeyObject; privateKey: KeyObject }>((resolve, reject) => {
    // Each overload of `generateKeyPair` takes one literal type.
    generateKeyPair(spec.keyType as 'ed25519', spec.keyOptions, (error, publicKey, privateKey) =>
      error === null ? resolve({ publicKey, privateKey }) : reject(error),
    );
  });
}

/** The required members of a public JWK. @returns null when one is missing or has another form. */
function readMembers(
  spec: AlgorithmSpec,
  jwk: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> | null {
  const members: Record<string, string> = { ...spec.jwk };
  if (Object.entries(spec.jwk).some(([name, value]) => jwk[name] !== value)) return null;
  for (const [name, form] of Object.entries(spec.jwkForms)) {
    const value = jwk[name];
    if (typeof value !== 'string' || !form.test(value)) return null;
    members[name] = value;
  }
  return members;
}

function publish(
  members: Readonly<Record<string, string>>,
  kid: string,
  algorithm: SigningAlgorithm,
): PublicJwk {
  return { ...members, kid, alg: algorithm, use: 'sig' };
}

/** SHA-256 over the required members in the order of their names, in base64url (RFC 7638 §3, RFC 8037 §2). */
function thumbprint(members: Readonly<Record<string, string>>): string {
  const sorted = Object.fromEntries(
    Object.entries(members).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url');
}

/** Decrypts a stored private key. @returns null when no accepted key opens it or any stored bit differs. */
export function openPrivateKey(
  keys: DerivedKeys,
  stored: Pick<StoredSigningKey, 'kid' | 'encryptedPrivateKey'>,
): KeyObject | null {
  const encoded = openWithAny(keys, stored.encryptedPrivateKey, stored.kid);
  if (encoded === null) return null;
  const privateKey = createPrivateKey({ key: Buffer.from(encoded), format: 'der', type: 'pkcs8' });
  encoded.fill(0);
  return privateKey;
}

/**
 * Reads a stored public key. The stored algorithm is the only one that the key verifies (RFC 8725 §3.1).
 * @returns null when the algorithm is unknown or the key is not one of it.
 */
export function readPublicKey(
  stored: Pick<StoredSigningKey, 'kid' | 'algorithm' | 'publicJwk'>,
): VerificationKey | null {
  const algorithm = findAlgorithm(stored.algorithm);
  if (algorithm === undefined || !KID_FORM.test(stored.kid)) return null;
  const members = readMembers(ALGORITHM_SPECS[algorithm], stored.publicJwk);
  if (members === null) return null;
  try {
    const key = createPublicKey({ key: members, format: 'jwk' } as JsonWebKeyInput);
    return { algorithm, key, jwk: publish(members, stored.kid, algorithm) };
  } catch {
    return null;
  }
}
