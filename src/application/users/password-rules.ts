import { invalidFields } from '../../domain/errors.ts';
import { unavailable } from '../../domain/rejections.ts';
import {
  type BreachedPasswords,
  type PasswordOwner,
  type PasswordPolicy,
  type PreparedPassword,
  parseNewPassword,
  passwordContextWords,
} from '../../domain/user/password.ts';
import type { PasswordBlocklist } from '../../domain/user/password-guesses.ts';

/** The rules for every new password. */
export interface PasswordRules {
  readonly policy: PasswordPolicy;
  readonly blocklist: PasswordBlocklist;
  readonly serviceName: string;
  /** Absent when the look-up is off. */
  readonly breached?: BreachedPasswords;
}

/** About as long as no look-up is tried after a failure. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Checks a new password for the account of this person.
 * @throws InvalidValue
 */
export function readNewPassword(
  rules: PasswordRules,
  input: string,
  owner: PasswordOwner,
): PreparedPassword {
  return parseNewPassword(input, {
    policy: rules.policy,
    blocklist: rules.blocklist,
    words: passwordContextWords(rules.serviceName, owner),
  });
}

/**
 * Rejects a password that is known from a breach. Call it after the other rules, which need no network, and before the
 * password is hashed.
 * @throws DomainError `validation_failed` for this field; `unavailable` when the look-up fails and `failOpen` is false
 */
export async function refuseBreachedPassword(
  rules: Pick<PasswordRules, 'breached'>,
  name: string,
  password: PreparedPassword,
): Promise<void> {
  const { breached } = rules;
  if (breached === undefined) return;
  const answer = await breached.lookUp(password);
  if (!answer.checked) {
    if (breached.failOpen) return;
    throw unavailable('New passwords cannot be checked now. Try again.', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }
  if (answer.count === 0) return;
  const message = 'Is known from a data breach; choose another.';
  throw invalidFields([{ field: name, code: 'password_breached', message }]);
}
