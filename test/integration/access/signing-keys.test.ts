import { createHmac, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { createRemoteJWKSet, type JWTHeaderParameters, jwtVerify, SignJWT } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPostgresSigningKeyStore } from '../../../src/infrastructure/database/postgres/signing-key-store.ts';
import { createMasterKeys } from '../../../src/infrastructure/security/master-key.ts';
import { openPrivateKey } from '../../../src/infrastructure/security/signing-key-codec.ts';
import { type Api, createApi, type Grant, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES, createMasterKey, createTestApp } from '../../support/app.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const masterKey = createMasterKey();

describe.each([2, 8])('%i instances that start at once on an empty database', (count) => {
  it('create exactly one signing key, and each accepts the tokens of every other', async () => {
    const { connectionOptions } = await createTestDatabase({ template: 'template0' });
    const env = { SECURITY_MASTER_KEY: masterKey, DATABASE_MAX_OPEN_CONNS: '3' };
    const started = await Promise.allSettled(
      Array.from({ length: count }, () =>
        createTestApp({ database: 'postgres', connection: connectionOptions, env }),
      ),
    );
    const apis = started.flatMap((result) =>
      result.status === 'fulfilled' ? [createApi(result.value)] : [],
    );
    onTestFinished(async () => {
      for (const { app } of apis) await app.stop();
    });
    expect(started.filter(({ status }) => status === 'rejected')).toEqual([]);

    const [first] = apis;
    if (first === undefined) throw new Error('no instance started');
    expect(await first.sql('select status from signing_keys')).toEqual([{ status: 'signing' }]);
    const keySets = await Promise.all(apis.map(keySetOf));
    for (const keySet of keySets) expect(keySet).toEqual(keySets[0]);
    expect(keySets[0]?.keys).toHaveLength(1);

    const account = await first.register();
    for (const issuer of apis) {
      const { access_token } = await issuer.signIn(account);
      for (const verifier of apis) expect(await verifier.statusOf(access_token)).toBe(200);
    }
  });
});

describe.each(APP_DATABASES)('access tokens on %s', (database) => {
  const api = useSharedApi(database, { env: { SECURITY_MASTER_KEY: masterKey } });
  let setting: Promise<ForgerySetting> | undefined;
  // No test below ends the sessions, so all share one setting.
  const forgerySetting = (): Promise<ForgerySetting> => {
    setting ??= setUpForgery(api());
    return setting;
  };

  it('verify against the published key set with any library, and have the claims of RFC 9068', async () => {
    const account = await api().register();
    const grant = await api().signIn(account);
    const url = await api().app.listen();
    const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', url.url));
    const { payload, protectedHeader } = await jwtVerify(grant.access_token, keys, {
      issuer: 'http://service.test',
      audience: ['user-service'],
      typ: 'at+jwt',
      algorithms: ['EdDSA'],
    });
    expect(payload).toMatchObject({
      sub: account.id,
      sid: grant.session_id,
      client_id: 'first-party',
      jti: expect.any(String),
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(600);
    const [published] = (await keySetOf(api())).keys;
    expect(published).toMatchObject({ kid: protectedHeader.kid, kty: 'OKP', crv: 'Ed25519' });
    expect(published).not.toHaveProperty('d');
  });

  it('have a new id for each issue', async () => {
    const account = await api().register();
    const first = await api().signIn(account);
    const second = await api().refresh(first.refresh_token);
    expect(decode(second.access_token)[1]?.jti).not.toBe(decode(first.access_token)[1]?.jti);
  });

  it('are accepted when the test signs with the service’s key, on which the rejections below rely', async () => {
    const { sign } = await forgerySetting();
    expect(await api().statusOf(await sign({}, {}))).toBe(200);
  });

  it.each<[string, Forgery]>([
    ['no algorithm', ({ grant }) => unsigned(grant, { alg: 'none' })],
    ['no algorithm in capitals', ({ grant }) => unsigned(grant, { alg: 'NONE' })],
    ['HS256 keyed with the public key', ({ grant, publicJwk }) => hmacSigned(grant, publicJwk)],
    ['a foreign key under the stored key id', ({ grant, kid }) => foreignKey(grant, { kid })],
    ['a key in its own header', ({ grant }) => foreignKey(grant, { kid: 'mine' }, true)],
    ['another key id', ({ sign }) => sign({ kid: 'other' }, {})],
    ['no key id', ({ sign }) => sign({ kid: undefined }, {})],
    ['the type JWT', ({ sign }) => sign({ typ: 'JWT' }, {})],
    ['no type', ({ sign }) => sign({ typ: undefined }, {})],
    ['another issuer', ({ sign }) => sign({}, { iss: 'http://elsewhere.test' })],
    ['no issuer', ({ sign }) => sign({}, { iss: undefined })],
    ['another audience', ({ sign }) => sign({}, { aud: 'other-service' })],
    ['no audience', ({ sign }) => sign({}, { aud: undefined })],
    ['an expiry in the past', ({ sign }) => sign({}, { iat: now() - 700, exp: now() - 61 })],
    ['no expiry', ({ sign }) => sign({}, { exp: undefined })],
    ['an expiry that is not a number', ({ sign }) => sign({}, { exp: 'tomorrow' })],
    ['a not-before time in the future', ({ sign }) => sign({}, { nbf: now() + 120 })],
    ['no session', ({ sign }) => sign({}, { sid: undefined })],
    ['a session that does not exist', ({ sign, userId }) => sign({}, { sid: userId })],
    ['another user’s session', ({ sign, otherSession }) => sign({}, { sid: otherSession })],
    ['another user', ({ sign, otherUser }) => sign({}, { sub: otherUser })],
    ['a subject that is not an id', ({ sign }) => sign({}, { sub: "' or 1=1" })],
    ['a critical extension', ({ sign }) => sign({ crit: ['exp'] }, {})],
    ['an extra byte in the signature', ({ grant }) => `${grant.access_token}AA`],
    ['another payload under the signature', ({ grant, otherUser }) => spliced(grant, otherUser)],
    ['no signature', ({ grant }) => grant.access_token.replace(/[^.]+$/, '')],
    ['the refresh token in its place', ({ grant }) => grant.refresh_token],
    ['the session id in its place', ({ grant }) => grant.session_id],
  ])('are rejected with %s', async (_what, forge) => {
    const given = await forgerySetting();
    const { grant, introspectionKey } = given;
    const forged = await forge(given);
    for (const method of ['GET', 'DELETE'] as const) {
      const path = method === 'GET' ? '/v1/me' : '/v1/sessions';
      const response = await api().send(method, path, { token: forged });
      expect(response.statusCode, response.body).toBe(401);
      expect(response.json().code).toBe('invalid_token');
    }
    const introspection = await api().send('POST', '/v1/tokens/introspect', {
      token: introspectionKey,
      body: { token: forged },
    });
    expect(introspection.json()).toEqual({ active: false });
    expect(await api().statusOf(grant.access_token)).toBe(200);
  });

  it('do not work as service keys, nor service keys as access tokens', async () => {
    const { key } = await api().createService('users:read');
    expect((await api().send('GET', '/v1/me', { token: key })).statusCode).toBe(403);
    expect(await api().statusOf(`usk_${key.slice(8)}`)).toBe(401);
    expect(await api().statusOf(key.replace('usk_', ''))).toBe(401);
  });
});

interface ForgerySetting {
  readonly grant: Grant;
  readonly userId: string;
  readonly otherUser: string;
  readonly otherSession: string;
  readonly introspectionKey: string;
  readonly kid: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** Signs the grant's token again with the service's key after these changes; undefined removes a member. */
  sign(header: object, payload: object): string;
}

type Forgery = (setting: ForgerySetting) => string | Promise<string>;

async function setUpForgery(api: Api): Promise<ForgerySetting> {
  const account = await api.register();
  const grant = await api.signIn(account);
  const other = await api.register();
  const otherGrant = await api.signIn(other);
  const [stored] = await createPostgresSigningKeyStore(api.app.database).list();
  if (stored === undefined) throw new Error('there is no signing key');
  const masterKeys = createMasterKeys(Buffer.from(masterKey, 'base64'));
  const privateKey = openPrivateKey(masterKeys.derive('signing-key-encryption'), stored);
  if (privateKey === null) throw new Error('the master key does not open the signing key');
  const [header, payload] = decode(grant.access_token);
  return {
    grant,
    userId: account.id,
    otherUser: other.id,
    otherSession: otherGrant.session_id,
    introspectionKey: (await api.createService('tokens:introspect')).key,
    kid: stored.kid,
    publicJwk: stored.publicJwk,
    sign: (changedHeader, changedPayload) =>
      signed({ ...header, ...changedHeader }, { ...payload, ...changedPayload }, privateKey),
  };
}

/** Signs by hand: libraries refuse to create most of these tokens. */
function signed(header: object, payload: object, key: KeyObject): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signBytes(null, Buffer.from(input), key).toString('base64url')}`;
}

function unsigned(grant: Grant, header: object): string {
  const [, payload] = decode(grant.access_token);
  return `${encode({ typ: 'at+jwt', ...header })}.${encode(payload)}.`;
}

function hmacSigned(grant: Grant, jwk: Readonly<Record<string, unknown>>): string {
  const [header, payload] = decode(grant.access_token);
  const input = `${encode({ ...header, alg: 'HS256' })}.${encode(payload)}`;
  const mac = createHmac('sha256', Buffer.from(String(jwk.x), 'base64url')).update(input);
  return `${input}.${mac.digest('base64url')}`;
}

function foreignKey(grant: Grant, header: { kid: string }, withJwk = false): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const [, payload] = decode(grant.access_token);
  const parameters: JWTHeaderParameters = {
    alg: 'EdDSA',
    typ: 'at+jwt',
    ...header,
    ...(withJwk ? { jwk: publicKey.export({ format: 'jwk' }) as never } : {}),
  };
  return new SignJWT(payload).setProtectedHeader(parameters).sign(privateKey);
}

function spliced(grant: Grant, otherUser: string): string {
  const [head, , signature] = grant.access_token.split('.');
  const [, payload] = decode(grant.access_token);
  return `${head}.${encode({ ...payload, sub: otherUser })}.${signature}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(token: string): Record<string, unknown>[] {
  return token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
}

function now(): number {
  return Math.floor(Date.now() / 1_000);
}

async function keySetOf(api: Api): Promise<{ keys: readonly Record<string, unknown>[] }> {
  return (await api.send('GET', '/.well-known/jwks.json')).json();
}
