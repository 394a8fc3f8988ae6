import { DomainError } from './errors.ts';

/** Seconds after which a caller may try again when the cause is usually over at once. */
const SOON_SECONDS = 1;

/** The caller has no valid credential. */
export function unauthenticated(): DomainError {
  return new DomainError('unauthenticated', 'A valid access token or service key is required.');
}

export function forbidden(message: string): DomainError {
  return new DomainError('forbidden', message);
}

export function invalidToken(message: string): DomainError {
  return new DomainError('invalid_token', message);
}

/** The user has to prove a password again (RFC 9470): the last time was too long ago. */
export function stepUpRequired(maxAgeMs: number): DomainError {
  return new DomainError(
    'step_up_required',
    'This change needs a recent authentication. Authenticate again, and repeat the request with the new token.',
    { maxAgeSeconds: Math.floor(maxAgeMs / 1_000) },
  );
}

/** No refresh token of a live session. One sentence for all reasons: the reason would help an attacker. */
export function invalidGrant(): DomainError {
  return new DomainError('invalid_grant', 'The refresh token is not valid.');
}

/** A failed sign-in. One sentence for all reasons, so that callers cannot learn which addresses have an account. */
export function invalidCredentials(cause?: unknown): DomainError {
  return new DomainError(
    'invalid_credentials',
    'The e-mail address or the password is not right.',
    { cause },
  );
}

/** The password is right, but an operator has expired it. */
export function passwordExpired(): DomainError {
  return new DomainError(
    'password_expired',
    'This password is no longer accepted. Set a new one by a password reset.',
  );
}

/** The password is right, but the address was not verified yet. Only a caller with the password learns it. */
export function emailUnverified(): DomainError {
  return new DomainError(
    'email_unverified',
    'The e-mail address of this account is not verified yet. A mail with a link was sent to it.',
  );
}

/** A code or link that proves nothing. One sentence for all reasons: the reason would help an attacker. */
export function challengeInvalid(): DomainError {
  return new DomainError(
    'challenge_invalid',
    'The code or link is wrong, has expired or was used already. Request a new one.',
  );
}

/** The user does not exist, or the caller may not know that the user exists. */
export function userNotFound(): DomainError {
  return new DomainError('user_not_found', 'There is no such user.');
}

export function emailTaken(cause?: unknown): DomainError {
  return new DomainError('email_taken', 'Another account uses this e-mail address.', { cause });
}

/** The mode of registration does not let this caller register. */
export function registrationClosed(message = 'Registration is closed.'): DomainError {
  return new DomainError('registration_closed', message);
}

/** No invitation in force. One sentence for all reasons. */
export function invitationInvalid(): DomainError {
  return new DomainError(
    'invitation_invalid',
    'The invitation is unknown, expired, revoked or already used.',
  );
}

export function invitationNotFound(): DomainError {
  return new DomainError('invitation_not_found', 'There is no such invitation.');
}

export function versionMismatch(): DomainError {
  return new DomainError('version_mismatch', 'The user has changed since that version was read.');
}

export function webhookVersionMismatch(): DomainError {
  return new DomainError(
    'version_mismatch',
    'The webhook endpoint has changed since that version was read.',
  );
}

export function webhookEndpointNotFound(): DomainError {
  return new DomainError('webhook_endpoint_not_found', 'There is no such webhook endpoint.');
}

export function webhookDeliveryNotFound(): DomainError {
  return new DomainError(
    'webhook_delivery_not_found',
    'The webhook endpoint has no such delivery.',
  );
}

/** @param what the things of which there are as many as there may be */
export function webhookLimitReached(what: string): DomainError {
  return new DomainError('webhook_limit_reached', `There may be at most ${what}.`);
}

/** For a precondition that no user can meet. */
export function versionUnreadable(): DomainError {
  return new DomainError(
    'version_mismatch',
    'If-Match has no entity tag of this service, such as "3". Send the ETag of the user unchanged; a proxy may have replaced it.',
  );
}

export function versionRequired(): DomainError {
  return new DomainError(
    'version_required',
    'An If-Match header with the version that this change was made from is required.',
  );
}

/** The version of the user is the largest one that can be stored, so nothing about the user can change. */
export function versionExhausted(): DomainError {
  return new DomainError(
    'version_exhausted',
    'The version of this user cannot rise any further, so the user cannot be changed or deleted.',
  );
}

/**
 * Events behind the position are not kept any more, or it belongs to a database that was replaced by an older copy.
 * @param oldest the oldest position that can be gone on from
 */
export function positionGone(oldest: string): DomainError {
  return new DomainError(
    'position_gone',
    'The feed cannot go on from this position. Build your copy of the users again, then go on from its position.',
    { oldestPosition: oldest },
  );
}

/** The position is of another copy of the database, or so old that its revocation is not kept. */
export function revocationsGone(): DomainError {
  return new DomainError(
    'position_gone',
    'The feed cannot go on from this position. Read the whole set again, without `after`, and replace yours.',
    { oldestPosition: '0' },
  );
}

/** A browser's session cookie is not for this request, or is turned off. @param message says why */
export function sessionCookieRefused(message: string): DomainError {
  return new DomainError('session_cookie_refused', message);
}

export function sessionNotFound(): DomainError {
  return new DomainError('session_not_found', 'There is no such session.');
}

export function serviceAccountNotFound(): DomainError {
  return new DomainError('service_account_not_found', 'There is no such service account in use.');
}

export function serviceAccountNameTaken(cause?: unknown): DomainError {
  return new DomainError(
    'service_account_name_taken',
    'Another service account in use has this name.',
    { cause },
  );
}

/**
 * Too many requests; nothing was done.
 * @param violatedPolicies public names of the client's policies; none where the counter belongs to an account
 */
export function rateLimited(
  retryAfterSeconds: number,
  violatedPolicies: readonly string[] = [],
): DomainError {
  return new DomainError('rate_limited', 'Too many requests. Try again after Retry-After.', {
    retryAfterSeconds,
    violatedPolicies,
  });
}

/** Another request of this caller used the key for something else. */
export function idempotencyKeyReused(): DomainError {
  return new DomainError(
    'idempotency_key_reused',
    'This Idempotency-Key was used for another request. Send each new request with a new key.',
  );
}

/** An equal request with the key has not ended yet. */
export function idempotencyInProgress(cause?: unknown): DomainError {
  return new DomainError(
    'idempotency_in_progress',
    'A request with this Idempotency-Key is still being processed. Repeat the request later.',
    { retryAfterSeconds: SOON_SECONDS, cause },
  );
}

/** The request took effect; its answer was too long to be stored. */
export function idempotencyAnswerNotKept(): DomainError {
  return new DomainError(
    'idempotency_answer_not_kept',
    'The request with this Idempotency-Key has taken effect, and its response was too long to keep. Read the result instead of repeating the request.',
  );
}

export function signingKeyNotFound(): DomainError {
  return new DomainError('signing_key_not_found', 'There is no such signing key.');
}

export function signingKeyInUse(): DomainError {
  return new DomainError(
    'signing_key_in_use',
    'This key signs access tokens. Rotate first, or retire it with force: a new key then signs at once.',
  );
}

export function tooManyServiceKeys(most: number): DomainError {
  return new DomainError(
    'too_many_service_keys',
    `The account has ${most} keys that work. Wait until one ends, or revoke the account.`,
  );
}

/** Too much work at once; nothing was done. */
export function overloaded(message: string, retryAfterSeconds?: number): DomainError {
  return retryAfterSeconds === undefined
    ? new DomainError('overloaded', message)
    : new DomainError('overloaded', message, { retryAfterSeconds });
}

/** A dependency is down or another change got in between; nothing was done. */
export function unavailable(
  message: string,
  { retryAfterSeconds = SOON_SECONDS, cause }: { retryAfterSeconds?: number; cause?: unknown } = {},
): DomainError {
  return new DomainError('unavailable', message, { retryAfterSeconds, cause });
}

/** The account changed between the check of a password and the lock of its row. */
export function accountChanged(): DomainError {
  return unavailable('The account changed meanwhile. Try again.');
}

/** The change may have taken place or not. */
/** The request's time is over, and nothing was changed. */
export function deadlineOver(): DomainError {
  return unavailable('The request could not be finished in time. Nothing was changed. Try again.');
}

export function outcomeUnknown(message: string, cause?: unknown): DomainError {
  return new DomainError('outcome_unknown', message, { cause });
}
