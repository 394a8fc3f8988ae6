import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RefreshTokens } from '../../domain/session/refresh-tokens.ts';
import type { MasterKeys } from './master-key.ts';
import { openBytes, sealBytes } from './sealing.ts';

const PREFIX = 'urt_';
const SESSION_BYTES = 16;
const RANDOM_BYTES = 32;
/** HMAC-SHA-256 truncated to 128 bits (RFC 2104 §5); it cannot be guessed offline. */
const MAC_BYTES = 16;
const SIGNED_BYTES = SESSION_BYTES + RANDOM_BYTES;
/** 64 bytes in base64url. */
const FORM = /^urt_[A-Za-z0-9_-]{86}$/;
const UUID_PARTS = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;
const SEAL_CONTEXT = 'successor';
/** HKDF without a salt uses as many zeros as the hash has bytes (RFC 5869 §2.2). */
const NO_SALT = Buffer.alloc(32);
/** The purpose, and the number of the only block that 32 bytes need (RFC 5869 §2.3). */
const SEALING_KEY_INFO = Buffer.from('user-service/refresh-successor/1\x01');

/**
 * Refresh tokens: `urt_` and base64url of the session id, 256 random bits and a MAC over both. The MAC rejects invented
 * tokens without a database query, and authenticates the session id of a reused token that is no longer stored. Tokens
 * that were made under the previous master key stay valid; each refresh returns one under the current key.
 */
export function createRefreshTokens(deps: { readonly masterKeys: MasterKeys }): RefreshTokens {
  const macKeys = deps.masterKeys.derive('refresh-token-authentication');

  return {
    create(sessionId) {
      const signed = Buffer.concat([uuidToBytes(sessionId), randomBytes(RANDOM_BYTES)]);
      const tag = mac(macKeys.current, signed);
      const token = PREFIX + Buffer.concat([signed, tag]).toString('base64url');
      return { token, hash: sha256(token) };
    },
    read(token) {
      if (!FORM.test(token)) return null;
      const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url');
      // The last character has four padding bits; a token with other padding bits would have another hash.
      if (PREFIX + bytes.toString('base64url') !== token) return null;
      const signed = bytes.subarray(0, SIGNED_BYTES);
      const tag = bytes.subarray(SIGNED_BYTES);
      if (!macKeys.accepted.some((key) => timingSafeEqual(tag, mac(key, signed)))) return null;
      return { sessionId: bytesToUuid(signed.subarray(0, SESSION_BYTES)), hash: sha256(token) };
    },
    seal: (successor, predecessor) =>
      sealBytes(sealingKey(predecessor), Buffer.from(successor), SEAL_CONTEXT),
    open(sealed, predecessor) {
      const opened = openBytes(sealingKey(predecessor), sealed, SEAL_CONTEXT);
      return opened === null ? null : Buffer.from(opened).toString();
    },
  };
}

function mac(key: Uint8Array, signed: Uint8Array): Buffer {
  return createHmac('sha256', key).update(signed).digest().subarray(0, MAC_BYTES);
}

/**
 * HKDF-SHA-256 (RFC 5869): a token has 256 random bits, so one fast derivation is enough. Written as its two HMACs, which
 * take less than half of the time of `hkdfSync`.
 */
function sealingKey(predecessor: string): Uint8Array {
  const extracted = createHmac('sha256', NO_SALT).update(predecessor).digest();
  return createHmac('sha256', extracted).update(SEALING_KEY_INFO).digest();
}

function sha256(token: string): Uint8Array {
  return new Uint8Array(hash('sha256', token, 'buffer'));
}

function uuidToBytes(uuid: string): Buffer {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  if (bytes.byteLength !== SESSION_BYTES) throw new Error('a session id is a UUID');
  return bytes;
}

function bytesToUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(UUID_PARTS, '$1-$2-$3-$4-$5');
}
