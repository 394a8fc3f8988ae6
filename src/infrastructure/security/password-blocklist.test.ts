import { describe, expect, test } from 'vitest';
import { InvalidValue } from '../../domain/errors.ts';
import { parseNewPassword, passwordContextWords } from '../../domain/user/password.ts';
import { loadPasswordBlocklist } from './password-blocklist.ts';

const blocklist = loadPasswordBlocklist();
const policy = { minLength: 8, maxLength: 256 };
const words = passwordContextWords('user-service', {
  email: 'johnatan.smith@acme.example',
  names: ['Johnatan', 'Smith'],
});

function rejectionOf(password: string): string {
  try {
    parseNewPassword(password, { policy, blocklist, words });
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    expect(error.message).not.toContain(`${password} `);
    return error.code;
  }
  return 'accepted';
}

/** Numbers of a fixed sequence below a limit (a linear congruential generator), so that samples never change. */
function createNumbers(): (limit: number) => number {
  let state = 42;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * limit);
  };
}

describe('the password blocklist', () => {
  test('has at least the 3,000 entries that ASVS 6.2.4 requires', () => {
    expect(blocklist.size()).toBeGreaterThanOrEqual(3_000);
  });

  test('has common passwords in the order of their frequency', () => {
    const ranks = ['password', 'sunshine', 'iloveyou', 'baseball1'].map((it) =>
      blocklist.rankOf(it),
    );
    expect(ranks).toEqual(ranks.toSorted((one, other) => Number(one) - Number(other)));
    for (const absent of ['', 'a', 'xk3#Qm9vLp2', '__proto__', 'constructor']) {
      expect(blocklist.rankOf(absent)).toBeNull();
    }
  });

  test('knows the directions between neighbouring keys', () => {
    expect(blocklist.directionOf('q', 'w')).not.toBeNull();
    expect(blocklist.directionOf('w', 'e')).toBe(blocklist.directionOf('q', 'w'));
    expect(blocklist.directionOf('w', 'q')).not.toBe(blocklist.directionOf('q', 'w'));
    expect(blocklist.directionOf('q', 'p')).toBeNull();
  });
});

describe('a new password is refused', () => {
  test.each([
    ['listed', 'password iloveyou ILOVEYOU Qwertyuiop sunshine'],
    ['one character', '00000000 88888888 aaaaaaaa зззззззз'],
    ['blanks', '        '.replaceAll(' ', '\u00A0')],
    ['a repeated part', 'abcabcabc 123123123 12341234 xyzxyzxyz passwordpassword'],
    ['a sequence', 'abcdefgh 87654321 987654321 0987654321 13579135 acegikmo абвгдежз'],
    ['a keyboard walk', 'qwertyuiop 1qaz2wsx zxcvbnm, qazwsxedc poiuytrewq !QAZ2wsx 1q2w3e4r5t'],
    ['a date', '31121990 12311990 19900201 01.02.1990 1990-02-01 1/2/1990'],
    [
      'a word with an ending',
      'Password1! Admin@123 Welcome123! Summer2024 Dragon2023 monkey123 Changeme1!',
    ],
    ['with substitutions', 'P@ssw0rd2024 P4$$w0rd!! trustno1! pa55word Aa@123456 m0nk3y123'],
    ['reversed', 'drowssap natanhoj1'],
    [
      'of the person',
      'johnatan johnatan1 Smith2024! jsmith1990 smith.johnatan Jõhnatan1 J0hn4t4n!',
    ],
    ['of the service or the domain', 'user-service UserService1 acme2024! Acme-123'],
    [
      'long and of nothing',
      `${'a'.repeat(200)} ${'abc'.repeat(60)} ${'a'.repeat(99)}${'b'.repeat(99)}`,
    ],
  ])('that is %s: %s', (_what, passwords) => {
    const accepted = passwords.split(' ').filter((it) => rejectionOf(it) === 'accepted');
    expect(accepted).toEqual([]);
  });

  test('that documents of this service have shown', () => {
    for (const password of [
      'correct horse battery staple',
      'CorrectHorseBatteryStaple',
      'quiet otter sings at dawn 42',
      'a long enough passphrase',
    ]) {
      expect(rejectionOf(password)).toBe('password_too_common');
    }
  });
});

describe('a new password is accepted', () => {
  test.each([
    'xk3#Qm9vLp2',
    'kfwmxhtqb',
    'violet kettle hums before rain',
    'gravelbishopkitten',
    'Zug nach Wien um halb 9',
    '月夜_ふくろう_金魚',
    'my user-service key',
  ])('that only looks simple: %s', (password) => expect(rejectionOf(password)).toBe('accepted'));

  test('when it is drawn at random', () => {
    const below = createNumbers();
    const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
    const drawn = () => Array.from({ length: 10 }, () => letters[below(letters.length)]).join('');
    const refused = Array.from({ length: 2_000 }, drawn).filter(
      (it) => rejectionOf(it) !== 'accepted',
    );
    expect(refused).toEqual([]);
  });
});

test('the look-ups of one password have a bound, whatever it is', () => {
  let ranks = 0;
  let directions = 0;
  const counting = {
    rankOf: (text: string) => {
      ranks += 1;
      return blocklist.rankOf(text);
    },
    directionOf: (one: string, other: string) => {
      directions += 1;
      return blocklist.directionOf(one, other);
    },
  };
  const walks = 'qwertyuiop123456abcdef'.repeat(12);
  const mixed = Array.from({ length: 32 }, (_, index) => 'p@ssw0rd'.slice(index % 3)).join('');
  const ownWord = 'quartzvexingjumblyfrowzdhackblms';
  const ownWords = ownWord.replace('i', '1').repeat(8);
  for (const text of [
    ownWords,
    'a'.repeat(256),
    walks.slice(0, 256),
    mixed.slice(0, 256),
    '1!'.repeat(128),
  ]) {
    ranks = 0;
    directions = 0;
    try {
      parseNewPassword(text, { policy, blocklist: counting, words: [...words, ownWord] });
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
    }
    // 13 lengths of 3 readings and one walk of at most 32 steps, at each of the first 128 characters.
    expect(ranks).toBeLessThanOrEqual(3 + 128 * 3 * 13);
    expect(directions).toBeLessThanOrEqual(128 * 32);
  }
});
