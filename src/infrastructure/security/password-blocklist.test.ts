import { describe, expect, test } from 'vitest';
import { InvalidValue } from '../../domain/errors.ts';
import { parseNewPassword } from '../../domain/user/password.ts';
import { loadPasswordBlocklist } from './password-blocklist.ts';

describe('the password blocklist', () => {
  const blocklist = loadPasswordBlocklist();

  test('has at least the 3,000 entries that ASVS 6.2.4 requires', () => {
    expect(blocklist.size()).toBeGreaterThanOrEqual(3_000);
  });

  test.each(['password', 'PassWord', '12345678', 'iloveyou', 'qwertyuiop', 'baseball', 'sunshine'])(
    'has %s',
    (password) => expect(blocklist.has(password)).toBe(true),
  );

  test.each(['', 'a', 'correct horse battery staple', 'xk3#Qm9vLp2', '__proto__', 'constructor'])(
    'does not have %j',
    (password) => expect(blocklist.has(password)).toBe(false),
  );

  test('makes the domain reject a listed password in any letter case, without repeating it', () => {
    const context = { policy: { minLength: 8, maxLength: 256 }, blocklist, words: [] };
    for (const password of ['iloveyou', 'ILOVEYOU', 'Qwertyuiop']) {
      try {
        parseNewPassword(password, context);
        expect.unreachable();
      } catch (error) {
        if (!(error instanceof InvalidValue)) throw error;
        expect(error.code).toBe('password_too_common');
        expect(error.message).not.toContain(password);
      }
    }
  });
});
