import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyText } from '../../../test/support/any-text.ts';
import { InvalidValue } from '../errors.ts';
import {
  type PasswordContext,
  parseNewPassword,
  passwordContextWords,
  preparePassword,
  preparePasswordAttempt,
} from './password.ts';

const open: PasswordContext = {
  policy: { minLength: 8, maxLength: 256 },
  blocklist: { rankOf: () => null, directionOf: () => null },
  words: [],
};

function rejectionOf(input: string, context: Partial<PasswordContext> = {}): string {
  try {
    parseNewPassword(input, { ...open, ...context });
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    if (input.length >= 8) expect(error.message).not.toContain(input);
    return error.code;
  }
  return 'accepted';
}

/** As many different emoji, which are two UTF-16 units each. */
function emoji(count: number): string {
  const places = Array.from({ length: count }, (_, index) => 0x1f300 + ((index * 37) % 512));
  return String.fromCodePoint(...places);
}

/** Lengths of the texts that are normalized meanwhile: the work that grows faster than its input. */
function normalizedLengths(work: () => void): number[] {
  const lengths: number[] = [];
  const original = String.prototype.normalize;
  String.prototype.normalize = function (this: string, form?: string) {
    lengths.push(this.length);
    return original.call(this, form);
  };
  try {
    work();
  } finally {
    String.prototype.normalize = original;
  }
  return lengths;
}

describe('the preparation of a password', () => {
  test('makes composed and decomposed forms one (NFC)', () => {
    expect(preparePassword('man\u0303ana')).toBe(preparePassword('ma\u00F1ana'));
  });

  test('makes every space U+0020 and keeps their number and place', () => {
    expect(preparePassword(' a\u00A0\u3000b\u2003 ')).toBe(' a  b  ');
  });

  test('keeps case, compatibility forms and everything else apart', () => {
    expect(preparePassword('Password')).not.toBe(preparePassword('password'));
    expect(preparePassword('\uFB01ne')).toBe('\uFB01ne');
    expect(preparePassword('\uFF41')).toBe('\uFF41');
    expect(preparePassword('a\tb\u0000')).toBe('a\tb\u0000');
  });

  test('gives nothing for what is not Unicode', () => {
    expect(preparePassword('a\uD800b')).toBeNull();
    expect(preparePassword('\uDE00\uD83D')).toBeNull();
  });

  test('normalizes nothing that cannot be a password', () => {
    const marks = '\u0301'.repeat(3_900) + '\u0316'.repeat(3_900);
    const impossible = [`a${marks}`, marks, `${'\u0301\u200D'.repeat(40)}`, 'ä'.repeat(16_385)];
    const normalized = normalizedLengths(() => {
      for (const text of impossible) {
        expect(preparePassword(text)).toBeNull();
        expect(preparePasswordAttempt(text)).toBe('');
        expect(rejectionOf(text)).not.toBe('accepted');
      }
    });
    expect(normalized).toEqual([]);
  });

  test('of a new password starts after its length is judged', () => {
    const normalized = normalizedLengths(() => {
      expect(rejectionOf('\u1E69'.repeat(4 * 256 + 1))).toBe('password_too_long');
    });
    expect(normalized).toEqual([]);
  });

  test('keeps passwords as long as any configuration has allowed, decomposed too', () => {
    expect(preparePassword('\u0390'.normalize('NFD').repeat(4_096))).toBe('\u0390'.repeat(4_096));
    expect(preparePassword('\u{1F600}'.repeat(4_096))).toHaveLength(8_192);
    expect(preparePassword(`a${'\u0301'.repeat(32)}`)).toHaveLength(32);
    expect(preparePassword(`a${'\u0301'.repeat(33)}`)).toBeNull();
  });

  test('changes nothing that is prepared already', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        const once = preparePassword(text);
        if (once !== null) expect(preparePassword(once)).toBe(once);
      }),
    );
  });
});

describe('a new password', () => {
  test('has at least the configured number of code points, however they are encoded', () => {
    expect(rejectionOf('abcdefg')).toBe('password_too_short');
    expect(rejectionOf('kfwmxhtq')).toBe('accepted');
    expect(rejectionOf('\u{1F600}'.repeat(7))).toBe('password_too_short');
    expect(rejectionOf(emoji(8))).toBe('accepted');
    const policy = { minLength: 15, maxLength: 256 };
    expect(rejectionOf('\u{1F600}'.repeat(14), { policy })).toBe('password_too_short');
    expect(rejectionOf(emoji(15), { policy })).toBe('accepted');
  });

  test('is counted as it is hashed', () => {
    expect(rejectionOf('n\u0303'.repeat(7))).toBe('password_too_short');
  });

  test('has at most the configured number of code points and is never cut', () => {
    const longest = emoji(256);
    expect(parseNewPassword(longest, open)).toBe(longest);
    expect(rejectionOf(`${longest}a`)).toBe('password_too_long');
  });

  test.each(['kfwmxhtqb', 'пароль-из-букв', '9260173845', 'Tr0ub4dor&3'])(
    'needs no composition: %j',
    (password) => expect(rejectionOf(password)).toBe('accepted'),
  );

  test.each(['\u0000', '\n', '\t', '\u007F', '\u0085', '\uD800'])(
    'has no control characters and is Unicode: %j',
    (character) => expect(rejectionOf(`abcdefgh${character}`)).toBe('password_characters'),
  );

  test('is not on the blocklist, in any case', () => {
    const rankOf = (password: string) => (password === 'iloveyou' ? 30_000 : null);
    const blocklist = { rankOf, directionOf: () => null };
    for (const password of ['iloveyou', 'ILoveYou', 'ILOVEYOU']) {
      expect(rejectionOf(password, { blocklist })).toBe('password_too_common');
    }
    expect(rejectionOf('iloveyou!', { blocklist })).toBe('password_too_common');
    expect(rejectionOf('xiloveyouq7', { blocklist })).toBe('accepted');
  });
});

describe('the words of an account', () => {
  const words = passwordContextWords('user-service', {
    email: 'ann.marie@mail.example',
    names: ['Anna Lena', 'Øster-Möller'],
  });

  test.each([
    'user-service',
    'User-Service1',
    'userservice',
    '1userservice!',
    'ann.marie',
    'Ann.Marie12',
    'ann.marie@mail.example',
    'ann.marie@mail.example!',
    'AnnMarie99',
    'Marie2024!',
    'm4r13!!!!',
    'annalena1',
    'Lena-Moller',
    'eiram1990',
  ])('are no password, and hardly changed neither: %s', (password) => {
    expect(rejectionOf(password, { words })).toBe('password_too_common');
  });

  test.each(['ann.marie likes tea', 'my user-service key', 'mail.example'])(
    'may be part of a longer one: %s',
    (password) => expect(rejectionOf(password, { words })).toBe('accepted'),
  );

  test('that are short say nothing of a password', () => {
    const short = passwordContextWords('user-service', {
      email: 'al@mail.example',
      names: ['Al', 'Wu'],
    });
    expect(rejectionOf('royalwax', { words: short })).toBe('accepted');
  });
});
