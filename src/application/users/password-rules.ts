import { invalidFields } from '../../domain/errors.ts';
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
 * Looks a password up that passed every other rule: after them, since they cost nothing, and before it is hashed. When
 * nobody can tell, it is accepted; the look-up counts that, and the blocklist has spoken already.
 * @throws DomainError `validation_failed` for this field
 */
export async function refuseBreachedPassword(
  rules: Pick<PasswordRules, 'breached'>,
  name: string,
  password: PreparedPassword,
): Promise<void> {
  const answer = await rules.breached?.lookUp(password);
  if (answer?.checked !== true || answer.count === 0) return;
  const message = 'Is known from a data breach; choose another.';
  throw invalidFields([{ field: name, code: 'password_breached', message }]);
}
