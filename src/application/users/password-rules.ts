import { invalidFields } from '../../domain/errors.ts';
import { unavailable } from '../../domain/rejections.ts';
import {
  type BreachedPasswords,
  type PasswordBlocklist,
  type PasswordPolicy,
  type PreparedPassword,
  parseNewPassword,
  passwordContextWords,
} from '../../domain/user/password.ts';

/** What every new password must pass. */
export interface PasswordRules {
  readonly policy: PasswordPolicy;
  readonly blocklist: PasswordBlocklist;
  readonly serviceName: string;
  /** Absent where the look-up is turned off. */
  readonly breached?: BreachedPasswords;
}

/** About as long as a source that failed is left alone. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Reads a new password for the account with this address.
 * @throws InvalidValue
 */
export function readNewPassword(
  rules: PasswordRules,
  input: string,
  email: string,
): PreparedPassword {
  return parseNewPassword(input, {
    policy: rules.policy,
    blocklist: rules.blocklist,
    words: passwordContextWords(rules.serviceName, email),
  });
}

/**
 * Looks a password up that passed every other rule: after them, since they cost nothing, and before it is hashed.
 * @throws DomainError `validation_failed` for this field; `unavailable` when nobody can tell and that is not to be
 * passed over
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
