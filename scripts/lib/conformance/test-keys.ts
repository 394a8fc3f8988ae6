import {
  checkPrimeSync,
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';

/**
 * Keys for conformance vectors. They are computed from their names, so anyone can have them: no service may use them, and
 * no private key is stored.
 */
export interface TestKey {
  readonly privateKey: KeyObject;
  /** The public members. */
  readonly jwk: Readonly<Record<string, string>>;
}

const RSA_BITS = 2_048;
/** Of an Ed25519 private key in PKCS #8 (RFC 8410 §7), before its 32 bytes. */
const ED25519_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export function ed25519Key(name: string): TestKey {
  const der = Buffer.concat([ED25519_PREFIX, bytesOf(name, 32)]);
  return testKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

export function p256Key(name: string): TestKey {
  const ecdh = createECDH('prime256v1');
  // The first byte is smaller than that of the order of the curve.
  const d = Buffer.concat([Buffer.of(0x7f), bytesOf(name, 31)]);
  ecdh.setPrivateKey(d);
  const point = ecdh.getPublicKey();
  const key: JsonWebKey = {
    ...{ kty: 'EC', crv: 'P-256', d: encode(d) },
    ...{ x: encode(point.subarray(1, 33)), y: encode(point.subarray(33)) },
  };
  return testKey(createPrivateKey({ key, format: 'jwk' }));
}

export function rsaKey(name: string): TestKey {
  const e = 65_537n;
  const p = primeOf(`${name} p`, e);
  const q = primeOf(`${name} q`, e);
  const d = inverse(e, (p - 1n) * (q - 1n));
  const key: JsonWebKey = {
    ...{
      kty: 'RSA',
      n: integer(p * q),
      e: integer(e),
      d: integer(d),
      p: integer(p),
      q: integer(q),
    },
    ...{ dp: integer(d % (p - 1n)), dq: integer(d % (q - 1n)), qi: integer(inverse(q, p)) },
  };
  return testKey(createPrivateKey({ key, format: 'jwk' }));
}

function testKey(privateKey: KeyObject): TestKey {
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' }) as Record<string, string>;
  return { privateKey, jwk };
}

/** Bytes that depend on the name alone. */
function bytesOf(name: string, length: number): Buffer {
  const hash = createHash('shake256', { outputLength: length });
  return hash.update(`user-service conformance test key: ${name}`).digest();
}

/** The first prime at or above the number of the name, with its two highest bits set, so that a product has all bits. */
function primeOf(name: string, e: bigint): bigint {
  const bytes = bytesOf(name, RSA_BITS / 16);
  bytes[0] = (bytes[0] ?? 0) | 0xc0;
  let candidate = BigInt(`0x${bytes.toString('hex')}`) | 1n;
  while (!checkPrimeSync(candidate) || (candidate - 1n) % e === 0n) candidate += 2n;
  return candidate;
}

/** The inverse by the extended Euclidean algorithm. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [r, nextR, t, nextT] = [modulus, value % modulus, 0n, 1n];
  while (nextR !== 0n) {
    const quotient = r / nextR;
    [r, nextR] = [nextR, r - quotient * nextR];
    [t, nextT] = [nextT, t - quotient * nextT];
  }
  return ((t % modulus) + modulus) % modulus;
}

function integer(value: bigint): string {
  const hex = value.toString(16);
  return encode(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
