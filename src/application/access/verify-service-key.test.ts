import { describe, expect, it } from 'vitest';
import type { KeyedServiceAccount } from '../../domain/service-account/service-account-repository.ts';
import { createFindByServiceKey, createVerifyServiceKey } from './verify-service-key.ts';

const account: KeyedServiceAccount = {
  keyId: 'key 1',
  keyRemainingMs: null,
  id: 'account 1',
  name: 'billing',
  scopes: ['users:read'],
  createdAt: new Date(0),
  revokedAt: null,
};

function setUp() {
  const state = { stored: account as KeyedServiceAccount | null, queries: 0, epoch: 0 };
  const known = new Map<string, KeyedServiceAccount>();
  const lifetimes: number[] = [];
  const used: string[] = [];
  let meanwhile = (): void => {};
  const find = createFindByServiceKey({
    keys: {
      create: () => ({ key: 'usk_1', hash: new Uint8Array([1]) }),
      hash: (key) => (key.startsWith('usk_') ? Buffer.from(key) : null),
    },
    accounts: {
      async findByKeyHash() {
        state.queries += 1;
        const found = state.stored;
        meanwhile();
        return found;
      },
    },
    known: {
      get: (hash) => known.get(hash),
      set(hash, value, lifetimeMs) {
        lifetimes.push(lifetimeMs);
        known.set(hash, value);
      },
      epoch: () => state.epoch,
    },
    usage: { record: (id) => void used.push(id) },
  });
  const verifyAtOnce = createVerifyServiceKey(find);
  return {
    verifyAtOnce,
    verifyKey: async (key: string) => verifyAtOnce(key),
    state,
    lifetimes,
    used,
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

describe('the verification of a service key', () => {
  it('returns the account and its scopes, and queries a cached key once', async () => {
    const { verifyKey, state } = setUp();
    const principal = { kind: 'service', accountId: 'account 1', scopes: ['users:read'] };
    expect(await verifyKey('usk_1')).toEqual(principal);
    expect(await verifyKey('usk_1')).toEqual(principal);
    expect(state.queries).toBe(1);
  });

  it('returns a cached account without a promise, and rejects with one', async () => {
    const { verifyAtOnce, verifyKey } = setUp();
    expect(verifyAtOnce('usk_1')).toBeInstanceOf(Promise);
    await verifyKey('usk_1');
    expect(verifyAtOnce('usk_1')).toMatchObject({ kind: 'service', accountId: 'account 1' });
    await expect(verifyAtOnce('nonsense')).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('notes each use, also of a cached key, and keeps no account beyond the end of its key', async () => {
    const { verifyKey, state, lifetimes, used } = setUp();
    state.stored = { ...account, keyRemainingMs: 300 };
    await verifyKey('usk_1');
    await verifyKey('usk_1');
    expect(used).toEqual(['key 1', 'key 1']);
    expect(lifetimes).toEqual([300]);
  });

  it('rejects a text without the form of a key without a query', async () => {
    const { verifyKey, state } = setUp();
    await expect(verifyKey('nonsense')).rejects.toMatchObject({ code: 'invalid_token' });
    expect(state.queries).toBe(0);
  });

  it('never caches that a key is unknown: it may be created a moment later', async () => {
    const { verifyKey, state } = setUp();
    state.stored = null;
    await expect(verifyKey('usk_1')).rejects.toMatchObject({ code: 'invalid_token' });
    state.stored = account;
    await expect(verifyKey('usk_1')).resolves.toMatchObject({ accountId: 'account 1' });
  });

  it('does not cache a key that is revoked during the query', async () => {
    const { verifyKey, revoke, whileReading } = setUp();
    whileReading(revoke);
    await verifyKey('usk_1');
    await expect(verifyKey('usk_1')).rejects.toMatchObject({ code: 'invalid_token' });
  });
});
