import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify, SignJWT } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { DomainError } from '../../domain/errors.ts';
import { createPinoLogger } from '../logging/pino-logger.ts';
import { createUuidV7Generator } from '../system/ids.ts';
import { createAccessTokens, type PreparedAccessTokens } from './access-tokens.ts';
import { createMasterKeys, type MasterKeys } from './master-key.ts';
import { generateSigningKey, openPrivateKey } from './signing-key-codec.ts';
import type { SigningKeySource, StoredSigningKey } from './signing-key-store.ts';

/** The table of signing keys in memory, with the database's rule that only one key signs. */
function createTable() {
  const rows: StoredSigningKey[] = [];
  const table = {
    rows,
    lists: 0,
    isDown: false,
    keys: {
      async list() {
        table.lists += 1;
        await Promise.resolve();
        if (table.isDown) throw new DomainError('unavailable', 'The database is down.');
        return [...rows];
      },
      async insertSigning(key) {
        await Promise.resolve();
        if (rows.some(({ status }) => status === 'signing')) return false;
        rows.push({ ...key, status: 'signing', createdAt: new Date(0) });
        return true;
      },
    } satisfies SigningKeySource,
  };
  return table;
}

const masterKey = randomBytes(32);
const masterKeys = createMasterKeys(masterKey);
const encryptionKeys = masterKeys.derive('signing-key-encryption');
const user = '01990000-0000-7000-8000-0000000000a1';
const session = '01990000-0000-7000-8000-0000000000b2';
const grant = {
  userId: user,
  sessionId: session,
  authenticatedAt: 1_767_225_000,
  expiresInSeconds: 600,
};
const startMs = Date.UTC(2026, 0, 1);

let table: ReturnType<typeof createTable>;
let nowMs: number;
let lines: string[];

function open(overrides: { masterKeys?: MasterKeys } = {}): PreparedAccessTokens {
  return createAccessTokens({
    keys: table.keys,
    masterKeys: overrides.masterKeys ?? masterKeys,
    algorithm: 'EdDSA',
    issuer: 'https://users.example',
    audience: ['user-service'],
    clientId: 'first-party',
    clock: { now: () => new Date(nowMs) },
    ids: createUuidV7Generator(),
    logger: createPinoLogger({
      level: 'debug',
      format: 'json',
      destination: { write: (line) => lines.push(line) },
    }),
  });
}

/** The stored private key, which no attacker has: for tokens that are invalid because of one claim only. */
function storedPrivateKey(): { kid: string; key: KeyObject } {
  const [row] = table.rows;
  const key = row && openPrivateKey(encryptionKeys, row);
  if (!row || !key) throw new Error('no stored key');
  return { kid: row.kid, key };
}

interface Forgery {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly key?: KeyObject | Uint8Array;
}

/** Signs a token that is valid except for the given parts. */
function forge({ header = {}, claims = {}, key }: Forgery): Promise<string> {
  const stored = storedPrivateKey();
  const now = nowMs / 1_000;
  const payload = {
    iss: 'https://users.example',
    aud: 'user-service',
    sub: user,
    client_id: 'first-party',
    sid: session,
    jti: 'token',
    iat: now,
    exp: now + 600,
    ...claims,
  };
  return new SignJWT(JSON.parse(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: stored.kid, ...header })
    .sign(key ?? stored.key, { crit: { b64: true, 'urn:x': true } });
}

beforeEach(() => {
  table = createTable();
  nowMs = startMs;
  lines = [];
});

describe('access tokens', () => {
  test('have exactly the documented header and claims', async () => {
    const tokens = open();
    const token = await tokens.issue(grant);
    expect(decodeProtectedHeader(token)).toEqual({
      alg: 'EdDSA',
      typ: 'at+jwt',
      kid: table.rows[0]?.kid,
    });
    expect(decodeJwt(token)).toEqual({
      iss: 'https://users.example',
      aud: 'user-service',
      sub: user,
      client_id: 'first-party',
      sid: session,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      auth_time: 1_767_225_000,
      iat: startMs / 1_000,
      exp: startMs / 1_000 + 600,
    });
    expect(await tokens.verify(token)).toEqual({
      kind: 'user',
      userId: user,
      sessionId: session,
      audience: ['user-service'],
      authenticatedAt: 1_767_225_000,
      clientId: 'first-party',
      tokenId: decodeJwt(token).jti,
      issuedAt: startMs / 1_000,
      expiresAt: startMs / 1_000 + 600,
    });
  });

  test('verify with the published keys, which have no private part', async () => {
    const tokens = open();
    const token = await tokens.issue(grant);
    const { keys } = await tokens.publicKeys();
    expect(keys).toEqual([
      {
        kty: 'OKP',
        crv: 'Ed25519',
        x: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
        kid: table.rows[0]?.kid,
        alg: 'EdDSA',
        use: 'sig',
      },
    ]);
    const key = await importJWK({ ...keys[0] }, 'EdDSA');
    await jwtVerify(token, key, { currentDate: new Date(nowMs), typ: 'at+jwt' });
  });

  test('expire at their exp plus the leeway', async () => {
    const tokens = open();
    const token = await tokens.issue(grant);
    nowMs = startMs + 659_000;
    expect(await tokens.verify(token)).not.toBeNull();
    nowMs = startMs + 660_000;
    expect(await tokens.verify(token)).toBeNull();
  });

  test.each([6, 60, 3_600])(
    'from an instance whose clock is %d s ahead are valid',
    async (ahead) => {
      const tokens = open();
      const token = await tokens.issue(grant);
      nowMs = startMs - ahead * 1_000;
      expect(await tokens.verify(token)).toMatchObject({ issuedAt: startMs / 1_000 });
    },
  );

  test.each([6, 60])(
    'from an instance whose clock is %d s behind live out their time',
    async (behind) => {
      const tokens = open();
      const token = await tokens.issue(grant);
      nowMs = startMs + behind * 1_000 + 599_000;
      expect(await tokens.verify(token)).not.toBeNull();
    },
  );

  test('from another instance on the same database are valid', async () => {
    const [one, other] = [open(), open()];
    expect(await other.verify(await one.issue(grant))).not.toBeNull();
  });
});

describe('a token is rejected', () => {
  const cases: readonly (readonly [string, Forgery])[] = [
    ['from another issuer', { claims: { iss: 'https://evil.example' } }],
    ['for another audience', { claims: { aud: 'billing' } }],
    ['that is not valid yet', { claims: { nbf: startMs / 1_000 + 61 } }],
    ['of another type', { header: { typ: 'JWT' } }],
    ['without a type', { header: { typ: undefined } }],
    ['whose subject is not a UUID', { claims: { sub: 'admin' } }],
    ['whose session is not a UUID', { claims: { sid: '../x' } }],
    ['whose session is not a string', { claims: { sid: 1 } }],
    ['whose client is not a string', { claims: { client_id: ['first-party'] } }],
    ['without an expiry', { claims: { exp: undefined } }],
    ['without a subject', { claims: { sub: undefined } }],
    ['without a session', { claims: { sid: undefined } }],
    ['without an id', { claims: { jti: undefined } }],
    ['without an issue time', { claims: { iat: undefined } }],
    ['without a key id', { header: { kid: undefined } }],
    ['whose key id is a path', { header: { kid: '../../dev/null' } }],
    ['whose key id is an object property', { header: { kid: '__proto__' } }],
    ['with a critical extension', { header: { crit: ['b64'], b64: true } }],
    ['with an unknown critical extension', { header: { crit: ['urn:x'], 'urn:x': 1 } }],
    [
      'signed by a foreign key under the stored key id',
      { key: generateKeyPairSync('ed25519').privateKey },
    ],
    ['signed with HMAC', { header: { alg: 'HS256' }, key: randomBytes(32) }],
    [
      'signed with RSA',
      {
        header: { alg: 'RS256' },
        key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
      },
    ],
  ];
  test.each(cases)('%s', async (_what, forgery) => {
    const tokens = open();
    await tokens.prepare();
    expect(await tokens.verify(await forge({}))).not.toBeNull();
    expect(await tokens.verify(await forge(forgery))).toBeNull();
  });

  test('with its own key or a link to it', async () => {
    const tokens = open();
    await tokens.prepare();
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const jwk = publicKey.export({ format: 'jwk' });
    const kid = storedPrivateKey().kid;
    for (const header of [
      { jwk },
      { jwk, kid: undefined },
      { jku: 'http://127.0.0.1:1/jwks', kid: 'evil' },
      { x5u: 'http://127.0.0.1:1/x5u', kid },
      { x5c: ['AAAA'], kid },
    ]) {
      expect(await tokens.verify(await forge({ header, key: privateKey }))).toBeNull();
    }
  });

  test('signed with HMAC and the published key', async () => {
    const tokens = open();
    await tokens.prepare();
    const [jwk] = (await tokens.publicKeys()).keys;
    for (const key of [Buffer.from(String(jwk?.x), 'base64url'), Buffer.from(String(jwk?.x))]) {
      expect(await tokens.verify(await forge({ header: { alg: 'HS256' }, key }))).toBeNull();
    }
  });

  test('without a signature, changed, or malformed', async () => {
    const tokens = open();
    const token = await tokens.issue(grant);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    const foreign = Buffer.from(JSON.stringify({ ...decodeJwt(token), sub: session }));
    for (const bad of [
      '',
      '.',
      '..',
      'a.b.c',
      `${none}.${payload}.`,
      `${none}.${payload}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${foreign.toString('base64url')}.${signature}`,
      `${token}.extra`,
      ` ${token}`,
      `${token}${'A'.repeat(5_000)}`,
      '\u0000\uD800',
    ]) {
      expect(await tokens.verify(bad), bad.slice(0, 40)).toBeNull();
    }
  });
});

describe('signing keys', () => {
  test('are created once when instances start together', async () => {
    const instances = Array.from({ length: 8 }, () => open());
    await Promise.all(instances.map((tokens) => tokens.prepare()));
    expect(table.rows).toHaveLength(1);
    for (const one of instances) {
      const token = await one.issue(grant);
      for (const other of instances) expect(await other.verify(token)).not.toBeNull();
    }
  });

  test('are stored without a readable private key', async () => {
    await open().prepare();
    const { key } = storedPrivateKey();
    const { d } = key.export({ format: 'jwk' });
    const [row] = table.rows;
    expect(row?.publicJwk).not.toHaveProperty('d');
    const stored = Buffer.from(row?.encryptedPrivateKey ?? []);
    expect(stored.includes(Buffer.from(String(d), 'base64url'))).toBe(false);
  });

  test('under another master key stop the start and name the setting to correct', async () => {
    await open().prepare();
    const prepared = open({ masterKeys: createMasterKeys(randomBytes(32)) }).prepare();
    await expect(prepared).rejects.toThrow('security.master_key');
  });

  test('under the previous master key still open while it is configured', async () => {
    const old = open();
    await old.prepare();
    const next = randomBytes(32);
    const rotating = open({ masterKeys: createMasterKeys(next, masterKey) });
    await rotating.prepare();
    expect(table.rows).toHaveLength(1);
    expect(await rotating.verify(await old.issue(grant))).not.toBeNull();
    expect(await old.verify(await rotating.issue(grant))).not.toBeNull();
    const moved = open({ masterKeys: createMasterKeys(next) }).prepare();
    await expect(moved).rejects.toThrow('security.master_key_previous');
  });

  test('under another id do not open, even with the right master key', async () => {
    await open().prepare();
    const [row] = table.rows;
    if (row === undefined) throw new Error('no stored key');
    table.rows[0] = { ...row, kid: 'renamed' };
    await expect(open().prepare()).rejects.toThrow('security.master_key');
  });

  test('from another instance are loaded at the first token that names them', async () => {
    const tokens = open();
    await tokens.prepare();
    const added = await generateSigningKey('EdDSA', encryptionKeys.current);
    const row: StoredSigningKey = { ...added, status: 'verifying', createdAt: new Date(0) };
    const key = openPrivateKey(encryptionKeys, row);
    if (key === null) throw new Error('the key does not open');
    table.rows.push(row);
    nowMs += 5_000;
    const token = await forge({ header: { kid: added.kid }, key });
    expect(await tokens.verify(token)).not.toBeNull();
    expect((await tokens.publicKeys()).keys).toHaveLength(2);
  });

  test('are reloaded at most once every 5 s, however many unknown key ids arrive', async () => {
    const tokens = open();
    await tokens.prepare();
    nowMs += 5_000;
    table.lists = 0;
    for (let round = 0; round < 3; round += 1) {
      const forged = await Promise.all(
        Array.from({ length: 20 }, (_, index) => forge({ header: { kid: `made-up-${index}` } })),
      );
      const verified = await Promise.all(forged.map((token) => tokens.verify(token)));
      expect(new Set(verified)).toEqual(new Set([null]));
    }
    expect(table.lists).toBe(1);
    nowMs += 5_000;
    await tokens.verify(await forge({ header: { kid: 'made-up' } }));
    expect(table.lists).toBe(2);
  });

  test('that cannot be reloaded: known keys still verify, and an unknown key id rejects as unavailable', async () => {
    const tokens = open();
    const token = await tokens.issue(grant);
    table.isDown = true;
    nowMs += 70_000;
    expect(await tokens.verify(token)).not.toBeNull();
    const unknown = await forge({ header: { kid: 'made-up' } });
    await expect(tokens.verify(unknown)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(tokens.verify(unknown)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(open().prepare()).rejects.toMatchObject({ code: 'unavailable' });
    // Another instance may have retired the key since: it must not sign, and the set must not be cached.
    await expect(tokens.issue(grant)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await tokens.publicKeys()).toMatchObject({ keys: [{}], isCurrent: false });
    table.isDown = false;
    nowMs += 5_000;
    expect(await tokens.verify(unknown)).toBeNull();
    expect(await tokens.publicKeys()).toMatchObject({ keys: [{}], isCurrent: true });
    expect(await tokens.verify(await tokens.issue(grant))).not.toBeNull();
  });

  test('that left the store stop verifying at the next refresh, which is told', async () => {
    const tokens = open();
    let removals = 0;
    tokens.onKeyRemoved(() => {
      removals += 1;
    });
    const token = await tokens.issue(grant);
    await tokens.refresh();
    expect(removals).toBe(0);
    table.rows.length = 0;
    await tokens.refresh();
    expect(removals).toBe(1);
    nowMs += 5_000;
    expect(await tokens.verify(token)).toBeNull();
  });

  test('that are damaged are skipped and logged, and the others still verify', async () => {
    const tokens = open();
    await tokens.prepare();
    table.rows.push({
      kid: 'damaged',
      algorithm: 'EdDSA',
      publicJwk: { kty: 'RSA' },
      encryptedPrivateKey: new Uint8Array(),
      status: 'verifying',
      createdAt: new Date(0),
    });
    const later = open();
    expect(await later.verify(await tokens.issue(grant))).not.toBeNull();
    expect((await later.publicKeys()).keys).toHaveLength(1);
    expect(lines.join('')).toContain('damaged');
  });
});
