import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { DeviceTokens } from '../../domain/lockout/sign-in-failures.ts';
import type { Clock } from '../../domain/ports.ts';
import type { DerivedKeys } from './master-key.ts';

const PREFIX = 'udt_';
const ID_BYTES = 16;
const TIME_BYTES = 6;
/** HMAC-SHA-256 truncated to 128 bits (RFC 2104 §5); it cannot be guessed offline. */
const MAC_BYTES = 16;
const SIGNED_BYTES = ID_BYTES + TIME_BYTES;
/** 38 bytes in base64url. */
const FORM = /^udt_[A-Za-z0-9_-]{51}$/;

export interface DeviceTokensDeps {
  readonly keys: DerivedKeys;
  readonly clock: Clock;
  readonly ttlMs: number;
}

/**
 * Device tokens: `udt_` and base64url of the device's id, the time of issue in milliseconds, and a MAC over both and the
 * e-mail address. They are not stored. Tokens under the previous master key stay valid.
 */
export function createDeviceTokens({ keys, clock, ttlMs }: DeviceTokensDeps): DeviceTokens {
  return {
    issue(email, deviceId) {
      const id = deviceId === null ? randomBytes(ID_BYTES) : Buffer.from(deviceId, 'base64url');
      const signed = Buffer.alloc(SIGNED_BYTES);
      id.copy(signed);
      signed.writeUIntBE(clock.now().getTime(), ID_BYTES, TIME_BYTES);
      return (
        PREFIX + Buffer.concat([signed, mac(keys.current, signed, email)]).toString('base64url')
      );
    },
    read(token, email) {
      if (!FORM.test(token)) return null;
      const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url');
      const signed = bytes.subarray(0, SIGNED_BYTES);
      const tag = bytes.subarray(SIGNED_BYTES);
      const isOurs = keys.accepted.some((key) => timingSafeEqual(mac(key, signed, email), tag));
      const issuedAtMs = signed.readUIntBE(ID_BYTES, TIME_BYTES);
      if (!isOurs || clock.now().getTime() - issuedAtMs >= ttlMs) return null;
      return signed.toString('base64url', 0, ID_BYTES);
    },
  };
}

function mac(key: Uint8Array, signed: Uint8Array, email: string): Buffer {
  return createHmac('sha256', key).update(signed).update(email).digest().subarray(0, MAC_BYTES);
}
