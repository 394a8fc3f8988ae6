import {
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
