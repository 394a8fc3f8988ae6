import {
  AUDIENCE,
  header,
  ISSUER,
  JWKS,
  NOW,
  SESSION_ID,
  type Signer,
  serviceClaims,
  TOLERANCE_SECONDS,
  USER_ID,
  userClaims,
} from './tokens.ts';

interface Entry {
  readonly kind: string;
  readonly id: string | null;
  readonly not_before: number;
  readonly until: number;
}

const OTHER_ID = '0198c0de-ffff-7fff-8fff-ffffffffffff';
/** `tokens.access_ttl` and two minutes. */
const LIFE_SECONDS = 720;
const ISSUED_AT = NOW - 10;
const VALID = { verdict: 'valid' };
const REVOKED = { verdict: 'invalid', reason: 'revoked' };

/** The content of packages/conformance/revocations.json. */
export function revocationVectors(signer: Signer) {
  const ofUser = claimed(signer, userClaims);
  const upper = claimed(signer, { ...userClaims, sid: SESSION_ID.toUpperCase() });
  const ofService = claimed(signer, serviceClaims);
  const at = (notBefore: number, change: Partial<Entry> = {}): Entry => ({
    ...{ kind: 'session', id: SESSION_ID, not_before: notBefore, until: notBefore + LIFE_SECONDS },
    ...change,
  });
  const user = (notBefore: number, id = USER_ID) => at(notBefore, { kind: 'user', id });
  const all = (notBefore: number) => at(notBefore, { kind: 'all', id: null });
  const given = (name: string, entries: readonly Entry[], expected: object, token = ofUser) => ({
    ...{ name, entries, ...token, expected },
  });
  return {
    description:
      'Revocations in the order of their arrival, and the verdict on a token at `now`. `claims` are those of the token, for a program that has verified it already. The private keys are test keys that anyone can compute. See README.md.',
    ...{ now: NOW, issuer: ISSUER, audience: AUDIENCE, clock_tolerance_seconds: TOLERANCE_SECONDS },
    jwks: JWKS,
    cases: [
      given('nothing is revoked', [], VALID),
      given('its session', [at(NOW)], REVOKED),
      given('its session, before the token was issued', [at(ISSUED_AT - 60)], REVOKED),
      given('another session', [at(NOW, { id: OTHER_ID })], VALID),
      given('a session whose id is that of the user', [at(NOW, { id: USER_ID })], VALID),
      given(
        'its session, in capital letters',
        [at(NOW, { id: SESSION_ID.toUpperCase() })],
        REVOKED,
      ),
      given('its session, and sid in capital letters', [at(NOW)], REVOKED, upper),
      given('its user, later than iat', [user(ISSUED_AT + 1)], REVOKED),
      given('its user, in the second of iat', [user(ISSUED_AT)], REVOKED),
      given('its user, a second before iat', [user(ISSUED_AT - 1)], VALID),
      given('another user', [user(NOW, OTHER_ID)], VALID),
      given('a user whose id is that of the session', [user(NOW, SESSION_ID)], VALID),
      given('all users, later than iat', [all(NOW)], REVOKED),
      given('all users, in the second of iat', [all(ISSUED_AT)], REVOKED),
      given('all users, a second before iat', [all(ISSUED_AT - 1)], VALID),
      given('the same entry twice', [at(NOW), at(NOW)], REVOKED),
      given('its user twice, the later one last', [user(ISSUED_AT - 1), user(ISSUED_AT)], REVOKED),
      given('its user twice, the later one first', [user(ISSUED_AT), user(ISSUED_AT - 1)], REVOKED),
      given('all users twice, the later one first', [all(ISSUED_AT), all(ISSUED_AT - 1)], REVOKED),
      given('its session in an entry that has ended', [at(NOW, { until: NOW })], VALID),
      given('its session in an entry that ends next', [at(NOW, { until: NOW + 1 })], REVOKED),
      given(
        'its user in an entry that has ended',
        [at(NOW, { kind: 'user', id: USER_ID, until: NOW })],
        VALID,
      ),
      given(
        'all users in an entry that has ended',
        [at(NOW, { kind: 'all', id: null, until: NOW })],
        VALID,
      ),
      given(
        'a kind that the verifier does not know',
        [at(NOW, { kind: 'device', id: OTHER_ID })],
        VALID,
      ),
      given(
        'everything, and the token of a service',
        [all(NOW), user(NOW, OTHER_ID)],
        VALID,
        ofService,
      ),
      given(
        'the user with the id of a service account',
        [user(NOW, String(serviceClaims.sub))],
        VALID,
        ofService,
      ),
    ],
  };
}

function claimed(signer: Signer, claims: Readonly<Record<string, unknown>>) {
  const { sub, sid, iat } = claims;
  return {
    token: signer.token('EdDSA', header('EdDSA'), claims),
    claims: { sub, ...(sid === undefined ? {} : { sid }), iat },
  };
}
