import { type Case, invalid, SERVICE, USER, user } from './token-case.ts';
import { formCases, keyCases, signatureCases } from './token-form-cases.ts';
import {
  AUDIENCE,
  encodeJson,
  header,
  ISSUER,
  JWKS,
  NOW,
  OTHER_KEY,
  publicJwk,
  type Signer,
  serviceClaims,
  TOLERANCE_SECONDS,
  USER_ID,
  userClaims,
} from './tokens.ts';

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
    {
      ...refused('sid beside the key of a service', 'claims', { key_id: serviceClaims.key_id }),
      strict: true,
    },
    {
      name: 'service whose subject is not its client',
      token: signer.token('EdDSA', header('EdDSA'), { ...serviceClaims, sub: USER_ID }),
      ...{ strict: true, expected: invalid('claims') },
    },
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
