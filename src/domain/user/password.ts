import { InvalidValue } from '../errors.ts';
import { codePointLength, hasMarkRunBeyond } from '../text.ts';
import { estimateGuesses, foldText, type PasswordBlocklist } from './password-guesses.ts';

declare const preparedPassword: unique symbol;
/** A password as it is hashed: after RFC 8265 OpaqueString preparation, version `PASSWORD_NORMALIZATION_VERSION`. */
export type PreparedPassword = string & { readonly [preparedPassword]: true };

/**
 * Version of the normalization below, stored with every hash, so that a later version can tell which hashes are old.
 * 1 = RFC 8265 OpaqueString: non-ASCII spaces become U+0020, then NFC.
 */
export const PASSWORD_NORMALIZATION_VERSION = 1;

/** The limits that an operator can change. Lengths in code points (NIST SP 800-63B-4 §3.1.1.2). */
export interface PasswordPolicy {
  readonly minLength: number;
  readonly maxLength: number;
}

/** Breaches of a password; `checked: false` when the source gave no usable response in time. */
export type BreachAnswer =
  | { readonly checked: true; readonly count: number }
  | { readonly checked: false };

/** Looks passwords up in known breaches, at a source that can be down (OWASP ASVS 6.2.12). */
export interface BreachedPasswords {
  /** Whether a password that could not be checked is accepted. The local list has accepted it before. */
  readonly failOpen: boolean;
  /** Never rejects, and resolves within its own deadline. */
  lookUp(password: PreparedPassword): Promise<BreachAnswer>;
}

/** The rules for a new password. `words` make it guessable for this account, such as the name of the service. */
export interface PasswordContext {
  readonly policy: PasswordPolicy;
  readonly blocklist: PasswordBlocklist;
  readonly words: readonly string[];
}

/**
 * Longest password that is prepared, in UTF-16 units: 4 for each of the 4,096 code points that `password.max_length`
 * can be at most, since decomposition (UAX #15) makes at most 4 of one. It does not follow the configured length, so
 * that older passwords stay valid when that is lowered.
 */
const PREPARED_MAX_LENGTH = 4 * 4_096;
/** Longest run of combining marks. NFC sorts each run in a time that grows with the square of its length. */
const MARK_RUN_MAX_LENGTH = 32;
/** What NFC and the mapping of spaces leave as it is. */
const ASCII = /^\p{ASCII}*$/u;

/** A password that takes fewer guesses is refused; the decimal logarithm. */
const ENOUGH_GUESSES = 6;
/** Between the words of an address, a name or the service's name. */
const WORD_SEPARATORS = /[^\p{L}\p{N}]+|(?<=\p{L})(?=\p{N})/u;

/**
 * Prepares a password for comparison with a stored hash (RFC 8265 OpaqueString §4.2). It checks no rule of new
 * passwords: one that was accepted once must stay valid.
 * @returns null for what cannot be a password: not Unicode, longer than any password, or with a run of combining marks
 * that would be slow to normalize. It matches no hash.
 */
export function preparePassword(input: string): PreparedPassword | null {
  if (input.length > PREPARED_MAX_LENGTH) return null;
  if (ASCII.test(input)) return input as PreparedPassword;
  if (/\p{Surrogate}/u.test(input) || hasMarkRunBeyond(MARK_RUN_MAX_LENGTH, input)) return null;
  return input.replace(/(?! )\p{Zs}/gu, ' ').normalize('NFC') as PreparedPassword;
}

/**
 * Prepares a password that is to be verified. What cannot be a password becomes the empty text, which matches no hash
 * either and takes as long as any wrong password (OWASP ASVS 6.3.8).
 */
export function preparePasswordAttempt(input: string): PreparedPassword {
  return preparePassword(input) ?? ('' as PreparedPassword);
}

/**
 * Checks a new password against every rule: length in code points, no controls, not listed, and not to be guessed
 * from lists, patterns and the words of the account. There are no composition rules (NIST SP 800-63B-4 §3.1.1.2 forbids them).
 * @throws InvalidValue whose message never contains the password.
 */
export function parseNewPassword(input: string, context: PasswordContext): PreparedPassword {
  const { minLength, maxLength } = context.policy;
  // Judged again below in code points; here so that no work is done on what is too long in any encoding.
  if (input.length > 4 * maxLength) throw tooLong(maxLength);
  const prepared = preparePassword(input);
  if (prepared === null || /\p{Cc}/u.test(prepared)) {
    throw new InvalidValue(
      'password_characters',
      'Must be Unicode text without control characters or long runs of combining marks.',
    );
  }
  const length = codePointLength(prepared);
  if (length < minLength) {
    throw new InvalidValue('password_too_short', `Must have at least ${minLength} characters.`);
  }
  if (length > maxLength) throw tooLong(maxLength);
  if (isGuessable(prepared, context)) {
    throw new InvalidValue(
      'password_too_common',
      'Is among the passwords that attackers try first; choose another.',
    );
  }
  return prepared;
}

function tooLong(maxLength: number): InvalidValue {
  return new InvalidValue('password_too_long', `Must have at most ${maxLength} characters.`);
}

function isGuessable(password: PreparedPassword, { blocklist, words }: PasswordContext): boolean {
  const folded = foldText(password);
  const withoutSigns = folded.replace(/[^\p{L}\p{N}]/gu, '');
  if (
    [password.toLowerCase(), folded, withoutSigns].some((text) => blocklist.rankOf(text) !== null)
  )
    return true;
  return estimateGuesses(password, words, blocklist, ENOUGH_GUESSES) < ENOUGH_GUESSES;
}

/** What a password must not be made of. */
export interface PasswordOwner {
  readonly email: string;
  /** First and last name, as far as they are known. */
  readonly names: readonly string[];
}

/** Longer texts are no words of a person; the text may not have been validated. In UTF-16 units. */
const CONTEXT_TEXT_MAX_LENGTH = 512;

/**
 * Words that make a password guessable: the service's name, the address and the names, whole and in parts. Of the
 * domain only the first label counts: the rest occurs in good passwords.
 */
export function passwordContextWords(serviceName: string, owner: PasswordOwner): readonly string[] {
  const [local = '', domain = ''] = owner.email.split('@', 2);
  const [firstLabel = ''] = domain.split('.', 1);
  const texts = [serviceName, local, firstLabel, ...owner.names]
    .filter((text) => text.length <= CONTEXT_TEXT_MAX_LENGTH)
    .flatMap((text) => {
      const parts = text.split(WORD_SEPARATORS);
      return [text, parts.join(''), ...parts];
    });
  return [...new Set([owner.email, ...texts])].filter((word) => word.length > 0);
}
