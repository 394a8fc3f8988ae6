import type { Result } from '../result.ts';
import type { Verified, VerifiedService, VerifiedUser } from './claims.ts';
import type { VerifyResult } from './judge.ts';
import type { VerifyProblem } from './problems.ts';
import type { Verifier } from './verifier.ts';

/** Whose tokens are accepted. */
export type Allowed = 'user' | 'service' | 'any';

/** What a token of this kind is verified to. */
export type PrincipalOf<A extends Allowed> = {
  readonly user: VerifiedUser;
  readonly service: VerifiedService;
  readonly any: Verified;
}[A];

/** What a route requires of a token. */
export interface Requirements<A extends Allowed = Allowed> {
  /** `user` by default. */
  readonly allow?: A;
  /** All of them have to be in `scope`. Tokens of users have no scopes, so this is for `service`. */
  readonly scopes?: readonly string[];
  /** The user has to have proved a password within as many seconds (RFC 9470). */
  readonly maxAgeSeconds?: number;
}

/** An RFC 9457 document, with the codes of user-service. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code:
    | VerifyProblem['code']
    /** The token is of another kind, or lacks a scope. */
    | 'forbidden'
    /** The last proof of the password is too old. */
    | 'step_up_required';
}

/** A refusal as the client gets it: RFC 6750 §3 for status 401 and 403, `Retry-After` for 503. */
export interface Denial {
  readonly status: 401 | 403 | 503;
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ProblemDocument;
}

/** The principal, or the response that refuses the request. */
export type Authorized<A extends Allowed> = Result<PrincipalOf<A>, Denial>;

const TITLES = {
  unauthenticated: 'Authentication is required',
  invalid_token: 'The access token is not valid',
  forbidden: 'The token does not allow this',
  step_up_required: 'A recent authentication is required',
  unavailable: 'Not available now',
} as const;
const BEARER = /^bearer +\S/i;

/**
 * Decides about a request by its header `Authorization`. All middleware of this package is made of it. As `verify`, it
 * returns a promise only when something has to be fetched.
 * @param now milliseconds since the epoch; for `maxAgeSeconds`
 */
export function authorize<A extends Allowed = 'user'>(
  verifier: Pick<Verifier, 'verify'>,
  authorization: string | null | undefined,
  requirements: Requirements<A> = {},
  now: () => number = Date.now,
): Authorized<A> | Promise<Authorized<A>> {
  // A bare token is no credential of HTTP.
  const header = BEARER.test(authorization ?? '') ? authorization : null;
  const result = verifier.verify(header);
  if (result instanceof Promise) return result.then((it) => decide(it, requirements, now));
  return decide(result, requirements, now);
}

function decide<A extends Allowed>(
  result: VerifyResult,
  { allow, scopes = [], maxAgeSeconds }: Requirements<A>,
  now: () => number,
): Authorized<A> {
  if (!result.ok) return deny(result.problem);
  const principal = result.data;
  const kinds: Allowed = allow ?? 'user';
  if (kinds !== 'any' && principal.kind !== kinds) {
    return refuse('forbidden', 403, `The token of a ${kinds} is required.`, {
      'www-authenticate': 'Bearer error="insufficient_scope"',
    });
  }
  if (!scopes.every((scope) => principal.scopes.includes(scope))) {
    return refuse('forbidden', 403, 'The token lacks a scope.', {
      'www-authenticate': `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"`,
    });
  }
  if (maxAgeSeconds !== undefined && ageOf(principal, now) > maxAgeSeconds) {
    return refuse('step_up_required', 401, 'Authenticate again, and retry with the new token.', {
      'www-authenticate': `Bearer error="insufficient_user_authentication", max_age="${maxAgeSeconds}"`,
    });
  }
  return { ok: true, data: principal as PrincipalOf<A> };
}

/** Seconds since the proof of the password. */
function ageOf({ claims }: Verified, now: () => number): number {
  return Math.floor(now() / 1_000) - (claims.auth_time ?? Number.NEGATIVE_INFINITY);
}

function deny(problem: VerifyProblem) {
  const { code, status, detail } = problem;
  switch (code) {
    // A request without credentials gets no error code (RFC 6750 §3.1).
    case 'unauthenticated':
      return refuse(code, status, detail, { 'www-authenticate': 'Bearer' });
    case 'invalid_token':
      return refuse(code, status, detail, { 'www-authenticate': 'Bearer error="invalid_token"' });
    case 'unavailable':
      return refuse(code, status, detail, { 'retry-after': String(problem.retryAfterSeconds) });
  }
}

function refuse(
  code: ProblemDocument['code'],
  status: Denial['status'],
  detail: string,
  headers: Readonly<Record<string, string>>,
) {
  const type = `urn:user-service:problem:${code}`;
  const problem: Denial = {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...headers,
    },
    body: { type, title: TITLES[code], status, detail, code },
  };
  return { ok: false, problem } as const;
}
