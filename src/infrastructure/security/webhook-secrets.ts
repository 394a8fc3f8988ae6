import {
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign as signBytes,
} from 'node:crypto';
import type { SealedWebhookSecret, WebhookSigner } from '../../domain/webhook/webhook-delivery.ts';
import type {
  SignatureScheme,
  WebhookSecretSeals,
  WebhookSecrets,
} from '../../domain/webhook/webhook-endpoint.ts';
import type { SealedSecretStore } from '../database/postgres/webhook-endpoints.ts';
import type { MasterKeys } from './master-key.ts';
import { openBytes, openWithAny, sealBytes } from './sealing.ts';

/** 256 bits; Standard Webhooks allows 192 to 512. */
const SECRET_BYTES = 32;
const SECRET_PREFIX = 'whsec_';
const PUBLIC_KEY_PREFIX = 'whpk_';

/**
 * Secrets of webhook endpoints, and signatures by Standard Webhooks: `v1` is HMAC-SHA256, `v1a` is Ed25519. A stored
 * secret is sealed with the master key and bound to its endpoint.
 */
export function createWebhookSecrets(masterKeys: MasterKeys): WebhookSecrets & WebhookSigner {
  const keys = masterKeys.derive('webhook-secret-encryption');
  return {
    create(endpointId, secretId, scheme) {
      const { plain, secret, publicKey } = scheme === 'v1' ? createShared() : createKeyPair();
      const sealedSecret = sealBytes(keys.current, plain, contextOf(endpointId, secretId));
      plain.fill(0);
      return { stored: { id: secretId, scheme, sealedSecret, publicKey }, secret };
    },
    sign({ id, timestamp, body }, endpointId, secrets) {
      const content = Buffer.from(`${id}.${timestamp}.${body}`);
      const signatures = secrets.flatMap((secret) => {
        const plain = openWithAny(keys, secret.sealed, contextOf(endpointId, secret.id));
        if (plain === null) return [];
        const signature = signWith(secret.scheme, plain, content);
        plain.fill(0);
        return [`${secret.scheme},${signature}`];
      });
      return signatures.length === 0 ? null : signatures.join(' ');
    },
  };
}

export function createWebhookSecretSeals(
  store: SealedSecretStore,
  masterKeys: MasterKeys,
): WebhookSecretSeals {
  const keys = masterKeys.derive('webhook-secret-encryption');
  const isCurrent = ({ id, endpointId, sealed }: Omit<SealedWebhookSecret, 'scheme'> & Owner) => {
    const plain = openBytes(keys.current, sealed, contextOf(endpointId, id));
    plain?.fill(0);
    return plain !== null;
  };
  return {
    async reseal() {
      // Without a previous master key there is nothing to move, and no query is needed.
      if (keys.accepted.length === 1) return 0;
      let moved = 0;
      for (const stored of await store.list()) {
        if (isCurrent(stored)) continue;
        const context = contextOf(stored.endpointId, stored.id);
        const plain = openWithAny(keys, stored.sealed, context);
        if (plain === null) continue;
        const sealed = sealBytes(keys.current, plain, context);
        plain.fill(0);
        if (await store.update(stored.id, stored.sealed, sealed)) moved += 1;
      }
      return moved;
    },
    countOthers: async () => (await store.list()).filter((stored) => !isCurrent(stored)).length,
  };
}

interface Owner {
  readonly endpointId: string;
}

function createShared() {
  const plain = randomBytes(SECRET_BYTES);
  return { plain, secret: SECRET_PREFIX + plain.toString('base64'), publicKey: null };
}

function createKeyPair() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const plain = privateKey.export({ format: 'der', type: 'pkcs8' });
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const raw = Buffer.from(x, 'base64url').toString('base64');
  return { plain, secret: null, publicKey: PUBLIC_KEY_PREFIX + raw };
}

/** @param plain the shared secret, or the private key in PKCS #8 */
function signWith(scheme: SignatureScheme, plain: Uint8Array, content: Buffer): string {
  if (scheme === 'v1') return createHmac('sha256', plain).update(content).digest('base64');
  const key = createPrivateKey({ key: Buffer.from(plain), format: 'der', type: 'pkcs8' });
  return signBytes(null, content, key).toString('base64');
}

function contextOf(endpointId: string, secretId: string): string {
  return `webhook-secret ${endpointId} ${secretId}`;
}
