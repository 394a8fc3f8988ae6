import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyText } from '../../../test/support/any-text.ts';
import { InvalidValue } from '../errors.ts';
import { parsePhoneNumber } from './phone-number.ts';
import type { RuleLevel } from './profile-rules.ts';

function rejectionOf(input: string, level: RuleLevel = 'strict'): string {
  try {
    parsePhoneNumber(input, level);
  } catch (error) {
    if (error instanceof InvalidValue) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('a phone number', () => {
  test.each([
    ['of Britain', '+442079460000'],
    ['of the USA', '+12125550123'],
    ['of Germany', '+493012345678'],
    ['of Italy, with the leading zero that belongs to it', '+390612345678'],
    ['of Argentina, a mobile', '+5491112345678'],
    ['of no country, free of charge', '+80012345678'],
  ])('%s stays as it is', (_what, number) =>
    expect(parsePhoneNumber(number, 'strict')).toBe(number),
  );

  test.each([
    ['without the plus sign', '442079460000', 'phone_format'],
    ['with 00 for the plus sign', '00442079460000', 'phone_format'],
    ['with spaces', '+44 20 7946 0000', 'phone_format'],
    ['with punctuation', '+44(0)20-7946-0000', 'phone_format'],
    ['with an extension', '+442079460000x12', 'phone_format'],
    ['with digits of another script', '+٤٤٢٠٧٩٤٦٠٠٠٠', 'phone_format'],
    ['with a line break', '+442079460000\n', 'phone_format'],
    ['with 16 digits', '+1234567890123456', 'phone_format'],
    ['with a country code that begins with zero', '+0442079460000', 'phone_format'],
    ['that is empty', '', 'phone_format'],
    ['of an unassigned country code', '+999123456789', 'phone_invalid'],
    ['that is too long for its country', '+4420794600001', 'phone_invalid'],
    ['that is too short for its country', '+44207946', 'phone_invalid'],
    ['with a trunk prefix', '+4402079460000', 'phone_invalid'],
  ])('%s is refused', (_what, number, code) => expect(rejectionOf(number)).toBe(code));

  test('is returned unchanged or rejected, for any text', () => {
    const digits = fc.stringMatching(/^\+[0-9]{1,16}$/);
    fc.assert(
      fc.property(fc.oneof(digits, anyText()), (text) => {
        if (rejectionOf(text) === 'accepted') expect(parsePhoneNumber(text, 'strict')).toBe(text);
      }),
    );
  });

  test.each(['+9991', '+999123456789', '+4402079460000', '+123456789012345', '+442079460000'])(
    'in E.164 form is accepted at the level permissive: %s',
    (number) => expect(parsePhoneNumber(number, 'permissive')).toBe(number),
  );

  test.each([
    ['with three digits', '+999'],
    ['with 16 digits', '+1234567890123456'],
    ['with a country code that begins with zero', '+0442079460000'],
    ['with spaces', '+44 20 7946 0000'],
    ['with a line break', '+442079460000\n'],
    ['with digits of another script', '+٤٤٢٠٧٩٤٦٠٠٠٠'],
    ['that is empty', ''],
  ])('%s is refused at the level permissive too', (_what, number) =>
    expect(rejectionOf(number, 'permissive')).toBe('phone_format'),
  );
});
