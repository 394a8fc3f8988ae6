import { createHash, randomBytes } from 'node:crypto';
import type { ServiceKeys } from '../../domain/service-account/service-keys.ts';

const PREFIX = 'usk_';
/** 256 random bits in base64url. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const FORM = /^usk_[A-Za-z0-9_-]{49}$/;

/**
 * Service keys: `usk_`, 256 random bits and a checksum. The checksum rejects a mistyped or truncated key without a
 * database query, and lets a secret scanner tell a key from similar text. With 256 random bits, storing one fast hash
 * is enough (ASVS 7.2.3).
 */
export function createServiceKeys(): ServiceKeys {
  return {
    create() {
      const body = PREFIX + randomBytes(32).toString('base64url');
      const key = body + checksum(body);
      return { key, hash: sha256(key) };
    },
    hash(key) {
      if (!FORM.test(key)) return null;
      const body = key.slice(0, PREFIX.length + SECRET_LENGTH);
      return checksum(body) === key.slice(body.length) ? sha256(key) : null;
    },
  };
}

function checksum(body: string): string {
  const digest = createHash('sha256').update(`checksum:${body}`).digest('base64url');
  return digest.slice(0, CHECKSUM_LENGTH);
}

function sha256(key: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(key).digest());
}
