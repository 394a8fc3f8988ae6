import { sign } from 'node:crypto';
import {
  AUDIENCE,
  encode,
  encodeJson,
  header,
  ISSUER,
  JWKS,
  KEYS,
  NOW,
  OTHER_KEY,
  publicJwk,
  SERVICE_ID,
  SESSION_ID,
  type Signer,
  serviceClaims,
  TOLERANCE_SECONDS,
  USER_ID,
  userClaims,
  without,
} from './tokens.ts';

interface Case {
  readonly name: string;
  readonly token: string;
  /** In place of the key set of the file. */
  readonly jwks?: { readonly keys: readonly object[] };
  /** Refused by a careful verifier; a library may accept it, and no attacker gains by that. */
  readonly strict?: true;
  readonly expected: object;
}

const USER = { verdict: 'valid', kind: 'user', subject: USER_ID, session_id: SESSION_ID };
const SERVICE = { verdict: 'valid', kind: 'service', subject: SERVICE_ID, session_id: null };
const invalid = (reason: string) => ({ verdict: 'invalid', reason });

/** The content of packages/conformance/tokens.json. */
export function tokenVectors(signer: Signer) {
  return {
    description:
      'Access tokens and the verdict of a verifier at `now`, for `issuer` and `audience`, with the keys `jwks` (or those of the case). The private keys are test keys that anyone can compute. See README.md.',
    ...{ now: NOW, issuer: ISSUER, audience: AUDIENCE, clock_tolerance_seconds: TOLERANCE_SECONDS },
    jwks: JWKS,
    cases: [
      ...validCases(signer),
      ...claimCases(signer),
      ...headerCases(signer),
      ...signatureCases(signer),
      ...keyCases(signer),
      ...formCases(signer),
    ],
  };
}

function user(signer: Signer, changes: Readonly<Record<string, unknown>> = {}): string {
  return signer.token('EdDSA', header('EdDSA'), without({ ...userClaims, ...changes }));
}

function validCases(signer: Signer): Case[] {
  const valid = (name: string, token: string): Case => ({ name, token, expected: USER });
  return [
    valid('EdDSA', user(signer)),
    valid('ES256', signer.token('ES256', header('ES256'), userClaims)),
    valid('RS256', signer.token('RS256', header('RS256'), userClaims)),
    {
      name: 'token of a service account',
      token: signer.token('EdDSA', header('EdDSA'), serviceClaims),
      expected: SERVICE,
    },
    valid('audience in a list', user(signer, { aud: ['billing', AUDIENCE] })),
    valid(
      'typ with its prefix and other letters',
      signer.token('EdDSA', header('EdDSA', { typ: 'application/AT+JWT' }), userClaims),
    ),
    valid(
      'expired within the tolerance',
      user(signer, { iat: NOW - 659, exp: NOW - TOLERANCE_SECONDS + 1 }),
    ),
    valid('nbf within the tolerance', user(signer, { nbf: NOW + TOLERANCE_SECONDS })),
    valid('iat ahead of the clock of the verifier', user(signer, { iat: NOW + 90 })),
    valid('without auth_time', user(signer, { auth_time: undefined })),
    valid(
      'claims that the verifier does not know',
      user(signer, { roles: ['admin'], x: { y: 1 } }),
    ),
    valid(
      'members of the header that name another key',
      signer.token(
        'EdDSA',
        header('EdDSA', { jku: 'https://evil.example/jwks', jwk: OTHER_KEY.jwk }),
        userClaims,
      ),
    ),
  ];
}

function claimCases(signer: Signer): Case[] {
  const refused = (name: string, reason: string, changes: Readonly<Record<string, unknown>>) => ({
    ...{ name, token: user(signer, changes), expected: invalid(reason) },
  });
  const written = JSON.stringify(userClaims);
  const twice = (name: string, reason: string, member: string) => ({
    name,
    token: signer.token('EdDSA', header('EdDSA'), written.replace(/}$/, `,${member}}`)),
    expected: invalid(reason),
  });
  return [
    refused('another issuer', 'issuer', { iss: 'https://evil.example' }),
    refused('issuer with a slash at its end', 'issuer', { iss: `${ISSUER}/` }),
    refused('issuer in other letters', 'issuer', { iss: ISSUER.toUpperCase() }),
    refused('without an issuer', 'issuer', { iss: undefined }),
    refused('another audience', 'audience', { aud: 'billing' }),
    refused('audience of which ours is a part', 'audience', { aud: `${AUDIENCE}-admin` }),
    refused('other audiences in a list', 'audience', { aud: ['billing', 'user-service'] }),
    refused('without an audience', 'audience', { aud: undefined }),
    refused('empty list of audiences', 'audience', { aud: [] }),
    refused('expired', 'expired', { iat: NOW - 1_200, exp: NOW - 600 }),
    {
      ...refused('expired at the end of the tolerance', 'expired', {
        ...{ iat: NOW - 660, exp: NOW - TOLERANCE_SECONDS },
      }),
      strict: true,
    },
    refused('expired a second after the tolerance', 'expired', {
      ...{ iat: NOW - 661, exp: NOW - TOLERANCE_SECONDS - 1 },
    }),
    refused('without exp', 'claims', { exp: undefined }),
    { ...refused('exp as a text', 'claims', { exp: String(NOW + 590) }), strict: true },
    refused('not valid yet', 'not_yet_valid', { nbf: NOW + TOLERANCE_SECONDS + 1 }),
    { ...refused('nbf as a text', 'claims', { nbf: 'soon' }), strict: true },
    { ...refused('without a subject', 'claims', { sub: undefined }), strict: true },
    { ...refused('subject that is no UUID', 'claims', { sub: 'ada' }), strict: true },
    { ...refused('without jti', 'claims', { jti: undefined }), strict: true },
    { ...refused('without iat', 'claims', { iat: undefined }), strict: true },
    { ...refused('without client_id', 'claims', { client_id: undefined }), strict: true },
    { ...refused('neither sid nor key_id', 'claims', { sid: undefined }), strict: true },
    { ...refused('sid that is no UUID', 'claims', { sid: 'current' }), strict: true },
    twice('member twice: the last audience counts', 'audience', '"aud":"billing"'),
    twice('member twice: the last exp counts', 'expired', `"exp":${NOW - 600}`),
  ];
}

function headerCases(signer: Signer): Case[] {
  const refused = (name: string, reason: string, changes: Readonly<Record<string, unknown>>) => ({
    name,
    token: signer.token('EdDSA', header('EdDSA', changes), userClaims),
    expected: invalid(reason),
  });
  const spelled = JSON.stringify(header('EdDSA'));
  return [
    {
      name: 'alg none without a signature',
      token: `${encodeJson(header('EdDSA', { alg: 'none' }))}.${encodeJson(userClaims)}.`,
      expected: invalid('malformed'),
    },
    refused('alg none with a signature', 'algorithm', { alg: 'none' }),
    refused('alg None in other letters', 'algorithm', { alg: 'nOnE' }),
    {
      name: 'HS256 with the public key as its secret',
      token: signer.hmac(
        header('RS256', { alg: 'HS256' }),
        userClaims,
        JSON.stringify(publicJwk('RS256')),
      ),
      expected: invalid('algorithm'),
    },
    refused('algorithm of another key', 'algorithm', { alg: 'ES256' }),
    refused('without alg', 'algorithm', { alg: undefined }),
    refused('typ JWT', 'type', { typ: 'JWT' }),
    refused('without typ', 'type', { typ: undefined }),
    refused('typ of a logout token', 'type', { typ: 'logout+jwt' }),
    { ...refused('without kid', 'unknown_key', { kid: undefined }), strict: true },
    refused('kid that is not in the key set', 'unknown_key', { kid: 'another' }),
    refused('kid that is no text', 'unknown_key', { kid: 1 }),
    refused('crit that names a member', 'malformed', { crit: ['exp'], exp: NOW }),
    { ...refused('empty crit', 'malformed', { crit: [] }), strict: true },
    {
      name: 'member of the header twice: the last kid counts',
      token: signer.token('EdDSA', spelled.replace(/}$/, ',"kid":"another"}'), userClaims),
      expected: invalid('unknown_key'),
    },
    {
      name: 'key of the header signs',
      token: signer.token(
        'EdDSA',
        header('EdDSA', { kid: 'mine', jwk: { ...OTHER_KEY.jwk, kid: 'mine' } }),
        userClaims,
        OTHER_KEY,
      ),
      expected: invalid('unknown_key'),
    },
  ];
}

function signatureCases(signer: Signer): Case[] {
  const good = user(signer);
  const [head = '', payload = '', signature = ''] = good.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const refused = (name: string, token: string): Case => ({
    ...{ name, token, expected: invalid('signature') },
  });
  const es256 = signer.token('ES256', header('ES256'), userClaims);
  const signed = es256.slice(0, es256.lastIndexOf('.'));
  const raw = Buffer.from(es256.slice(signed.length + 1), 'base64url');
  const other = encodeJson({ ...userClaims, sub: SERVICE_ID });
  return [
    refused('signed by another key', signer.token('EdDSA', header('EdDSA'), userClaims, OTHER_KEY)),
    refused('payload of another token', `${head}.${other}.${signature}`),
    refused('one bit of the signature', `${head}.${payload}.${encode(flipped(bytes))}`),
    refused('signature that is cut off', `${head}.${payload}.${encode(bytes.subarray(0, 63))}`),
    refused(
      'signature with a byte more',
      `${head}.${payload}.${encode(Buffer.concat([bytes, Buffer.of(0)]))}`,
    ),
    refused('ES256 signature of zeros', `${signed}.${encode(Buffer.alloc(64))}`),
    refused('ES256 signature in DER', `${signed}.${encode(derSignature(raw))}`),
    refused(
      'signature of RS256 under the key of ES256',
      `${signed}.${encode(sign('sha256', Buffer.from(signed), KEYS.RS256.privateKey))}`,
    ),
  ];
}

/** The form that OpenSSL writes: a sequence of two integers, each with a sign bit. */
function derSignature(raw: Buffer): Buffer {
  const [r, s] = [raw.subarray(0, 32), raw.subarray(32)].map((half) => {
    const digits = half.subarray(half.findIndex((byte) => byte !== 0));
    const body = (digits[0] ?? 0) < 0x80 ? digits : Buffer.concat([Buffer.of(0), digits]);
    return Buffer.concat([Buffer.of(0x02, body.byteLength), body]);
  });
  const content = Buffer.concat([r ?? Buffer.alloc(0), s ?? Buffer.alloc(0)]);
  return Buffer.concat([Buffer.of(0x30, content.byteLength), content]);
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[20] = (copy[20] ?? 0) ^ 1;
  return copy;
}

function keyCases(signer: Signer): Case[] {
  const token = user(signer);
  const eddsa = publicJwk('EdDSA');
  const set = (...keys: readonly object[]) => ({ keys: [...keys, publicJwk('ES256')] });
  const unknown = (name: string, jwks: Case['jwks'], strict?: true): Case => ({
    ...{ name, token, jwks: jwks ?? set() },
    ...(strict === undefined ? {} : { strict }),
    expected: invalid('unknown_key'),
  });
  const rsa = signer.token('RS256', header('RS256'), userClaims);
  return [
    unknown('key for encryption', set({ ...eddsa, use: 'enc' }), true),
    unknown('key of another curve', set({ ...eddsa, crv: 'Ed448' })),
    unknown('key for key agreement', set({ ...eddsa, crv: 'X25519' })),
    unknown('key whose alg does not fit its type', set({ ...eddsa, alg: 'ES256' })),
    unknown('two keys with one kid', set(eddsa, { ...eddsa, x: OTHER_KEY.jwk.x }), true),
    unknown('key that has left the set', set()),
    {
      name: 'keys that the verifier does not know, beside its own',
      token,
      jwks: { keys: [{ kty: 'AKP', alg: 'ML-DSA-44', kid: 'new', pub: 'AAAA' }, ...JWKS.keys] },
      expected: USER,
    },
    {
      name: 'RSA key for another algorithm',
      token: rsa,
      jwks: set({ ...publicJwk('RS256'), alg: 'PS256' }),
      expected: invalid('unknown_key'),
    },
  ];
}

function formCases(signer: Signer): Case[] {
  const good = user(signer);
  const [head = '', payload = '', signature = ''] = good.split('.');
  const refused = (name: string, token: string, strict?: true): Case => ({
    ...{ name, token },
    ...(strict === undefined ? {} : { strict }),
    expected: invalid('malformed'),
  });
  const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const spare = last[(last.indexOf(signature.at(-1) ?? '') ^ 1) & 63];
  const huge = { ...userClaims, padding: 'x'.repeat(20_000) };
  return [
    refused('no token', 'x'),
    refused('two parts', `${head}.${payload}`),
    refused('four parts', `${good}.${signature}`),
    refused('dot at the end', `${good}.`),
    refused('dot at the beginning', `.${good}`),
    refused('empty payload', `${head}..${signature}`),
    refused(
      'five parts, as of an encrypted token',
      `${head}.${head}.${payload}.${payload}.${signature}`,
    ),
    refused('padding', `${good}==`, true),
    refused(
      'letters of base64 that base64url does not have',
      `${head}.${payload}.${signature.slice(0, -2)}+/`,
    ),
    refused('white space inside', `${head}.${payload} .${signature}`, true),
    {
      name: 'spare bits of the signature are not zero',
      token: `${head}.${payload}.${signature.slice(0, -1)}${spare}`,
      ...{ strict: true, expected: invalid('signature') },
    },
    refused(
      'header that is no JSON',
      signer.parts('EdDSA', `${encode(Buffer.from('{alg'))}.${payload}`),
    ),
    refused('header that is a list', signer.token('EdDSA', '[]', userClaims)),
    refused('payload that is a list', signer.token('EdDSA', header('EdDSA'), '[]')),
    refused('payload that is a text', signer.token('EdDSA', header('EdDSA'), '"text"')),
    refused('payload that is no JSON', signer.token('EdDSA', header('EdDSA'), '{"iss":')),
    refused(
      'payload that is no UTF-8',
      signer.parts(
        'EdDSA',
        `${head}.${encode(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))}`,
      ),
    ),
    refused('longer than any token', signer.token('EdDSA', header('EdDSA'), huge), true),
  ];
}
