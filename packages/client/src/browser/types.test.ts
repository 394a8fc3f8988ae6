import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createBrowserSession } from '../browser.ts';
import type {
  AnyCode,
  ChallengeCode,
  NoAnswer,
  RegisterCode,
  SessionCode,
  SignInCode,
} from './types.ts';

type Json = Readonly<Record<string, unknown>>;

const document = JSON.parse(
  readFileSync(new URL('../../../../docs/openapi.json', import.meta.url), 'utf8'),
) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Json }>>>>;
  readonly components: Readonly<Record<'schemas' | 'responses', Readonly<Record<string, Json>>>>;
};

/** Refusals of what the entry never sends. */
const NEVER_SENT = new Set([
  ...['malformed_request', 'request_timeout', 'payload_too_large', 'uri_too_long'],
  ...['unsupported_media_type', 'expectation_failed', 'headers_too_large'],
]);

/** The codes of the problems of an operation, by the API document. */
function documentedCodes(method: string, path: string): string[] {
  const responses = JSON.stringify(document.paths[path]?.[method]?.responses);
  const names = [...responses.matchAll(/components\/responses\/(\w+)/g)].map(([, name]) => name);
  const schemas = JSON.stringify(names.map((name) => document.components.responses[name ?? '']));
  const problems = [...schemas.matchAll(/schemas\/(\w+Problem)"/g)].map(([, name]) => name ?? '');
  const codes = problems.map((name) => {
    const schema = JSON.stringify(document.components.schemas[name]);
    return /"code":\{"type":"string","const":"(\w+)"/.exec(schema)?.[1] ?? '';
  });
  return [...new Set(codes)]
    .filter((code) => !NEVER_SENT.has(code) && !code.startsWith('idempotency_'))
    .sort();
}

const noAnswer: Readonly<Record<NoAnswer, true>> = {
  ...{ network_error: true, deadline_exceeded: true, invalid_response: true },
};
const any: Readonly<Record<AnyCode, true>> = {
  ...noAnswer,
  ...{ validation_failed: true, rate_limited: true, overloaded: true, unavailable: true },
  ...{ outcome_unknown: true, internal_error: true, session_cookie_refused: true },
};
const session: Readonly<Record<SessionCode, true>> = {
  ...{ unauthenticated: true, invalid_token: true, user_not_found: true },
};
const signIn: Readonly<Record<SignInCode, true>> = {
  ...{ invalid_credentials: true, password_expired: true, email_unverified: true },
};
const register: Readonly<Record<RegisterCode, true>> = {
  ...{ email_taken: true, registration_closed: true, invitation_invalid: true },
};
const challenge: Readonly<Record<ChallengeCode, true>> = {
  ...{ challenge_invalid: true, version_exhausted: true },
};
const change = { step_up_required: true, version_exhausted: true };
/** A page has no service key, and its session is a user's. */
const ofServices = ['forbidden'];

test.each<[method: string, path: string, codes: object, others: readonly string[]]>([
  ['post', '/v1/sessions', signIn, []],
  ['post', '/v1/users', register, ['invalid_token']],
  ['get', '/v1/me', session, ofServices],
  ['delete', '/v1/sessions', session, ofServices],
  ['delete', '/v1/sessions/current', session, [...ofServices, 'session_not_found']],
  ['post', '/v1/sessions/current/reauthenticate', session, ofServices],
  ['put', '/v1/users/{id}/password', { ...session, ...change }, ofServices],
  ['post', '/v1/email-verifications', {}, []],
  ['post', '/v1/email-verifications/confirm', challenge, []],
  ['post', '/v1/password-resets', {}, []],
  ['post', '/v1/password-resets/confirm', challenge, []],
])('the type of %s %s has the codes of the API document', (method, path, codes, others) => {
  const documented = documentedCodes(method, path);
  const typed = new Set([...Object.keys({ ...any, ...codes }), ...others]);
  expect(documented).toContain('unavailable');
  expect(documented.filter((code) => !typed.has(code))).toEqual([]);
  expect(Object.keys(codes).filter((code) => !documented.includes(code))).toEqual([]);
});

test('each call has its own codes: the compiler refuses those of another', async () => {
  const { signIn, register, user } = createBrowserSession({
    ...{ url: 'https://id.example.com', mode: 'memory', fetch: () => Promise.reject(new Error()) },
  });
  const results = await Promise.all([
    signIn({ email: 'a@b.cc', password: 'p' }),
    register({ first_name: 'A', last_name: 'B', email: 'a@b.cc', password: 'p' }),
    user(),
  ] as const);
  const [signedIn, registered, read] = results;
  if (signedIn.ok || registered.ok || read.ok) throw new Error('there is no service');
  // @ts-expect-error A sign-in does not tell whether an address is taken.
  const wrong = signedIn.problem.code === 'email_taken';
  const right = registered.problem.code === 'email_taken';
  // @ts-expect-error There is no such code.
  const unknown = read.problem.code === 'no_such_code';
  expect([wrong, right, unknown]).toEqual([false, false, false]);
  expect(results.map((result) => !result.ok && result.problem.code)).toEqual([
    ...['network_error', 'network_error', 'unauthenticated'],
  ]);
});
