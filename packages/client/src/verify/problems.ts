/** Why a token is refused. Stable; for logs and tests, never for the client that sent the token. */
export type InvalidTokenReason =
  | 'malformed'
  | 'type'
  | 'algorithm'
  | 'unknown_key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'not_yet_valid'
  | 'claims'
  | 'revoked';

/** What cannot be known now, so that a token that may be valid is refused. */
export type UnavailableReason = 'keys' | 'revocations' | 'introspection';

/** The request has no bearer token. */
export interface Unauthenticated {
  readonly code: 'unauthenticated';
  readonly status: 401;
  readonly detail: string;
}

/** The token is not valid. Another attempt with it is refused again. */
export interface InvalidToken {
  readonly code: 'invalid_token';
  readonly status: 401;
  readonly detail: string;
  readonly reason: InvalidTokenReason;
}

/** The token cannot be judged now. Try again. */
export interface Unavailable {
  readonly code: 'unavailable';
  readonly status: 503;
  readonly detail: string;
  readonly reason: UnavailableReason;
  /** Whole seconds. */
  readonly retryAfterSeconds: number;
}

export type VerifyProblem = Unauthenticated | InvalidToken | Unavailable;

export interface Refused<P extends VerifyProblem = VerifyProblem> {
  readonly ok: false;
  readonly problem: P;
}

export const UNAUTHENTICATED: Refused<Unauthenticated> = refused({
  code: 'unauthenticated',
  status: 401,
  detail: 'The request has no bearer token.',
});

export function invalidToken(reason: InvalidTokenReason): Refused<InvalidToken> {
  return INVALID[reason];
}

export function unavailable(reason: UnavailableReason): Refused<Unavailable> {
  return UNAVAILABLE[reason];
}

/** Made once: a flood of bad tokens allocates no answers. */
const INVALID = eachReason(
  [
    ...(['malformed', 'type', 'algorithm', 'unknown_key', 'signature', 'issuer'] as const),
    ...(['audience', 'expired', 'not_yet_valid', 'claims', 'revoked'] as const),
  ],
  (reason) => {
    const detail = 'The access token is not valid.';
    return refused<InvalidToken>({ code: 'invalid_token', status: 401, detail, reason });
  },
);
const UNAVAILABLE = eachReason(['keys', 'revocations', 'introspection'], (reason) => {
  const detail = 'Access tokens cannot be checked now. Try again.';
  const body = { code: 'unavailable', status: 503, detail, reason, retryAfterSeconds: 1 } as const;
  return refused<Unavailable>(body);
});

function eachReason<R extends string, T>(
  reasons: readonly R[],
  create: (reason: R) => T,
): Readonly<Record<R, T>> {
  const entries = reasons.map((reason) => [reason, create(reason)] as const);
  return Object.fromEntries(entries) as Record<R, T>;
}

function refused<P extends VerifyProblem>(problem: P): Refused<P> {
  return Object.freeze({ ok: false, problem: Object.freeze(problem) });
}
