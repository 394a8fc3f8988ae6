import { expect, test } from 'vitest';
import { usersColumns } from '../../../test/support/users-columns.ts';
import { PROFILE_FIELDS, PROFILE_PROPERTIES } from '../../domain/user/profile-fields.ts';
import { isSensitiveKey } from './sensitive-keys.ts';

/** Columns of `users` that say nothing about a person. A column that is not listed is personal. */
const LOGGABLE_COLUMNS = [
  ...['id', 'status', 'version', 'created_at', 'updated_at', 'disabled_until'],
];

/** Profile fields that the table marks with `personal: false`. */
const LOGGABLE_FIELDS: readonly string[] = [];

const personal = usersColumns().filter(
  (column) => ![...LOGGABLE_COLUMNS, ...LOGGABLE_FIELDS].includes(column),
);

test.each(personal)('logs never show the column %s of a user', (column) => {
  expect(isSensitiveKey(column)).toBe(true);
});

test.each(PROFILE_PROPERTIES)('logs never show %s, neither as property nor in JSON', (property) => {
  const { name } = PROFILE_FIELDS[property];
  const shown = LOGGABLE_FIELDS.includes(name);
  expect([isSensitiveKey(property), isSensitiveKey(name)]).toEqual([!shown, !shown]);
});

test('the columns that are not personal can be logged', () => {
  expect(LOGGABLE_COLUMNS.filter(isSensitiveKey)).toEqual([]);
});
