import type { ClientProblem } from '../calls/problems.ts';
import type {
  ChangePasswordProblem,
  ConfirmEmailVerificationProblem,
  ConfirmPasswordResetProblem,
  EndAllSessionsProblem,
  GetMeProblem,
  ReauthenticateSessionProblem,
  RegisterUserProblem,
  RequestEmailVerificationProblem,
  RequestPasswordResetProblem,
  SignInProblem,
} from '../generated/operations.ts';
import type { FieldError, Problems } from '../generated/problems.ts';
import type {
  IssuedTokens,
  Registration,
  RegistrationRequested,
  RequestedChallenge,
  User,
} from '../generated/schemas.ts';
import type { Result } from '../result.ts';

export type { Registration, User };

/** A field that broke a rule. */
export type FieldProblem = FieldError;

/** No answer of the service: nothing is known about the request. */
type NoAnswer =
  /** The request or its response did not get through. */
  | 'network_error'
  /** No response in time. */
  | 'deadline_exceeded'
  /** The response is not one of the service, such as a page of a proxy. */
  | 'invalid_response';

/** Codes that every call can have. */
export type AnyCode =
  | NoAnswer
  | (keyof Problems &
      (
        | 'validation_failed'
        | 'rate_limited'
        | 'overloaded'
        | 'unavailable'
        | 'outcome_unknown'
        | 'internal_error'
        | 'session_cookie_refused'
      ));

/** Refusals of what this entry never sends, and of callers that are services. */
type NeverSent =
  | 'malformed_request'
  | 'request_timeout'
  | 'payload_too_large'
  | 'uri_too_long'
  | 'unsupported_media_type'
  | 'expectation_failed'
  | 'headers_too_large'
  | `idempotency_${string}`
  | 'forbidden';

/** The codes of an operation besides those that every call can have. */
type CodeOf<OperationProblem extends { readonly code: string }> = Exclude<
  OperationProblem['code'],
  AnyCode | NeverSent | ClientProblem['code']
>;

/**
 * Why a call failed. Decide by `code`; a newer service may send others, so keep a default branch.
 * @typeParam Code - what this call can have besides
 */
export interface Problem<Code extends string = never> {
  readonly code: Code | AnyCode;
  /** HTTP status; 0 with `network_error` and `deadline_exceeded`. */
  readonly status: number;
  /** In words, for logs and developers. */
  readonly detail: string;
  /** With `validation_failed`, else empty. */
  readonly errors: readonly FieldProblem[];
  /** Seconds to wait before another try, where the service says so. */
  readonly retryAfterSeconds: number | null;
  /** The id to give to the operator of the service; empty without an answer. */
  readonly requestId: string;
}

export type CallResult<T, Code extends string = never> = Result<T, Problem<Code>>;

/** Codes of calls with an access token. */
export type SessionCode = CodeOf<
  GetMeProblem | EndAllSessionsProblem | ReauthenticateSessionProblem
>;
/** No token is sent. */
export type RegisterCode = Exclude<CodeOf<RegisterUserProblem>, 'invalid_token'>;
export type SignInCode = CodeOf<SignInProblem>;
export type PasswordCode = Exclude<CodeOf<ChangePasswordProblem>, SessionCode>;
export type MailCode = CodeOf<RequestEmailVerificationProblem | RequestPasswordResetProblem>;
export type ChallengeCode = CodeOf<ConfirmEmailVerificationProblem | ConfirmPasswordResetProblem>;

/** A mail is sent soon; its code counts only together with the id. */
export type RequestedMail = RequestedChallenge;

/** With `registration.existing_email: conceal` a mail is sent, whether the address is free or taken. */
export type Registered = User | RegistrationRequested;

/** The token of a link, or the code of a mail. */
export type Proof =
  | { readonly token: string }
  | { readonly challenge_id: string; readonly code: string };

/** Who is signed in, as far as this browser knows. The same object until it changes. */
export type SessionState =
  | { readonly status: 'signed_out' }
  | { readonly status: 'signed_in'; readonly userId: string; readonly sessionId: string };

/** The response with tokens; that of a sign-in has a token of the device, too. */
export type Tokens = IssuedTokens & { readonly device_token?: string };
