import { describe, expect, it } from 'vitest';
import { noLimits } from '../../../test/support/limits.ts';
import { callerWith, createMemoryStore, storedUser } from '../../../test/support/ports.ts';
import type { EmailAddress } from '../../domain/user/email-address.ts';
import { STRICT_PROFILE_RULES } from '../../domain/user/profile-rules.ts';
import { emailChangedMails } from './account-mails.ts';
import { createUpdateUser } from './update-user.ts';

const { id, email } = storedUser();
const self = callerWith({ kind: 'user', userId: id, sessionId: 'session 1' });
const service = callerWith({ kind: 'service', accountId: 'account 1', scopes: ['users:write'] });

/** `beforeLock` runs after the address was read, as another writer. */
function setUp(beforeLock: (store: ReturnType<typeof createMemoryStore>) => void = () => {}) {
  const store = createMemoryStore(storedUser());
  const passwords: (string | undefined)[] = [];
  const update = createUpdateUser({
    requireVerifiedEmail: false,
    announceEmailChange: async ({ mail }, user, former) =>
      mail.enqueue(emailChangedMails(user.profile, former.email, null)),
    limits: noLimits,
    profileRules: STRICT_PROFILE_RULES,
    users: {
      async findById() {
        const seen = store.row;
        beforeLock(store);
        return seen;
      },
    },
    unitOfWork: store.unitOfWork,
    async reauthenticate(_caller, _id, currentPassword) {
      passwords.push(currentPassword);
      return { assertStillTrue: async () => {} };
    },
    clock: { now: () => new Date('2026-02-01T00:00:00Z') },
  });
  return { update, store, passwords };
}

describe('changing a profile', () => {
  it('re-authenticates users only when their own address changes', async () => {
    const { update, passwords } = setUp();
    await update(self, id, { firstName: 'Ida' }, 'any');
    await update(self, id, { email: 'ADA@example.com' }, 'any');
    expect(passwords).toEqual([]);
    await update(self, id, { email: 'ida@example.com', currentPassword: 'right' }, 'any');
    expect(passwords).toEqual(['right']);
  });

  it('does not change an address without the password when another writer changed it meanwhile', async () => {
    const { update, store, passwords } = setUp((current) => {
      current.row = storedUser({ email: 'moved@example.com' as EmailAddress, version: 2 });
    });
    await expect(update(self, id, { email }, 'any')).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterSeconds: 1,
    });
    expect(passwords).toEqual([]);
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

  it('rejects all invalid fields together, before the lock', async () => {
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

  it('checks the version even without a change', async () => {
    const { update, store } = setUp();
    await expect(update(self, id, {}, [7])).rejects.toMatchObject({ code: 'version_mismatch' });
    await update(self, id, {}, [7, 1]);
    expect(store.statements).toEqual(['lock', 'lock']);
  });

  it('sends the change with the commit, unless something is written after it', async () => {
    const { update, store } = setUp();
    await update(service, id, { firstName: 'Ida' }, 'any');
    expect(store.statements).toEqual(['lock', 'commit with next', 'update']);
    await update(service, id, { email: 'ida@example.com' }, 'any');
    expect(store.statements.slice(3)).toEqual(['lock', 'update']);
    await update(service, id, { firstName: 'Ada' }, 'any', { operator: 'op', reason: null });
    expect(store.statements.slice(5)).toEqual(['lock', 'update']);
    await update(service, id, { firstName: 'Ada' }, 'any');
    expect(store.statements.slice(7)).toEqual(['lock']);
  });

  it('does not find the user for another user, without a query', async () => {
    const { update, store } = setUp();
    const stranger = callerWith({ kind: 'user', userId: 'another user', sessionId: 'session 2' });
    await expect(update(stranger, id, { firstName: 'Eve' }, 'any')).rejects.toMatchObject({
      code: 'user_not_found',
    });
    expect(store.statements).toEqual([]);
  });
});
