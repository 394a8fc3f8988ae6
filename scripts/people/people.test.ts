import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readNewPassword } from '../../src/application/users/password-rules.ts';
import { profileParsers } from '../../src/domain/user/profile-fields.ts';
import { STRICT_PROFILE_RULES } from '../../src/domain/user/profile-rules.ts';
import { loadPasswordBlocklist } from '../../src/infrastructure/security/password-blocklist.ts';
import { formatPeople, makePeople } from './people.ts';

const file = readFileSync(new URL('../../examples/people.ndjson', import.meta.url), 'utf8');
const people = makePeople();

test('the file is what the script writes', () => {
  expect(file).toBe(formatPeople(people));
});

test('every person can register under the strict rules', { timeout: 60_000 }, () => {
  const passwordRules = {
    policy: { minLength: 8, maxLength: 256 },
    blocklist: loadPasswordBlocklist(),
    serviceName: 'user-service',
  };
  const refused: unknown[] = [];
  for (const { first_name: firstName, last_name: lastName, email, phone, password } of people) {
    const owner = { email, names: [firstName, lastName] };
    const parsers = {
      ...profileParsers({ firstName, lastName, email, phone: phone ?? null }, STRICT_PROFILE_RULES),
      password: () => readNewPassword(passwordRules, password, owner),
    };
    for (const [field, parse] of Object.entries(parsers)) {
      try {
        parse();
      } catch (error) {
        refused.push([email, field, error]);
      }
    }
  }
  expect(refused).toEqual([]);
  expect(new Set(people.map(({ email }) => email)).size).toBe(2_000);
});
