import { describe, expect, test } from 'vitest';
import { profileWith } from '../../../test/support/profiles.ts';
import { parseEmailAddress } from './email-address.ts';
import { parsePersonName } from './person-name.ts';
import { User } from './user.ts';

const registered = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-01-02T00:00:00Z');

function newUser(): User {
  return User.register(
    {
      id: 'ann',
      ...profileWith({
        firstName: 'Ann',
        lastName: 'Lee',
        email: 'ann@mail.example',
        phone: '+442079460000',
      }),
      passwordHash: 'hash',
      passwordForm: 1,
    },
    registered,
  );
}

/** A user as a repository restores it, with nothing to tell. */
function storedUser(): User {
  return User.restore(newUser().state);
}

describe('a registered user', () => {
  test('starts active and unverified at version 1, and tells of it once', () => {
    const user = newUser();
    expect(user.state).toMatchObject({
      status: 'active',
      emailVerified: false,
      version: 1,
      createdAt: registered,
      updatedAt: registered,
    });
    expect(user.takeEvents()).toEqual([
      {
        ...{ type: 'user.created', userId: 'ann', userVersion: 1, data: { status: 'active' } },
        values: {
          first_name: 'Ann',
          last_name: 'Lee',
          email: 'ann@mail.example',
          phone: '+442079460000',
          locale: null,
        },
      },
    ]);
    expect(user.takeEvents()).toEqual([]);
  });

  test('shows a profile without its password', () => {
    const user = newUser();
    expect(JSON.stringify(user.profile)).not.toContain('hash');
    expect(user.profile).not.toHaveProperty('passwordForm');
    expect(JSON.stringify(user)).not.toContain('hash');
  });

  test('that is restored is as it was and has nothing to tell', () => {
    const user = newUser();
    const restored = User.restore(user.state);
    expect(restored.state).toEqual(user.state);
    expect(restored.takeEvents()).toEqual([]);
  });
});

describe('a change of profile', () => {
  test('writes what differs, one version and one event for all fields together', () => {
    const user = storedUser();
    const change = {
      firstName: parsePersonName('Anna'),
      lastName: parsePersonName('Lee'),
      phone: null,
    };
    expect(user.changeProfile(change, later)).toEqual(['first_name', 'phone']);
    expect(user.state).toMatchObject({
      firstName: 'Anna',
      phone: null,
      version: 2,
      createdAt: registered,
      updatedAt: later,
    });
    expect(user.takeEvents()).toEqual([
      {
        type: 'user.updated',
        userId: 'ann',
        userVersion: 2,
        data: { changed_fields: ['first_name', 'phone'] },
        values: { first_name: 'Anna', phone: null },
      },
    ]);
  });

  test('without a difference writes and tells nothing', () => {
    const user = storedUser();
    const { firstName, lastName, email, phone } = user.state;
    expect(user.changeProfile({ firstName, lastName, email, phone }, later)).toEqual([]);
    expect(user.changeProfile({}, later)).toEqual([]);
    expect(user.state).toEqual(storedUser().state);
    expect(user.takeEvents()).toEqual([]);
  });

  test('of the address makes it unverified and is an event of its own, naming all fields', () => {
    const user = User.restore({ ...newUser().state, emailVerified: true });
    const email = parseEmailAddress('anna@mail.example', 'strict');
    user.changeProfile({ email, firstName: parsePersonName('Anna') }, later);
    expect(user.state).toMatchObject({ email, emailVerified: false, version: 2 });
    expect(user.takeEvents()).toEqual([
      {
        type: 'user.email_changed',
        userId: 'ann',
        userVersion: 2,
        data: { changed_fields: ['first_name', 'email'] },
        values: { first_name: 'Anna', email },
      },
    ]);
  });

  test('of anything else leaves the address verified', () => {
    const user = User.restore({ ...newUser().state, emailVerified: true });
    user.changeProfile({ phone: null }, later);
    expect(user.state.emailVerified).toBe(true);
  });

  test('by an instance whose clock lags never makes a user older', () => {
    const user = User.restore({ ...newUser().state, updatedAt: later });
    user.changeProfile({ phone: null }, registered);
    expect(user.state.updatedAt).toEqual(later);
  });
});

describe('every write', () => {
  test('raises the version by one, and the data of its event has no value', () => {
    const user = storedUser();
    user.changePassword('new-hash', 1, later);
    user.changeProfile({ lastName: parsePersonName('Canary') }, later);
    user.delete(later);
    const events = user.takeEvents();
    expect(events.map(({ type, userVersion }) => [type, userVersion])).toEqual([
      ['user.password_changed', 2],
      ['user.updated', 3],
      ['user.deleted', 4],
    ]);
    expect(user.state.version).toBe(4);
    expect(user.state.passwordHash).toBe('new-hash');
    expect(JSON.stringify(events.map(({ data }) => data))).not.toMatch(/Canary|hash/);
    expect(events.map(({ values }) => values)).toEqual([
      undefined,
      { last_name: 'Canary' },
      undefined,
    ]);
  });
});
