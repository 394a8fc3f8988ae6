import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, expectTypeOf, test } from 'vitest';
import { compileTypes } from '../../../../test/support/compile-types.ts';
import type { BrowserSession } from '../browser.ts';
import type { AnyCode } from './types.ts';

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

type Method =
  | ('register' | 'signIn' | 'user' | 'signOut' | 'reauthenticate' | 'changePassword')
  | ('requestEmailVerification' | 'confirmEmailVerification')
  | ('requestPasswordReset' | 'confirmPasswordReset');
type Failure<M extends Method> = Extract<
  Awaited<ReturnType<BrowserSession[M]>>,
  { readonly ok: false }
>;
type CodesOf<M extends Method> = Exclude<Failure<M>['problem']['code'], AnyCode>;

const any: Readonly<Record<AnyCode, true>> = {
  ...{ network_error: true, deadline_exceeded: true, invalid_response: true },
  ...{ validation_failed: true, rate_limited: true, overloaded: true, unavailable: true },
  ...{ outcome_unknown: true, internal_error: true, session_cookie_refused: true },
};
const session = { unauthenticated: true, invalid_token: true, user_not_found: true } as const;
const challenge = { challenge_invalid: true, version_exhausted: true } as const;

/** Compiles only with exactly the codes of each call. */
const codes: { readonly [M in Method]: Readonly<Record<CodesOf<M>, true>> } = {
  register: { email_taken: true, registration_closed: true, invitation_invalid: true },
  signIn: { invalid_credentials: true, password_expired: true, email_unverified: true },
  ...{ user: session, signOut: session, reauthenticate: session },
  changePassword: { ...session, step_up_required: true, version_exhausted: true },
  ...{ requestEmailVerification: {}, requestPasswordReset: {} },
  ...{ confirmEmailVerification: challenge, confirmPasswordReset: challenge },
};
/** A page has no service key, and its session is a user's. */
const ofServices = ['forbidden'];

test.each<[path: string, call: Method, others: readonly string[]]>([
  ['post /v1/sessions', 'signIn', []],
  ['post /v1/users', 'register', ['invalid_token']],
  ['get /v1/me', 'user', ofServices],
  ['delete /v1/sessions', 'signOut', ofServices],
  ['delete /v1/sessions/current', 'signOut', [...ofServices, 'session_not_found']],
  ['post /v1/sessions/current/reauthenticate', 'reauthenticate', ofServices],
  ['put /v1/users/{id}/password', 'changePassword', ofServices],
  ['post /v1/email-verifications', 'requestEmailVerification', []],
  ['post /v1/email-verifications/confirm', 'confirmEmailVerification', []],
  ['post /v1/password-resets', 'requestPasswordReset', []],
  ['post /v1/password-resets/confirm', 'confirmPasswordReset', []],
])('%s has the codes of %s in the API document', (operation, call, others) => {
  const [method = '', path = ''] = operation.split(' ');
  const documented = documentedCodes(method, path);
  const own = Object.keys(codes[call]);
  const typed = new Set([...Object.keys(any), ...own, ...others]);
  expect(documented).toContain('unavailable');
  expect(documented.filter((code) => !typed.has(code))).toEqual([]);
  expect(own.filter((code) => !documented.includes(code))).toEqual([]);
});

/** The compiler reads it; it is never called. */
async function misuse({ signIn, register, user }: BrowserSession): Promise<void> {
  const signedIn = await signIn({ email: 'a@b.cc', password: 'p' });
  // @ts-expect-error The result has to be looked at first.
  signedIn.data.status;
  // @ts-expect-error A sign-in does not tell whether an address is taken.
  if (!signedIn.ok && signedIn.problem.code === 'email_taken') return;
  const names = { first_name: 'A', last_name: 'B' };
  const registered = await register({ ...names, email: 'a@b.cc', password: 'p' });
  if (!registered.ok && registered.problem.code === 'email_taken') return;
  const read = await user();
  // @ts-expect-error There is no such code.
  if (!read.ok && read.problem.code === 'no_such_code') return;
}

test('each call has its own codes: the compiler finds others, and those that are missing here', async () => {
  expect(await compileTypes(fileURLToPath(import.meta.url))).toBe('');
  expectTypeOf(misuse).parameter(0).toEqualTypeOf<BrowserSession>();
});
