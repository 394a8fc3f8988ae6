import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { DerivedKeys } from './master-key.ts';

const ID_BYTES = 16;
const RANDOM_BYTES = 32;
/** HMAC-SHA-256 truncated to 128 bits (RFC 2104 §5); it cannot be guessed offline. */
const MAC_BYTES = 16;
const SIGNED_BYTES = ID_BYTES + RANDOM_BYTES;
/** 64 bytes in base64url. */
const BODY = /^[A-Za-z0-9_-]{86}$/;
const UUID_PARTS = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;

/**
 * Tokens of a prefix and base64url of an id, 256 random bits and a MAC over both. The MAC refuses invented tokens without
 * a database query; those under the previous master key stay valid. Only the SHA-256 of a token is stored.
 */
export function createIdTokens(prefix: string, macKeys: DerivedKeys) {
  return {
    /** @param id a UUID */
    create(id: string): { readonly token: string; readonly hash: Uint8Array } {
      const signed = Buffer.concat([uuidToBytes(id), randomBytes(RANDOM_BYTES)]);
      const token =
        prefix + Buffer.concat([signed, mac(macKeys.current, signed)]).toString('base64url');
      return { token, hash: sha256(token) };
    },
    /** @returns null for a token that was not created with this prefix and key. */
    read(token: string): { readonly id: string; readonly hash: Uint8Array } | null {
      const body = token.slice(prefix.length);
      if (!token.startsWith(prefix) || !BODY.test(body)) return null;
      const bytes = Buffer.from(body, 'base64url');
      // The last character has four padding bits; a token with other padding bits would have another hash.
      if (bytes.toString('base64url') !== body) return null;
      const signed = bytes.subarray(0, SIGNED_BYTES);
      const tag = bytes.subarray(SIGNED_BYTES);
      if (!macKeys.accepted.some((key) => timingSafeEqual(tag, mac(key, signed)))) return null;
      return { id: bytesToUuid(signed.subarray(0, ID_BYTES)), hash: sha256(token) };
    },
  };
}

function mac(key: Uint8Array, signed: Uint8Array): Buffer {
  return createHmac('sha256', key).update(signed).digest().subarray(0, MAC_BYTES);
}

function sha256(token: string): Uint8Array {
  return new Uint8Array(hash('sha256', token, 'buffer'));
}

function uuidToBytes(uuid: string): Buffer {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  if (bytes.byteLength !== ID_BYTES) throw new Error('the id of a token is a UUID');
  return bytes;
}

function bytesToUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(UUID_PARTS, '$1-$2-$3-$4-$5');
}
