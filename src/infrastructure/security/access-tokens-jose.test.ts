import { createPublicKey, randomBytes, sign } from 'node:crypto';
import fc from 'fast-check';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  type AccessTokenClaims,
  CLOCK_LEEWAY_SECONDS,
} from '../../domain/session/access-tokens.ts';
import { isUuid } from '../../lib/uuid.ts';
import { createPinoLogger } from '../logging/pino-logger.ts';
import { createUuidV7Generator } from '../system/ids.ts';
import { createAccessTokens } from './access-tokens.ts';
import { createMasterKeys } from './master-key.ts';
import { generateSigningKey, openPrivateKey } from './signing-key-codec.ts';

const masterKeys = createMasterKeys(randomBytes(32));
const encryptionKeys = masterKeys.derive('signing-key-encryption');
const row = {
  ...(await generateSigningKey('EdDSA', encryptionKeys.current)),
  status: 'signing' as const,
  createdAt: new Date(0),
};
const opened = openPrivateKey(encryptionKeys, row);
if (opened === null) throw new Error('the key does not open');
const privateKey = opened;
const publicKey = createPublicKey(privateKey);

const issuer = 'https://users.example';
const audience = 'user-service';
const now = Date.UTC(2026, 0, 1) / 1_000;
const tokens = createAccessTokens({
  keys: { list: async () => [row], insertSigning: async () => false },
  masterKeys,
  algorithm: 'EdDSA',
  issuer,
  audience: [audience],
  clientId: 'first-party',
  clock: { now: () => new Date(now * 1_000) },
  ids: createUuidV7Generator(),
  logger: createPinoLogger({ level: 'warn', format: 'json', destination: { write: () => {} } }),
});
const user = '01990000-0000-7000-8000-0000000000A1';
const session = '01990000-0000-7000-8000-0000000000b2';

/** The verdict of jose, with the rules of this service. */
async function referenceVerify(token: string): Promise<AccessTokenClaims | null> {
  if (token.length > 4_096 || !/^[\w-]+\.[\w-]+\.[\w-]{85}[AQgw]$/.test(token)) return null;
  try {
    const { payload } = await jwtVerify(
      token,
      (header) => {
        if (header.crit !== undefined || header.kid !== row.kid) throw new errors.JWSInvalid();
        return publicKey;
      },
      {
        algorithms: ['EdDSA'],
        typ: 'at+jwt',
        issuer,
        audience,
        requiredClaims: ['iss', 'aud', 'sub', 'client_id', 'sid', 'jti', 'iat', 'exp'],
        clockTolerance: CLOCK_LEEWAY_SECONDS,
        currentDate: new Date(now * 1_000),
      },
    );
    return toClaims(payload);
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

function toClaims(payload: JWTPayload) {
  const { sub, sid, jti, aud, iat, exp, client_id: client, auth_time: authTime } = payload;
  if (typeof sub !== 'string' || !isUuid(sub) || typeof sid !== 'string' || !isUuid(sid))
    return null;
  if (typeof jti !== 'string' || typeof client !== 'string') return null;
  return {
    kind: 'user' as const,
    userId: sub.toLowerCase(),
    sessionId: sid.toLowerCase(),
    clientId: client,
    tokenId: jti,
    audience: [aud].flat().filter((name) => typeof name === 'string'),
    authenticatedAt: typeof authTime === 'number' ? authTime : null,
    issuedAt: Number(iat),
    expiresAt: Number(exp),
  };
}

/** Both have to say the same. @returns whether they accept it */
async function agree(token: string): Promise<boolean> {
  const reference = await referenceVerify(token);
  expect(await tokens.verify(token), token).toEqual(reference);
  return reference !== null;
}

const base64url = (text: string | Uint8Array) => Buffer.from(text).toString('base64url');

/** Signs two parts as they are: the signature is good whatever they hold. */
function signParts(header: string, payload: string): string {
  const signed = `${header}.${payload}`;
  return `${signed}.${base64url(sign(null, Buffer.from(signed), privateKey))}`;
}

const goodHeader = { alg: 'EdDSA', typ: 'at+jwt', kid: row.kid };
const goodClaims = {
  iss: issuer,
  aud: audience,
  sub: user,
  client_id: 'first-party',
  sid: session,
  jti: 'token',
  iat: now,
  exp: now + 600,
};

const oddValues: readonly unknown[] = [
  undefined,
  null,
  '',
  0,
  1,
  1e20,
  -1,
  true,
  {},
  [],
  [[]],
  'EdDSA',
  'Ed25519',
  'none',
  'HS256',
  'at+JWT',
  'application/at+jwt',
  'Application/AT+JWT',
  'application/application/at+jwt',
  'JWT',
  '/at+jwt',
  ' at+jwt',
  'at+jwt\n',
  'aﬀ+jwt',
  row.kid,
  `${row.kid} `,
  '__proto__',
  ['b64'],
  issuer,
  [issuer],
  `${issuer}/`,
  audience,
  [audience],
  ['other', audience],
  ['other', [audience]],
  [audience, 1, null],
  { [audience]: 1 },
  user,
  user.toLowerCase(),
  `${user}\n`,
  [user],
  session,
  now,
  String(now + 600),
  now - 60,
  now - 59,
  now - 59.5,
  now - 60.5,
  now + 60,
  now + 60.5,
  now + 61,
  now + 600,
];
const oddValue = fc.constantFrom(...oddValues);
const memberNames = [
  ...Object.keys(goodHeader),
  ...Object.keys(goodClaims),
  ...['nbf', 'crit', 'b64', 'jwk', 'jku', 'x5c', 'cty', '__proto__', 'toString', 'zip', 'enc'],
];
/** Members that replace those of a valid token, few at a time: most tokens fail for one reason. */
const changes = fc.array(fc.tuple(fc.constantFrom(...memberNames), oddValue), { maxLength: 2 });

function withChanges(good: object, changed: readonly (readonly [string, unknown])[]): string {
  const members = Object.entries(good).filter(
    ([name]) => !changed.some(([other]) => other === name),
  );
  const all = [...members, ...changed].filter(([, value]) => value !== undefined);
  // Written member by member: two changes of one name stay two members.
  return `{${all.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

describe('the verification of access tokens agrees with jose', () => {
  test('about signed tokens whose header and claims are changed', async () => {
    let accepted = 0;
    let rejected = 0;
    await fc.assert(
      fc.asyncProperty(changes, changes, async (ofHeader, ofClaims) => {
        const header = withChanges(goodHeader, ofHeader);
        const isAccepted = await agree(
          signParts(base64url(header), base64url(withChanges(goodClaims, ofClaims))),
        );
        if (isAccepted) accepted += 1;
        else rejected += 1;
      }),
      { numRuns: 500 },
    );
    // Both kinds have to occur in number: agreement about invalid tokens alone would say little.
    expect(accepted).toBeGreaterThan(50);
    expect(rejected).toBeGreaterThan(50);
  });

  test('about each member with each odd value', async () => {
    const verdicts: boolean[] = [];
    for (const name of memberNames) {
      for (const value of oddValues) {
        const header = base64url(JSON.stringify(goodHeader));
        const claims = base64url(withChanges(goodClaims, [[name, value]]));
        verdicts.push(await agree(signParts(header, claims)));
        const changed = base64url(withChanges(goodHeader, [[name, value]]));
        verdicts.push(await agree(signParts(changed, base64url(JSON.stringify(goodClaims)))));
      }
    }
    expect(new Set(verdicts)).toEqual(new Set([true, false]));
  });

  test('about a valid token with one letter changed, left out or added anywhere', async () => {
    const token = signParts(
      base64url(JSON.stringify(goodHeader)),
      base64url(JSON.stringify(goodClaims)),
    );
    expect(await agree(token)).toBe(true);
    for (let at = 0; at <= token.length; at += 1) {
      for (const letter of ['', 'A', '.', '=', '+', ' ', 'é']) {
        const replaced = token.slice(0, at) + letter + token.slice(at + 1);
        if (replaced !== token) expect(await agree(replaced)).toBe(false);
        if (letter !== '') {
          expect(await agree(token.slice(0, at) + letter + token.slice(at))).toBe(false);
        }
      }
    }
  });

  test('about signed parts that are spelled or encoded oddly', async () => {
    const header = JSON.stringify(goodHeader);
    const claims = JSON.stringify(goodClaims);
    const parts = (good: string): readonly string[] => [
      base64url(good),
      base64url(`\ufeff${good}`),
      base64url(` \n${good}\t`),
      base64url(`${good}\0`),
      base64url(`[${good}]`),
      base64url(JSON.stringify(good)),
      ...['null', '[]', '1', '"text"', '{}', '', '{', good.slice(0, -1)].map(base64url),
      // A single letter at the end holds no byte, and spare bits are no part of the value.
      ...['A', 'AA', 'AAA', '=', '==', '.'].map((end) => base64url(good) + end),
      // A byte inside of a text that is no UTF-8.
      base64url(Buffer.from(good.replace('{', '{"a":"\u00ff",'), 'latin1')),
      base64url(good.replace('{', '{"a":"\ud800",')),
      base64url(good.replace('{', '{"a":"\\ud800",')),
      base64url(good.replace('{', '{"a":1,"a":2,')),
      base64url(good.replace('{', '{"exp":1e999,')),
      base64url(good.replace(/"exp":\d+/, '"exp":1e999')),
      base64url(good.replace(/"alg":"EdDSA"/, '"alg":"EdDSA","alg":"none"')),
      base64url(good.replace(/"alg":"EdDSA"/, '"alg":"none","alg":"EdDSA"')),
      base64url(good.replace('{', '{"__proto__":{"crit":["b64"]},')),
    ];
    const verdicts = [];
    for (const odd of parts(header)) {
      verdicts.push(await agree(signParts(odd, base64url(claims))));
    }
    for (const odd of parts(claims)) {
      verdicts.push(await agree(signParts(base64url(header), odd)));
    }
    expect(new Set(verdicts)).toEqual(new Set([true, false]));
  });

  test('about texts of any kind', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('.', 'a', 'A', '-', '_', '=') }),
      fc
        .array(fc.uint8Array({ maxLength: 80 }).map(base64url), { maxLength: 4 })
        .map((all) => all.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (any) => {
        expect(await agree(any)).toBe(false);
      }),
    );
  });

  test('about the tokens that this service issues', async () => {
    for (let count = 0; count < 20; count += 1) {
      const token = await tokens.issue({
        userId: user,
        sessionId: session,
        authenticatedAt: now,
        expiresInSeconds: 600,
      });
      expect(await agree(token)).toBe(true);
    }
  });
});
