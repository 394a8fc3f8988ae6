import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { createMasterKeys } from './master-key.ts';
import { sealBytes } from './sealing.ts';
import { createWebhookSecretSeals, createWebhookSecrets } from './webhook-secrets.ts';

const ENDPOINT = '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e5f';
const SECRET = '0198c0de-4b6c-7d8e-9fa0-1b2c3d4e5f60';
const message = { id: 'msg_1', timestamp: Math.floor(Date.now() / 1_000), body: '{"a":1}' };
const masterKey = randomBytes(32);

function storedBy(secrets: ReturnType<typeof createWebhookSecrets>, scheme: 'v1' | 'v1a') {
  const { stored, secret } = secrets.create(ENDPOINT, SECRET, scheme);
  return { secret, stored, sealed: { id: SECRET, scheme, sealed: stored.sealedSecret } };
}

describe('secrets of webhook endpoints', () => {
  test('the published vector of Standard Webhooks has its signature', () => {
    const keys = createMasterKeys(masterKey);
    const plain = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
    const { current } = keys.derive('webhook-secret-encryption');
    const sealed = sealBytes(current, plain, `webhook-secret ${ENDPOINT} ${SECRET}`);
    const signature = createWebhookSecrets(keys).sign(
      {
        id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        timestamp: 1_614_265_330,
        body: '{"test": 2432232314}',
      },
      ENDPOINT,
      [{ id: SECRET, scheme: 'v1', sealed }],
    );
    expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  test('during a rotation each secret verifies the request', () => {
    const secrets = createWebhookSecrets(createMasterKeys(masterKey));
    const made = [SECRET, '0198c0de-5c7d-7e9f-a0b1-2c3d4e5f6071'].map((id) => {
      const { stored, secret } = secrets.create(ENDPOINT, id, 'v1');
      return { secret, sealed: { id, scheme: 'v1' as const, sealed: stored.sealedSecret } };
    });
    const signed = made.map(({ sealed }) => sealed);
    const signature = secrets.sign(message, ENDPOINT, signed) ?? '';
    expect(signature.split(' ')).toHaveLength(2);
    const headers = {
      'webhook-id': message.id,
      'webhook-timestamp': String(message.timestamp),
      'webhook-signature': signature,
    };
    for (const { secret } of made) {
      expect(new Webhook(secret ?? '').verify(message.body, headers)).toEqual({ a: 1 });
    }
    const other = `whsec_${randomBytes(32).toString('base64')}`;
    expect(() => new Webhook(other).verify(message.body, headers)).toThrow();
  });

  test('v1a is Ed25519 under the public key, and no secret is shown', () => {
    const secrets = createWebhookSecrets(createMasterKeys(masterKey));
    const { secret, stored, sealed } = storedBy(secrets, 'v1a');
    expect(secret).toBeNull();
    expect(stored.publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    const [scheme, signature = ''] = (secrets.sign(message, ENDPOINT, [sealed]) ?? '').split(',');
    const x = Buffer.from(stored.publicKey?.slice(5) ?? '', 'base64').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const content = Buffer.from(`${message.id}.${message.timestamp}.${message.body}`);
    expect(scheme).toBe('v1a');
    expect(verify(null, content, key, Buffer.from(signature, 'base64'))).toBe(true);
  });

  test('a secret is bound to its endpoint, and to the master key', () => {
    const secrets = createWebhookSecrets(createMasterKeys(masterKey));
    const { sealed } = storedBy(secrets, 'v1');
    expect(secrets.sign(message, SECRET, [sealed])).toBeNull();
    const others = createWebhookSecrets(createMasterKeys(randomBytes(32)));
    expect(others.sign(message, ENDPOINT, [sealed])).toBeNull();
  });

  test('under a new master key a secret is sealed again, and signs as before', async () => {
    const { sealed } = storedBy(createWebhookSecrets(createMasterKeys(masterKey)), 'v1');
    const next = randomBytes(32);
    const both = createMasterKeys(next, masterKey);
    const before = createWebhookSecrets(both).sign(message, ENDPOINT, [sealed]);
    let row = sealed.sealed;
    const seals = createWebhookSecretSeals(
      {
        list: async () => [{ id: SECRET, endpointId: ENDPOINT, sealed: row }],
        update: async (_id, _former, after) => {
          row = after;
          return true;
        },
      },
      both,
    );
    expect(await seals.countOthers()).toBe(1);
    expect(await seals.reseal()).toBe(1);
    expect(await seals.reseal()).toBe(0);
    expect(await seals.countOthers()).toBe(0);
    const alone = createWebhookSecrets(createMasterKeys(next));
    expect(alone.sign(message, ENDPOINT, [{ ...sealed, sealed: row }])).toBe(before);
  });
});
