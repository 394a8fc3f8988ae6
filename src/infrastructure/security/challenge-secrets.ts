import { createHmac, hash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { ChallengeSecrets } from '../../domain/verification/challenge-secrets.ts';
import type { MasterKeys } from './master-key.ts';

const PREFIX = 'uct_';
const ID_BYTES = 16;
const RANDOM_BYTES = 32;
/** HMAC-SHA-256 truncated to 128 bits (RFC 2104 §5); it cannot be guessed offline. */
const MAC_BYTES = 16;
const SIGNED_BYTES = ID_BYTES + RANDOM_BYTES;
/** 64 bytes in base64url. */
const FORM = /^uct_[A-Za-z0-9_-]{86}$/;
const UUID_PARTS = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;
const CODE_DIGITS = 6;

/**
 * Link tokens are `uct_` and base64url of the challenge's id, 256 random bits and a MAC over both; stored as SHA-256. The
 * MAC refuses invented tokens without a query. A code has six digits: a plain hash of it could be searched through in a
 * second, so it is stored as an HMAC under a key of the master key, bound to its challenge. Links and codes that were
 * made under the previous master key stay valid.
 */
export function createChallengeSecrets(deps: {
  readonly masterKeys: MasterKeys;
}): ChallengeSecrets {
  const tokenKeys = deps.masterKeys.derive('challenge-token-authentication');
  const codeKeys = deps.masterKeys.derive('challenge-code-authentication');
  const counterKey = deps.masterKeys.derive('challenge-counter-names').current;

  return {
    create(challengeId) {
      const signed = Buffer.concat([uuidToBytes(challengeId), randomBytes(RANDOM_BYTES)]);
      const tag = mac(tokenKeys.current, signed);
      const token = PREFIX + Buffer.concat([signed, tag]).toString('base64url');
      const code = String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0');
      const codeHmac = hmacOfCode(codeKeys.current, challengeId, code);
      return { token, tokenHash: sha256(token), code, codeHmac };
    },
    readToken(token) {
      if (!FORM.test(token)) return null;
      const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url');
      // The last character has four padding bits; a token with other padding bits would have another hash.
      if (PREFIX + bytes.toString('base64url') !== token) return null;
      const signed = bytes.subarray(0, SIGNED_BYTES);
      const tag = bytes.subarray(SIGNED_BYTES);
      if (!tokenKeys.accepted.some((key) => timingSafeEqual(tag, mac(key, signed)))) return null;
      return { challengeId: bytesToUuid(signed.subarray(0, ID_BYTES)), hash: sha256(token) };
    },
    codeMatches(challengeId, code, codeHmac) {
      const typed = code.replaceAll(' ', '');
      return codeKeys.accepted.some((key) =>
        timingSafeEqual(hmacOfCode(key, challengeId, typed), codeHmac),
      );
    },
    addressKey: (email) => hmac(counterKey, `address:${email}`),
    guessKey: (purpose, subject) => hmac(counterKey, `guesses:${purpose}:${subject}`),
  };
}

function mac(key: Uint8Array, signed: Uint8Array): Buffer {
  return createHmac('sha256', key).update(signed).digest().subarray(0, MAC_BYTES);
}

function hmacOfCode(key: Uint8Array, challengeId: string, code: string): Uint8Array {
  return hmac(key, `${challengeId.toLowerCase()}:${code}`);
}

function hmac(key: Uint8Array, text: string): Uint8Array {
  return new Uint8Array(createHmac('sha256', key).update(text).digest());
}

function sha256(token: string): Uint8Array {
  return new Uint8Array(hash('sha256', token, 'buffer'));
}

function uuidToBytes(uuid: string): Buffer {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  if (bytes.byteLength !== ID_BYTES) throw new Error('a challenge id is a UUID');
  return bytes;
}

function bytesToUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(UUID_PARTS, '$1-$2-$3-$4-$5');
}
