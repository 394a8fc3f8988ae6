import { createHmac, hash, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { AnswerSeals } from '../../domain/idempotency/idempotent-request.ts';
import type { MasterKeys } from './master-key.ts';
import { openBytes, sealBytes } from './sealing.ts';

const KEY_BYTES = 32;
const INFO = 'user-service/idempotent-answer/1';

/** The keys of one idempotency key under one master key. */
interface Keys {
  readonly sealing: Uint8Array;
  readonly fingerprint: Uint8Array;
}

/**
 * Encrypts stored answers under keys that are derived from the master key and the caller's idempotency key (HKDF-SHA-256
 * with the caller's key as salt, RFC 5869). The database holds only the hash of the caller's key, so a dump and the
 * master key together do not open an answer, nor allow guesses at a password by its fingerprint.
 */
export function createAnswerSeals(deps: { readonly masterKeys: MasterKeys }): AnswerSeals {
  const { current, accepted } = deps.masterKeys.derive('idempotent-answers');

  return {
    create(callerId, key, content) {
      const keys = deriveKeys(current, key);
      const context = `idempotent-answer ${callerId}`;
      const fingerprintBy = (secret: Uint8Array): Uint8Array =>
        new Uint8Array(createHmac('sha256', secret).update(content).digest());
      return {
        key: { callerId, keyHash: new Uint8Array(hash('sha256', key, 'buffer')) },
        fingerprint: fingerprintBy(keys.fingerprint),
        seal: (answer) => sealBytes(keys.sealing, Buffer.from(answer), context),
        open(record) {
          // A record may be older than the current master key.
          for (const secret of accepted) {
            const { sealing, fingerprint } = deriveKeys(secret, key);
            const opened = openBytes(sealing, record.sealedAnswer, context);
            if (opened === null) continue;
            if (!timingSafeEqual(record.fingerprint, fingerprintBy(fingerprint))) return null;
            return Buffer.from(opened).toString();
          }
          return null;
        },
      };
    },
  };
}

function deriveKeys(secret: Uint8Array, key: string): Keys {
  const bytes = Buffer.from(hkdfSync('sha256', secret, key, INFO, 2 * KEY_BYTES));
  return { sealing: bytes.subarray(0, KEY_BYTES), fingerprint: bytes.subarray(KEY_BYTES) };
}
