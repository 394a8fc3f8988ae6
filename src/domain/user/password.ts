import { InvalidValue } from '../errors.ts';
import { codePointLength } from '../text.ts';

declare const preparedPassword: unique symbol;
/** A password as it is hashed: after RFC 8265 OpaqueString preparation, version `PASSWORD_NORMALIZATION_VERSION`. */
export type PreparedPassword = string & { readonly [preparedPassword]: true };

/**
 * Version of the normalization below, stored with every hash, so that a later version can tell which hashes are old.
 * 1 = RFC 8265 OpaqueString: non-ASCII spaces become U+0020, then NFC.
 */
export const PASSWORD_NORMALIZATION_VERSION = 1;

/** What an operator may tighten. Lengths in code points (NIST SP 800-63B-4 §3.1.1.2). */
export interface PasswordPolicy {
  readonly minLength: number;
  readonly maxLength: number;
}

/** Passwords that attackers try first. Always local, so that it works whatever else is down. */
export interface PasswordBlocklist {
  /** Whether the lower-cased password is on the list. */
  has(lowerCased: string): boolean;
}

/** What is known of a password from breaches. Unchecked when the source did not answer in time or not sensibly. */
export type BreachAnswer =
  | { readonly checked: true; readonly count: number }
  | { readonly checked: false };

/** Passwords known from breaches, at a source that may be away (OWASP ASVS 6.2.12). */
export interface BreachedPasswords {
  /** Whether a password that could not be checked is accepted: the local list has spoken already. */
  readonly failOpen: boolean;
  /** Never rejects, and answers within a deadline of its own. */
  lookUp(password: PreparedPassword): Promise<BreachAnswer>;
}

/** Words that make a password guessable for this account: the service's name, the e-mail's local part. */
export interface PasswordContext {
  readonly policy: PasswordPolicy;
  readonly blocklist: PasswordBlocklist;
  readonly words: readonly string[];
}

/** Context words shorter than this occur in honest passphrases by chance. */
const CONTEXT_WORD_MIN_LENGTH = 4;
/** A password that adds fewer characters than this to a context word is only a derivative of it. */
const CONTEXT_WORD_MIN_REST = 4;

/**
 * Prepares a password for comparison with a stored hash (RFC 8265 OpaqueString §4.2). No rule is checked: what was
 * accepted once must be able to sign in for ever. Text that is not Unicode gives `null`, which matches no hash.
 */
export function preparePassword(input: string): PreparedPassword | null {
  if (/\p{Surrogate}/u.test(input)) return null;
  return input.replace(/\p{Zs}/gu, ' ').normalize('NFC') as PreparedPassword;
}

/**
 * Reads a new password against every rule: length in code points, no controls, not on the blocklist, not a derivative
 * of a context word. No composition rules (NIST SP 800-63B-4 §3.1.1.2 forbids them).
 * @throws InvalidValue whose message never contains the password.
 */
export function parseNewPassword(input: string, context: PasswordContext): PreparedPassword {
  const prepared = preparePassword(input);
  if (prepared === null || /\p{Cc}/u.test(prepared)) {
    throw new InvalidValue(
      'password_characters',
      'Must be Unicode text without control characters.',
    );
  }
  const { minLength, maxLength } = context.policy;
  const length = codePointLength(prepared);
  if (length < minLength) {
    throw new InvalidValue('password_too_short', `Must have at least ${minLength} characters.`);
  }
  if (length > maxLength) {
    throw new InvalidValue('password_too_long', `Must have at most ${maxLength} characters.`);
  }
  const lowerCased = prepared.toLowerCase();
  if (context.blocklist.has(lowerCased) || isDerivative(lowerCased, context.words)) {
    throw new InvalidValue(
      'password_too_common',
      'Is among the passwords that attackers try first; choose another.',
    );
  }
  return prepared;
}

function isDerivative(lowerCased: string, words: readonly string[]): boolean {
  return words.some((word) => {
    const lowerWord = word.toLowerCase();
    if (codePointLength(lowerWord) < CONTEXT_WORD_MIN_LENGTH || !lowerCased.includes(lowerWord))
      return false;
    return codePointLength(lowerCased) - codePointLength(lowerWord) < CONTEXT_WORD_MIN_REST;
  });
}

/** Context words for an account with this address. */
export function passwordContextWords(serviceName: string, email: string): readonly string[] {
  const [local = ''] = email.split('@');
  return [serviceName, serviceName.replaceAll('-', ''), local, email];
}
