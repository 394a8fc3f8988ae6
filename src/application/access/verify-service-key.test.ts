import { describe, expect, it } from 'vitest';
import type { ServiceAccount } from '../../domain/service-account/service-account-repository.ts';
import { createVerifyServiceKey } from './verify-service-key.ts';

const account: ServiceAccount = {
  id: 'account 1',
  name: 'billing',
  scopes: ['users:read'],
  createdAt: new Date(0),
  revokedAt: null,
};

function setUp() {
  const state = { stored: account as ServiceAccount | null, questions: 0, epoch: 0 };
  const known = new Map<string, ServiceAccount>();
  let meanwhile = (): void => {};
  const authenticate = createVerifyServiceKey({
    keys: {
      create: () => ({ key: 'usk_1', hash: new Uint8Array([1]) }),
      hash: (key) => (key.startsWith('usk_') ? Buffer.from(key) : null),
    },
    accounts: {
      async findByKeyHash() {
        state.questions += 1;
        const found = state.stored;
        meanwhile();
        return found;
      },
    },
    known: {
      get: (hash) => known.get(hash),
      set: (hash, value) => void known.set(hash, value),
      epoch: () => state.epoch,
    },
  });
  return {
    authenticate,
    state,
    revoke() {
      state.stored = null;
      state.epoch += 1;
      known.clear();
    },
    whileReading(action: () => void) {
      meanwhile = action;
    },
  };
}

describe('the check of a service key', () => {
  it('gives the account and its scopes, and asks the database once for a key that is known', async () => {
    const { authenticate, state } = setUp();
    const principal = { kind: 'service', accountId: 'account 1', scopes: ['users:read'] };
    expect(await authenticate('usk_1')).toEqual(principal);
    expect(await authenticate('usk_1')).toEqual(principal);
    expect(state.questions).toBe(1);
  });

  it('refuses what has not the form of a key without asking the database', async () => {
    const { authenticate, state } = setUp();
    await expect(authenticate('nonsense')).rejects.toMatchObject({ code: 'invalid_token' });
    expect(state.questions).toBe(0);
  });

  it('never remembers that a key is unknown: it may be made the next moment', async () => {
    const { authenticate, state } = setUp();
    state.stored = null;
    await expect(authenticate('usk_1')).rejects.toMatchObject({ code: 'invalid_token' });
    state.stored = account;
    await expect(authenticate('usk_1')).resolves.toMatchObject({ accountId: 'account 1' });
  });

  it('does not bring a key back that was revoked while the database answered', async () => {
    const { authenticate, revoke, whileReading } = setUp();
    whileReading(revoke);
    await authenticate('usk_1');
    await expect(authenticate('usk_1')).rejects.toMatchObject({ code: 'invalid_token' });
  });
});
