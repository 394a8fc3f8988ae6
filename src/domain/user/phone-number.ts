import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { InvalidValue } from '../errors.ts';
import type { RuleLevel } from './profile-rules.ts';

declare const phoneNumber: unique symbol;
/** A telephone number in E.164 form, such as `+442079460000`. */
export type PhoneNumber = string & { readonly [phoneNumber]: true };

/** ITU-T E.164: a plus sign and at most 15 digits, the first not zero. */
const E164 = /^\+[1-9]\d{1,14}$/;
/** Fewer digits are a country code without a number. */
const PERMISSIVE_E164 = /^\+[1-9]\d{3,14}$/;

/**
 * Parses a number in E.164 form; other spellings are rejected, not rewritten. At the level `strict` the numbering plans
 * of libphonenumber decide which numbers are valid; at `permissive` every number of 4 to 15 digits is.
 * @throws InvalidValue
 */
export function parsePhoneNumber(input: string, level: RuleLevel): PhoneNumber {
  if (level === 'permissive') {
    if (PERMISSIVE_E164.test(input)) return input as PhoneNumber;
    throw new InvalidValue(
      'phone_format',
      'Must be in E.164 form: a plus sign and 4 to 15 digits, the first not zero.',
    );
  }
  if (!E164.test(input)) {
    throw new InvalidValue(
      'phone_format',
      'Must be in E.164 form: a plus sign, country code and number, digits only.',
    );
  }
  const parsed = parsePhoneNumberFromString(input);
  if (parsed === undefined || !parsed.isValid() || parsed.number !== input) {
    throw new InvalidValue(
      'phone_invalid',
      'Must be a number that exists in its country\u2019s numbering plan.',
    );
  }
  return input as PhoneNumber;
}
