import { describe, expect, test } from 'vitest';
import { judgeStoredUser, type StoredUserFinding } from './judge-stored-user.ts';
import { STRICT_PROFILE_RULES } from './profile-rules.ts';
import type { StoredUser } from './stored-user.ts';
import { NO_PASSWORD } from './user.ts';

const ID = '0198c0de-0000-7000-8000-00000000000a';
const PERMISSIVE = { email: 'permissive', phone: 'permissive' } as const;

function judge(traits: Partial<StoredUser> = {}, rules = STRICT_PROFILE_RULES) {
  const user: StoredUser = {
    id: ID,
    firstName: 'Ada',
    lastName: 'Okafor',
    email: 'ada@mail.example',
    phone: '+442079460000',
    locale: 'pt-BR',
    passwordHash: 'known hash',
    emailVerified: false,
    status: 'active',
    version: 1,
    createdAtInRange: true,
    updatedAtInRange: true,
    ...traits,
  };
  return judgeStoredUser(user, rules, (hash) => hash === 'known hash');
}

const brief = (findings: readonly StoredUserFinding[]) =>
  findings.map(({ field, rule, effects }) => [field, rule, ...effects]);

describe('a stored user', () => {
  test('that this service wrote has no finding', () => {
    expect(judge()).toEqual([]);
    expect(judge({ phone: null, status: 'disabled', version: 2_147_483_646 })).toEqual([]);
  });

  test.each<[Partial<StoredUser>, string, string, string[]]>([
    [{ id: '00000000-0000-0000-0000-000000000000' }, 'id', 'id_nil', ['cannot_be_shown']],
    [{ firstName: '' }, 'first_name', 'name_length', ['cannot_be_edited']],
    [{ lastName: 'A'.repeat(101) }, 'last_name', 'name_length', ['cannot_be_edited']],
    [{ lastName: 'A\u0007' }, 'last_name', 'text_control_character', ['cannot_be_edited']],
    [{ lastName: ' A' }, 'last_name', 'name_padded', ['cannot_be_edited']],
    [{ firstName: null }, 'first_name', 'missing', ['cannot_be_shown']],
    [{ email: 'ada' }, 'email', 'email_invalid', ['cannot_sign_in', 'cannot_be_edited']],
    [{ email: 'a@localhost' }, 'email', 'email_domain', ['cannot_sign_in', 'cannot_be_edited']],
    [{ email: 'ada@mail.example.' }, 'email', 'email_not_canonical', ['cannot_sign_in']],
    [{ email: 'Ada@mail.example' }, 'email', 'email_not_canonical', ['cannot_sign_in']],
    [{ email: null }, 'email', 'missing', ['cannot_be_shown']],
    [{ phone: 'call me' }, 'phone', 'phone_format', ['cannot_be_edited']],
    [{ phone: '+9991' }, 'phone', 'phone_invalid', ['cannot_be_edited']],
    [{ locale: 'de_DE' }, 'locale', 'locale_invalid', ['cannot_be_edited']],
    [{ passwordHash: '$1$md5' }, 'password', 'password_hash_unknown', ['cannot_sign_in']],
    [{ passwordHash: null }, 'password', 'missing', ['cannot_be_shown']],
    [{ status: 'banned' }, 'status', 'status_unknown', ['cannot_sign_in']],
    [{ version: 0 }, 'version', 'version_out_of_range', ['cannot_be_edited']],
    [{ version: 2_147_483_647 }, 'version', 'version_out_of_range', ['cannot_be_edited']],
    [{ emailVerified: null }, 'email_verified', 'missing', ['cannot_be_shown']],
    [{ createdAtInRange: false }, 'created_at', 'time_out_of_range', ['shown_as_nearest_time']],
    [{ updatedAtInRange: false }, 'updated_at', 'time_out_of_range', ['shown_as_nearest_time']],
    [{ updatedAtInRange: null }, 'updated_at', 'missing', ['cannot_be_shown']],
  ])('%j breaks one rule', (traits, field, rule, effects) => {
    expect(brief(judge(traits))).toEqual([[field, rule, ...effects]]);
  });

  test('has no finding for a password that the proof of an address took away', () => {
    expect(judge({ passwordHash: NO_PASSWORD })).toEqual([]);
  });

  test('is judged by the rules in force', () => {
    const traits = { email: 'root@localhost', phone: '+9991' };
    expect(brief(judge(traits))).toHaveLength(2);
    expect(judge(traits, PERMISSIVE)).toEqual([]);
    expect(brief(judge({ email: '"ada"@localhost' }, PERMISSIVE))).toEqual([
      ['email', 'email_not_canonical', 'cannot_sign_in'],
    ]);
    expect(brief(judge({ phone: '+1', lastName: 'A\n' }, PERMISSIVE))).toHaveLength(2);
  });

  test('has a finding for each value, and none repeats a value', () => {
    const findings = judge({
      firstName: 'canary\u0000',
      email: 'canary@',
      phone: 'canary',
      passwordHash: 'canary',
      status: 'canary',
    });
    expect(findings.map(({ field }) => field)).toEqual([
      'first_name',
      'email',
      'phone',
      'password',
      'status',
    ]);
    expect(findings.every(({ userId }) => userId === ID)).toBe(true);
    expect(JSON.stringify(findings)).not.toContain('canary');
  });
});
