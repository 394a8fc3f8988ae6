import { describe, expect, test } from 'vitest';
import { FULL_PROFILE, profileWith } from '../../../../test/support/profiles.ts';
import type { UserProfile } from '../../../domain/user/user.ts';
import { formatRfc3339 } from '../../../infrastructure/system/clock.ts';
import { writeJson } from '../response-json.ts';
import { publicProfilesSchema, toPublicProfilesText } from './public-profiles.ts';
import { createUserTextFormat } from './user-text-format.ts';

const format = createUserTextFormat(formatRfc3339);
const user: UserProfile = {
  id: 'ann',
  ...FULL_PROFILE,
  emailVerified: true,
  status: 'disabled',
  version: 3,
  createdAt: new Date('0001-01-01T00:00:00.000Z'),
  updatedAt: new Date('9999-12-31T23:59:59.999Z'),
};

describe('the text of a user', () => {
  test('is the response, field by field', () => {
    expect(JSON.parse(format.writeUser(user))).toEqual({
      id: 'ann',
      first_name: FULL_PROFILE.firstName,
      last_name: FULL_PROFILE.lastName,
      email: FULL_PROFILE.email,
      phone: FULL_PROFILE.phone,
      locale: FULL_PROFILE.locale,
      email_verified: true,
      status: 'disabled',
      version: 3,
      created_at: '0001-01-01T00:00:00.000Z',
      updated_at: '9999-12-31T23:59:59.999Z',
    });
  });

  test('gives every field back, also where the optional ones are null', () => {
    expect(format.readUser(format.writeUser(user))).toEqual(user);
    const plain = { ...user, ...profileWith() };
    expect(format.readUser(format.writeUser(plain))).toEqual(plain);
  });

  test('never has a field that the schema does not name', () => {
    const state = { ...user, passwordHash: 'canary', note: 'canary' };
    expect(format.writeUser(state)).not.toContain('canary');
    expect(format.writePublicProfile(state)).not.toContain('canary');
  });
});

test.each([
  ['no JSON', '{'],
  ['no object', '[]'],
  ['null', 'null'],
  ...Object.entries({
    id: 1,
    first_name: null,
    email: 1,
    phone: 1,
    email_verified: 'true',
    status: 'x',
    version: '1',
    created_at: 'x',
    updated_at: null,
  }).map(([name, wrong]) => [
    `a wrong ${name}`,
    JSON.stringify({ ...JSON.parse(format.writeUser(user)), [name]: wrong }),
  ]),
])('a text with %s is no user', (_what, json = '') => {
  expect(format.readUser(json)).toBeUndefined();
});

test.each([0, 1, 2, 500])(
  'the text of a batch of %i profiles is what its schema writes',
  (count) => {
    const users = Array.from({ length: count }, (_, index) => ({ ...user, id: `user "${index}"` }));
    const missing = users.map(({ id }) => `no ${id}`);
    const parts = users.map(({ id, firstName, lastName }) => ({
      id,
      first_name: firstName,
      last_name: lastName,
    }));
    const batch = toPublicProfilesText({ profiles: users.map(format.writePublicProfile), missing });
    expect(writeJson(publicProfilesSchema, batch, formatRfc3339)).toBe(
      writeJson(publicProfilesSchema, { profiles: parts, missing }, formatRfc3339),
    );
  },
);
