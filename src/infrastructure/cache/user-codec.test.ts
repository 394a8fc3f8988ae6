import { expect, test } from 'vitest';
import { FULL_PROFILE, profileWith } from '../../../test/support/profiles.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import { readPublicProfile, readUser, writePublicProfile, writeUser } from './user-codec.ts';

const user: UserProfile = {
  id: 'ann',
  ...FULL_PROFILE,
  emailVerified: true,
  status: 'active',
  version: 3,
  createdAt: new Date('2026-01-02T03:04:05.678Z'),
  updatedAt: new Date('2026-01-03T03:04:05.678Z'),
};

test('a cached user has every field, also where the optional ones are null', () => {
  expect(readUser(writeUser(user))).toEqual(user);
  const plain = { ...user, ...profileWith() };
  expect(readUser(writeUser(plain))).toEqual(plain);
});

test('a cached user never has a field that is not listed', () => {
  expect(writeUser({ ...user, secret: 'canary' } as UserProfile)).not.toContain('canary');
});

test.each([
  ['a build with another layout', (values: unknown[]) => [2, ...values.slice(1)]],
  ['a build with one field more', (values: unknown[]) => [...values, null]],
  ['a build with one field less', (values: unknown[]) => values.slice(0, -1)],
  ['a required field that is null', (values: unknown[]) => values.with(2, null)],
])('a text of %s is a miss', (_what, change) => {
  expect(readUser(JSON.stringify(change(JSON.parse(writeUser(user)))))).toBeUndefined();
});

test('a text that is longer than any value of a build is a miss', () => {
  const padding = ' '.repeat(8_192);
  expect(readUser(writeUser(user) + padding)).toBeUndefined();
  const profile = { id: 'ann', firstName: 'Ann', lastName: 'Bee' };
  expect(readPublicProfile(writePublicProfile(profile), 'ann')).toEqual(profile);
  const long = writePublicProfile({ ...profile, lastName: padding });
  expect(readPublicProfile(long, 'ann')).toBeUndefined();
});

test('the longest user is cached', () => {
  const astral = '\u{20000}'.repeat(100);
  const long = { ...user, firstName: astral, lastName: astral } as UserProfile;
  expect(readUser(writeUser(long))).toEqual(long);
});
