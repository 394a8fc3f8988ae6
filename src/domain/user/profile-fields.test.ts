import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FULL_PROFILE, profileWith } from '../../../test/support/profiles.ts';
import { usersColumns } from '../../../test/support/users-columns.ts';
import { validateFields } from '../errors.ts';
import { PROFILE_FIELDS, PROFILE_PROPERTIES, profileParsers } from './profile-fields.ts';
import { STRICT_PROFILE_RULES } from './profile-rules.ts';

const root = join(import.meta.dirname, '../../..');
const names = Object.values(PROFILE_FIELDS).map(({ name }) => name);

/** Columns of `users` that are not fields of the profile. */
const OTHER_COLUMNS = [
  'id',
  'password',
  'password_form',
  'email_verified',
  'status',
  'disabled_until',
  'expired_password',
  'version',
  'created_at',
  'updated_at',
];

describe('the table of profile fields', () => {
  test('names each field as its property in snake_case, as field errors do', () => {
    for (const property of PROFILE_PROPERTIES) {
      const snakeCase = property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      expect(PROFILE_FIELDS[property].name).toBe(snakeCase);
    }
  });

  test('has a row for every column of a profile, and no other row', () => {
    const columns = usersColumns().filter((column) => !OTHER_COLUMNS.includes(column));
    expect(columns.sort()).toEqual([...names].sort());
  });

  test.each([
    ['user.updated', names.filter((name) => name !== PROFILE_FIELDS.email.name)],
    ['user.email_changed', names],
  ])('names the fields that %s names', (type, fields) => {
    const path = join(root, 'docs/events', `${type}.v1.schema.json`);
    const schema = JSON.parse(readFileSync(path, 'utf8'));
    expect(schema.properties.changed_fields.items.examples).toEqual(fields);
  });
});

test.each([
  ['user.created', names],
  ['user.updated', names.filter((name) => name !== PROFILE_FIELDS.email.name)],
  ['user.email_changed', names],
])('the schema of %s names every field that may have a value', (type, fields) => {
  const path = join(root, 'docs/events', `${type}.v1.schema.json`);
  const schema = JSON.parse(readFileSync(path, 'utf8'));
  expect(Object.keys(schema.properties.values.properties)).toEqual(fields);
});

describe('the parsers of a profile', () => {
  test('read every field, and null where the field is optional', () => {
    expect(validateFields(profileParsers(FULL_PROFILE, STRICT_PROFILE_RULES))).toEqual(
      FULL_PROFILE,
    );
    expect(validateFields(profileParsers(profileWith(), STRICT_PROFILE_RULES))).toEqual(
      profileWith(),
    );
  });

  test.each(PROFILE_PROPERTIES)(
    'leave out every field but %s when only that is sent',
    (property) => {
      const change = { [property]: FULL_PROFILE[property] };
      expect(validateFields(profileParsers(change, STRICT_PROFILE_RULES))).toEqual(change);
    },
  );
});

test('the test data have a value of every profile field', () => {
  for (const property of PROFILE_PROPERTIES)
    expect(FULL_PROFILE[property]).toEqual(expect.any(String));
});
