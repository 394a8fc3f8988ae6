import { createHmac } from 'node:crypto';
import type { AccountKeys } from '../../domain/lockout/sign-in-failures.ts';

/** Names accounts by HMAC-SHA-256: without the key, no address can be tried against the stored names. */
export function createAccountKeys(key: Uint8Array): AccountKeys {
  const nameOf = (text: string): Uint8Array =>
    new Uint8Array(createHmac('sha256', key).update(text).digest());
  return {
    ofEmail: (email) => nameOf(`email:${email}`),
    ofUser: (userId) => nameOf(`user:${userId}`),
  };
}
