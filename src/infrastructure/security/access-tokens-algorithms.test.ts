import { createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  type JSONWebKeySet,
  jwtVerify,
  SignJWT,
} from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { createPinoLogger } from '../logging/pino-logger.ts';
import { createUuidV7Generator } from '../system/ids.ts';
import { createAccessTokens, type PreparedAccessTokens } from './access-tokens.ts';
import { createMasterKeys } from './master-key.ts';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from './signing-algorithms.ts';
import { generateSigningKey, type NewSigningKey, openPrivateKey } from './signing-key-codec.ts';
import type { StoredSigningKey } from './signing-key-store.ts';

const masterKeys = createMasterKeys(randomBytes(32));
const encryptionKeys = masterKeys.derive('signing-key-encryption');
const issuer = 'https://users.example';
const audience = 'user-service';
const now = Math.floor(Date.UTC(2026, 0, 1) / 1_000);
const grant = {
  userId: '01990000-0000-7000-8000-0000000000a1',
  sessionId: '01990000-0000-7000-8000-0000000000b2',
  authenticatedAt: 0,
  expiresInSeconds: 600,
};
const TOKENS = 25;

interface Setting {
  readonly tokens: PreparedAccessTokens;
  readonly row: StoredSigningKey;
  readonly privateKey: KeyObject;
}

/** A service that signs with one algorithm; the other two keys are there for verification. */
async function createSetting(
  algorithm: SigningAlgorithm,
  all: ReadonlyMap<SigningAlgorithm, StoredSigningKey>,
): Promise<Setting> {
  const rows = [...all.values()].map((row) => ({
    ...row,
    status: row.algorithm === algorithm ? ('signing' as const) : ('verifying' as const),
  }));
  const tokens = createAccessTokens({
    keys: { list: async () => rows, insertSigning: async () => false },
    masterKeys,
    ...{ algorithm, issuer, audience: [audience] },
    clientId: 'first-party',
    clock: { now: () => new Date(now * 1_000) },
    ids: createUuidV7Generator(),
    logger: createPinoLogger({ level: 'warn', format: 'json', destination: { write: () => {} } }),
  });
  const row = rows.find(({ status }) => status === 'signing');
  const privateKey = row === undefined ? null : openPrivateKey(encryptionKeys, row);
  if (row === undefined || privateKey === null) throw new Error('the key does not open');
  return { tokens, row, privateKey };
}

const keys = new Map<SigningAlgorithm, StoredSigningKey>();
const foreignKeys = {} as Record<SigningAlgorithm, NewSigningKey>;
beforeAll(async () => {
  for (const algorithm of SIGNING_ALGORITHMS) {
    const key = await generateSigningKey(algorithm, encryptionKeys.current);
    keys.set(algorithm, { ...key, status: 'verifying', createdAt: new Date(0) });
    foreignKeys[algorithm] = await generateSigningKey(algorithm, encryptionKeys.current);
  }
}, 60_000);

describe.each(SIGNING_ALGORITHMS)('access tokens with %s', (algorithm) => {
  let setting: Setting;
  beforeAll(async () => {
    setting = await createSetting(algorithm, keys);
  });

  const options = { issuer, audience, typ: 'at+jwt', currentDate: new Date(now * 1_000) };

  function signByJose(header: object = {}, claims: object = {}, key = setting.privateKey) {
    return new SignJWT({ sid: grant.sessionId, client_id: 'other', ...claims })
      .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid: setting.row.kid, ...header })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(grant.userId)
      .setJti('token')
      .setIssuedAt(now)
      .setExpirationTime(now + 600)
      .sign(key);
  }

  test('are accepted by jose with the published key set, which names the algorithm', async () => {
    const { keys: published } = await setting.tokens.publicKeys();
    const keySet = createLocalJWKSet({ keys: published } as JSONWebKeySet);
    for (let count = 0; count < TOKENS; count += 1) {
      const token = await setting.tokens.issue(grant);
      const { protectedHeader } = await jwtVerify(token, keySet, {
        ...options,
        algorithms: [algorithm],
      });
      expect(protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid: setting.row.kid });
      expect(await setting.tokens.verify(token)).not.toBeNull();
    }
    expect(published).toContainEqual(
      expect.objectContaining({ alg: algorithm, use: 'sig', kid: setting.row.kid }),
    );
  });

  test('have a key id that is the thumbprint of RFC 7638 as jose computes it', async () => {
    const thumbprint = await calculateJwkThumbprint(setting.row.publicJwk, 'sha256');
    expect(setting.row.kid).toBe(thumbprint.replace(/^[-_]+/, '').slice(0, 22));
  });

  test('that jose signs with the same key are accepted', async () => {
    for (let count = 0; count < TOKENS; count += 1) {
      const claims = { jti: randomBytes(count).toString('hex') };
      expect(await setting.tokens.verify(await signByJose({}, claims))).not.toBeNull();
    }
  });

  test('are refused with another algorithm in the header, whichever key signed', async () => {
    const token = await setting.tokens.issue(grant);
    const [, payload = '', signature = ''] = token.split('.');
    for (const alg of ['none', 'HS256', 'ES384', 'RS512', 'PS256', ...SIGNING_ALGORITHMS]) {
      if (alg === algorithm) continue;
      const header = Buffer.from(
        JSON.stringify({ alg, typ: 'at+jwt', kid: setting.row.kid }),
      ).toString('base64url');
      const data = Buffer.from(`${header}.${payload}`);
      const signed =
        algorithm === 'EdDSA'
          ? sign(null, data, setting.privateKey)
          : sign('sha256', data, { key: setting.privateKey, dsaEncoding: 'ieee-p1363' });
      for (const last of [signature, signed.toString('base64url'), '']) {
        expect(await setting.tokens.verify(`${header}.${payload}.${last}`), alg).toBeNull();
      }
    }
  });

  test('are refused under the id of a key of another algorithm', async () => {
    for (const { kid } of keys.values()) {
      const verdict = await setting.tokens.verify(await signByJose({ kid }));
      expect(verdict !== null).toBe(kid === setting.row.kid);
    }
  });

  test('are refused from a foreign key of the same algorithm, and with any changed part', async () => {
    const foreign = openPrivateKey(encryptionKeys, foreignKeys[algorithm]);
    if (foreign === null) throw new Error('the key does not open');
    expect(await setting.tokens.verify(await signByJose({}, {}, foreign))).toBeNull();
    const token = await setting.tokens.issue(grant);
    for (let at = 0; at < token.length; at += 31) {
      const changed = token[at] === 'A' ? 'B' : 'A';
      const bad = token.slice(0, at) + changed + token.slice(at + 1);
      expect(await setting.tokens.verify(bad), String(at)).toBeNull();
    }
  });

  test('whose stored key is of another algorithm than its column says are not verified', async () => {
    const other = SIGNING_ALGORITHMS.find((name) => name !== algorithm) ?? 'EdDSA';
    const mislabelled = new Map(keys).set(other, {
      ...setting.row,
      kid: 'mislabelled',
      algorithm: other,
    });
    const { tokens } = await createSetting(algorithm, mislabelled);
    expect(await tokens.verify(await signByJose({ kid: 'mislabelled' }))).toBeNull();
    const { keys: published } = await tokens.publicKeys();
    expect(published.map(({ kid }) => kid)).not.toContain('mislabelled');
  });

  test('are signed with a key of at least 128 bits of security', () => {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(setting.privateKey);
    expect({ asymmetricKeyType, ...asymmetricKeyDetails }).toMatchObject(
      {
        EdDSA: { asymmetricKeyType: 'ed25519' },
        ES256: { asymmetricKeyType: 'ec', namedCurve: 'prime256v1' },
        RS256: { asymmetricKeyType: 'rsa', modulusLength: 3_072, publicExponent: 65_537n },
      }[algorithm],
    );
  });
});
