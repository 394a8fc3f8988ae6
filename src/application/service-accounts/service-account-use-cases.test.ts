import { describe, expect, it } from 'vitest';
import { createRecordingLogger } from '../../../test/support/logger.ts';
import { callerWith, portWith } from '../../../test/support/ports.ts';
import { SCOPES } from '../../domain/access/scope.ts';
import type {
  NewServiceKey,
  ServiceAccount,
  ServiceAccountRepository,
} from '../../domain/service-account/service-account-repository.ts';
import type { Transaction } from '../../domain/unit-of-work.ts';
import type { Principal } from '../access/caller.ts';
import { createServiceAccountUseCases } from './service-account-use-cases.ts';

const storedKey = { id: 'key', createdAt: new Date(0), expiresAt: null, lastUsedAt: null };
const operator = callerWith({ kind: 'operator' });

function setUp() {
  const stored: { account: ServiceAccount; key: NewServiceKey }[] = [];
  const state = { forgotten: 0 };
  const rotations: object[] = [];
  const logger = createRecordingLogger();
  const accounts = portWith<ServiceAccountRepository>({
    async insert(account, key) {
      stored.push({ account, key });
      return { ...storedKey, id: key.id };
    },
    list: async () => stored.map(({ account }) => ({ ...account, keys: [storedKey] })),
    async rotateKey(id, key, overlapMs) {
      rotations.push({ id, ttlMs: key.ttlMs, overlapMs });
      return { ...storedKey, id: key.id };
    },
    async setScopes(id, scopes) {
      const found = stored.find(({ account }) => account.id === id);
      return found === undefined ? null : { ...found.account, scopes };
    },
    revoke: async (id) => stored.some(({ account }) => account.id === id),
  });
  const transaction = portWith<Transaction>({
    serviceAccounts: accounts,
    commitWithNext: () => {},
  });
  const manage = createServiceAccountUseCases({
    accounts,
    unitOfWork: { run: (_context, work) => work(transaction) },
    keys: {
      create: () => ({ key: 'usk_secret', hash: new Uint8Array([7]) }),
      hash: () => null,
    },
    ids: { next: () => `account ${stored.length + 1}` },
    clock: { now: () => new Date('2026-01-01T00:00:00Z') },
    logger,
    onChanged: () => {
      state.forgotten += 1;
    },
  });
  return { manage, stored, rotations, state, logger };
}

describe('a service account', () => {
  it('is stored with the hash of its key, and the key is shown once and never logged', async () => {
    const { manage, stored, logger } = setUp();
    const made = await manage.create(operator, { name: 'billing', scopes: ['users:read'] });
    expect(made.issued.key).toBe('usk_secret');
    expect(stored).toMatchObject([
      { account: made.account, key: { hash: new Uint8Array([7]), ttlMs: null } },
    ]);
    expect(JSON.stringify([stored, logger.lines, await manage.list(operator)])).not.toContain(
      'usk_secret',
    );
  });

  it('has each scope once, in the order of SCOPES', async () => {
    const { manage } = setUp();
    const scopes = [...SCOPES].reverse();
    const { account } = await manage.create(operator, {
      name: 'all',
      scopes: [...scopes, 'users:read'],
    });
    expect(account.scopes).toEqual(SCOPES);
  });

  it.each([
    ['no scopes', 'billing', [], 'scopes'],
    ['an unknown scope', 'billing', ['users:read', 'users:everything'], 'scopes'],
    ['an empty name', '', ['users:read'], 'name'],
    ['capitals', 'Billing', ['users:read'], 'name'],
    ['a dash at its end', 'billing-', ['users:read'], 'name'],
    ['a line break at its end', 'billing\n', ['users:read'], 'name'],
    ['101 characters', 'x'.repeat(101), ['users:read'], 'name'],
  ])('is refused with %s', async (_what, name, scopes, field) => {
    const { manage, stored } = setUp();
    await expect(manage.create(operator, { name, scopes })).rejects.toMatchObject({
      code: 'validation_failed',
      fields: [{ field }],
    });
    expect(stored).toEqual([]);
  });

  it('gets another key with an overlap of a day, and the cache of this instance forgets the former one', async () => {
    const { manage, rotations, state, logger } = setUp();
    const { account } = await manage.create(operator, {
      ...{ name: 'billing', scopes: ['users:read'], expiresInSeconds: 60 },
    });
    const rotated = await manage.rotateKey(operator, account.id, {});
    await manage.rotateKey(operator, account.id, { overlapSeconds: 0, expiresInSeconds: 90 });
    expect(rotated.key).toBe('usk_secret');
    expect(rotations).toEqual([
      { id: account.id, ttlMs: null, overlapMs: 86_400_000 },
      { id: account.id, ttlMs: 90_000, overlapMs: 0 },
    ]);
    expect(state.forgotten).toBe(2);
    expect(JSON.stringify(logger.lines)).not.toContain('usk_secret');
  });

  it('gets other scopes, which are checked as at its creation', async () => {
    const { manage, state } = setUp();
    const { account } = await manage.create(operator, { name: 'billing', scopes: ['users:read'] });
    expect(await manage.setScopes(operator, account.id, ['events:read'])).toMatchObject({
      scopes: ['events:read'],
    });
    expect(state.forgotten).toBe(1);
    await expect(manage.setScopes(operator, account.id, ['all'])).rejects.toMatchObject({
      code: 'validation_failed',
    });
    await expect(manage.setScopes(operator, 'unknown', ['users:read'])).rejects.toMatchObject({
      code: 'service_account_not_found',
    });
  });

  it('is removed from the cache of this instance when it is revoked', async () => {
    const { manage, state } = setUp();
    const { account } = await manage.create(operator, { name: 'billing', scopes: ['users:read'] });
    await expect(manage.revoke(operator, 'unknown')).rejects.toMatchObject({
      code: 'service_account_not_found',
    });
    expect(state.forgotten).toBe(0);
    await manage.revoke(operator, account.id);
    expect(state.forgotten).toBe(1);
  });

  it.each<[string, Principal]>([
    ['an anonymous caller', { kind: 'anonymous' }],
    ['a user', { kind: 'user', userId: 'user 1', sessionId: 'session 1' }],
    ['a service with every scope', { kind: 'service', accountId: 'account 1', scopes: SCOPES }],
  ])('cannot be created, listed, changed or revoked by %s', async (_who, principal) => {
    const { manage, stored } = setUp();
    const caller = callerWith(principal);
    const input = { name: 'billing', scopes: ['users:read'] };
    for (const attempt of [
      manage.create(caller, input),
      manage.list(caller),
      manage.revoke(caller, 'account 1'),
      manage.rotateKey(caller, 'account 1', {}),
      manage.setScopes(caller, 'account 1', ['users:read']),
    ]) {
      await expect(attempt).rejects.toMatchObject({ code: 'forbidden' });
    }
    expect(stored).toEqual([]);
  });
});
