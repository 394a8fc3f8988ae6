import { describe, expect, test } from 'vitest';
import { FULL_PROFILE } from '../../../test/support/profiles.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { UserTextFormat } from '../../domain/user/user-texts.ts';
import { createUserTextFormat } from '../../interfaces/api/schemas/user-text-format.ts';
import { formatRfc3339 } from '../system/clock.ts';
import { createUserCodec } from './user-codec.ts';

const user: UserProfile = {
  id: 'ann',
  ...FULL_PROFILE,
  emailVerified: true,
  status: 'active',
  version: 2_147_483_647,
  createdAt: new Date('2026-01-02T03:04:05.678Z'),
  updatedAt: new Date('2026-01-03T03:04:05.678Z'),
};
const format = createUserTextFormat(formatRfc3339);
const codec = createUserCodec(format);
const text = { version: user.version, json: format.writeUser(user) };
const profile = format.writePublicProfile(user);

test('a cached text is read as it was written', () => {
  expect(codec.decodeUser(codec.encodeUser('ann', text), 'ann')).toEqual(text);
  expect(codec.decodePublicProfile(codec.encodePublicProfile('ann', profile), 'ann')).toBe(profile);
});

test('the longest user is cached', () => {
  const astral = '\u{20000}'.repeat(100);
  const json = format.writeUser({ ...user, firstName: astral, lastName: astral } as UserProfile);
  const long = { version: 1, json };
  expect(codec.decodeUser(codec.encodeUser('ann', long), 'ann')).toEqual(long);
});

describe('a miss is', () => {
  const value = codec.encodeUser('ann', text);
  const publicValue = codec.encodePublicProfile('ann', profile);

  test('a value of another user', () => {
    expect(codec.decodeUser(value, 'an')).toBeUndefined();
    expect(codec.decodeUser(value, 'anna')).toBeUndefined();
    expect(codec.decodePublicProfile(publicValue, 'an')).toBeUndefined();
    expect(codec.decodePublicProfile(publicValue, 'anna')).toBeUndefined();
  });

  test('a value that was cut, at any length', () => {
    for (let length = 0; length < value.length; length += 1) {
      expect(codec.decodeUser(value.slice(0, length), 'ann')).toBeUndefined();
    }
    for (let length = 0; length < publicValue.length; length += 1) {
      expect(codec.decodePublicProfile(publicValue.slice(0, length), 'ann')).toBeUndefined();
    }
  });

  test.each(['', '0', '01', '-1', '1.5', '1e3', '12345678901', '"', '1"\r\nx: y', 'x'])(
    'the version %j, which would become a header',
    (version) => {
      const changed = value.replace(` ${user.version} `, ` ${version} `);
      expect(changed).not.toBe(value);
      expect(codec.decodeUser(changed, 'ann')).toBeUndefined();
    },
  );

  test('a value that is longer than any of a build', () => {
    const padding = ' '.repeat(8_192);
    const padded = { ...text, json: text.json.replace('}', `${padding}}`) };
    expect(codec.decodeUser(codec.encodeUser('ann', padded), 'ann')).toBeUndefined();
    const long = codec.encodePublicProfile('ann', profile.replace('}', `${padding}}`));
    expect(codec.decodePublicProfile(long, 'ann')).toBeUndefined();
  });
});

/** A build whose API has other fields than this one, or the same in another order or form. */
const otherBuilds: Readonly<Record<string, UserTextFormat>> = {
  'one field more in a user': {
    ...format,
    writeUser: (one) => format.writeUser(one).replace('}', ',"x":1}'),
  },
  'one field less in a user': {
    ...format,
    writeUser: (one) => format.writeUser(one).replace('"email_verified":', '"verified":'),
  },
  'an optional field that is left out': {
    ...format,
    writeUser: (one) => format.writeUser(one).replace('"phone":null,', ''),
  },
  'one field more in a public profile': {
    ...format,
    writePublicProfile: (one) => format.writePublicProfile(one).replace('}', ',"x":1}'),
  },
  'times in another form': createUserTextFormat((time) => String(time.getTime())),
};

test.each(Object.entries(otherBuilds))('of a build with %s, a value is a miss', (_what, other) => {
  const values = createUserCodec(other);
  expect(codec.decodeUser(values.encodeUser('ann', text), 'ann')).toBeUndefined();
  const publicValue = values.encodePublicProfile('ann', profile);
  expect(codec.decodePublicProfile(publicValue, 'ann')).toBeUndefined();
});
