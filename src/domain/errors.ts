/**
 * Codes of expected rejections. A code is public: clients match on it, and the error reference lists it. An edge that
 * does not map every code does not compile. The constructors are in `rejections.ts`.
 */
export type DomainErrorCode =
  | 'validation_failed'
  | 'user_not_found'
  | 'email_taken'
  | 'registration_closed'
  | 'invitation_invalid'
  | 'invitation_not_found'
  | 'version_mismatch'
  | 'version_required'
  | 'version_exhausted'
  | 'invalid_credentials'
  | 'password_expired'
  | 'invalid_grant'
  | 'email_unverified'
  | 'challenge_invalid'
  | 'invalid_token'
  | 'unauthenticated'
  | 'step_up_required'
  | 'forbidden'
  | 'position_gone'
  | 'session_cookie_refused'
  | 'session_not_found'
  | 'service_account_not_found'
  | 'service_account_name_taken'
  | 'too_many_service_keys'
  | 'webhook_endpoint_not_found'
  | 'webhook_delivery_not_found'
  | 'webhook_limit_reached'
  | 'rate_limited'
  | 'idempotency_key_reused'
  | 'idempotency_in_progress'
  | 'idempotency_answer_not_kept'
  | 'signing_key_not_found'
  | 'signing_key_in_use'
  | 'overloaded'
  | 'unavailable'
  | 'outcome_unknown';

/** A field that broke a rule. `field` is a JSON name of the input, such as `first_name`, or `ids/3` for an element. */
export interface FieldError {
  readonly field: string;
  readonly code: string;
  readonly message: string;
}

interface DomainErrorDetails {
  readonly cause?: unknown;
  readonly fields?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
  readonly violatedPolicies?: readonly string[];
  readonly maxAgeSeconds?: number;
  readonly oldestPosition?: string;
}

/** An expected rejection. The message is safe to show to any caller and never repeats input. */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly code: DomainErrorCode;
  /** Empty unless the code is `validation_failed`. */
  readonly fields: readonly FieldError[];
  /** Whole seconds after which a retry makes sense; absent for most codes. */
  readonly retryAfterSeconds: number | undefined;
  /** Public names of the client's policies that refused a `rate_limited` request; often empty. */
  readonly violatedPolicies: readonly string[];
  /** Longest time since the authentication that the change allows; only with `step_up_required`. */
  readonly maxAgeSeconds: number | undefined;
  /** The oldest position of the feed that can be gone on from; only with `position_gone`. */
  readonly oldestPosition: string | undefined;

  constructor(code: DomainErrorCode, message: string, details: DomainErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.fields = details.fields ?? [];
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.violatedPolicies = details.violatedPolicies ?? [];
    this.maxAgeSeconds = details.maxAgeSeconds;
    this.oldestPosition = details.oldestPosition;
  }
}

/** Thrown by a value object's parser; `validateFields` turns it into a `FieldError` under the field's name. */
export class InvalidValue extends Error {
  override readonly name = 'InvalidValue';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

type Parsers = Readonly<Record<string, () => unknown>>;
type Parsed<P extends Parsers> = { readonly [K in keyof P]: ReturnType<P[K]> };

/**
 * Runs every parser and reports all field errors together, each under its key in snake_case.
 * @throws DomainError `validation_failed` with one entry for each field whose parser threw `InvalidValue`.
 */
export function validateFields<P extends Parsers>(parsers: P): Parsed<P> {
  const fields: FieldError[] = [];
  const parsed: Record<string, unknown> = {};
  for (const [field, parse] of Object.entries(parsers)) {
    try {
      parsed[field] = parse();
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      fields.push({ field: snakeCase(field), code: error.code, message: error.message });
    }
  }
  if (fields.length > 0) throw invalidFields(fields);
  return parsed as Parsed<P>;
}

export function invalidFields(fields: readonly FieldError[]): DomainError {
  return new DomainError('validation_failed', 'One or more fields are not valid.', { fields });
}

function snakeCase(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
