import { sign } from 'node:crypto';
import { type Case, invalid, USER, user } from './token-case.ts';
import {
  encode,
  encodeJson,
  header,
  JWKS,
  KEYS,
  OTHER_KEY,
  publicJwk,
  SERVICE_ID,
  type Signer,
  userClaims,
} from './tokens.ts';

/** Signatures that are not one of the key over the parts of the token. */
export function signatureCases(signer: Signer): Case[] {
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

/** Keys that verify nothing. */
export function keyCases(signer: Signer): Case[] {
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

/** Texts that are no token. */
export function formCases(signer: Signer): Case[] {
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
