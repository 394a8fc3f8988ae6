import { describe, expect, it } from 'vitest';
import { callerWith, createMemoryStore, storedUser } from '../../../test/support/ports.ts';
import type { EmailAddress } from '../../domain/user/email-address.ts';
import { createUpdateUser } from './update-user.ts';

const { id, email } = storedUser();
const self = callerWith({ kind: 'user', userId: id, sessionId: 'session 1' });
const service = callerWith({ kind: 'service', accountId: 'account 1', scopes: ['users:write'] });

/** `beforeLock` runs after the look at the address, as another writer would. */
function setUp(beforeLock: (store: ReturnType<typeof createMemoryStore>) => void = () => {}) {
  const store = createMemoryStore(storedUser());
  const asked: (string | undefined)[] = [];
  const update = createUpdateUser({
    users: {
      async findById() {
        const seen = store.row;
        beforeLock(store);
        return seen;
      },
    },
    unitOfWork: store.unitOfWork,
    async reauthenticate(_caller, _id, currentPassword) {
      asked.push(currentPassword);
      return { assertStillTrue: () => {} };
    },
    clock: { now: () => new Date('2026-02-01T00:00:00Z') },
    serviceName: 'user-service',
  });
  return { update, store, asked };
}

describe('changing a profile', () => {
  it('asks users for the password only when their own address would change', async () => {
    const { update, asked } = setUp();
    await update(self, id, { firstName: 'Ida' }, 'any');
    await update(self, id, { email: 'ADA@example.com' }, 'any');
    expect(asked).toEqual([]);
    await update(self, id, { email: 'ida@example.com', currentPassword: 'right' }, 'any');
    expect(asked).toEqual(['right']);
  });

  it('never changes an address without the password because it was another one a moment before', async () => {
    const { update, store, asked } = setUp((current) => {
      current.row = storedUser({ email: 'moved@example.com' as EmailAddress, version: 2 });
    });
    await expect(update(self, id, { email }, 'any')).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterSeconds: 1,
    });
    expect(asked).toEqual([]);
    expect(store.row).toMatchObject({ email: 'moved@example.com', version: 2 });
    expect(store.events).toEqual([]);
  });

  it('compares the version under the lock, not before it', async () => {
    const { update, store } = setUp((current) => {
      current.row = storedUser({ version: 2 });
    });
    await expect(
      update(self, id, { email: 'ida@example.com', currentPassword: 'right' }, [1]),
    ).rejects.toMatchObject({ code: 'version_mismatch' });
    expect(store.statements).toEqual(['lock']);
  });

  it('refuses everything that is wrong at once, before any lock', async () => {
    const { update, store } = setUp();
    const input = { firstName: '', lastName: ' x', email: 'nonsense', phone: '1' };
    await expect(update(service, id, input, 'any')).rejects.toMatchObject({
      code: 'validation_failed',
      fields: [
        { field: 'first_name' },
        { field: 'last_name' },
        { field: 'email' },
        { field: 'phone' },
      ],
    });
    expect(store.statements).toEqual([]);
  });

  it('checks the version also where nothing would change', async () => {
    const { update, store } = setUp();
    await expect(update(self, id, {}, [7])).rejects.toMatchObject({ code: 'version_mismatch' });
    await update(self, id, {}, [7, 1]);
    expect(store.statements).toEqual(['lock', 'lock']);
  });

  it('tells a stranger that there is no such user, before looking', async () => {
    const { update, store } = setUp();
    const stranger = callerWith({ kind: 'user', userId: 'somebody', sessionId: 'session 2' });
    await expect(update(stranger, id, { firstName: 'Eve' }, 'any')).rejects.toMatchObject({
      code: 'user_not_found',
    });
    expect(store.statements).toEqual([]);
  });
});
