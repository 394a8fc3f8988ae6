import { describe, expect, test } from 'vitest';
import type { Scope } from '../../src/domain/access/scope.ts';
import type { ServiceAccount } from '../../src/domain/service-account/service-account-repository.ts';
import { createPostgresServiceAccountRepository } from '../../src/infrastructure/database/postgres/service-account-repository.ts';
import type { DatabaseImplementation } from './databases.ts';
import { hashOf, ids, refusal, useDatabase } from './fixtures.ts';

const DAY = new Date('2030-01-02T03:04:05.678Z');

export function describeServiceAccountRepositoryContract(
  implementation: DatabaseImplementation,
): void {
  describe(`ServiceAccountRepository (${implementation.name})`, () => {
    const database = useDatabase(implementation);
    const accounts = () => createPostgresServiceAccountRepository(database());

    async function create(name: string, createdAt = DAY): Promise<ServiceAccount> {
      const scopes: Scope[] = ['users:read', 'tokens:introspect'];
      const account = { id: ids.next(), name, scopes, createdAt, revokedAt: null };
      await accounts().insert(account, hashOf(account.id));
      return account;
    }

    test('finds an account by the hash of its key, exactly as it was stored', async () => {
      const account = await create('billing');
      expect(await accounts().findByKeyHash(hashOf(account.id))).toEqual(account);
      expect(await accounts().findByKeyHash(hashOf('another'))).toBeNull();
    });

    test('rejects the name of an account in use, and allows that of a revoked one', async () => {
      const first = await create('billing');
      await expect(create('billing')).rejects.toMatchObject(refusal('service_account_name_taken'));
      expect(await accounts().revoke(first.id)).toBe(true);
      const second = await create('billing');
      expect(await accounts().findByKeyHash(hashOf(second.id))).toEqual(second);
    });

    test('of 10 concurrent inserts with one name exactly one succeeds', async () => {
      const results = await Promise.allSettled(Array.from({ length: 10 }, () => create('wanted')));
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    });

    test('a revoked key finds no account, and revoking it again changes nothing', async () => {
      const { id } = await create('billing');
      expect(await accounts().revoke(id)).toBe(true);
      expect(await accounts().findByKeyHash(hashOf(id))).toBeNull();
      const [revoked] = await accounts().list();
      expect(revoked?.revokedAt).toBeInstanceOf(Date);
      expect(await accounts().revoke(id)).toBe(false);
      expect(await accounts().list()).toEqual([revoked]);
      expect(await accounts().revoke(ids.next())).toBe(false);
    });

    test('lists all accounts including revoked ones, newest first', async () => {
      const old = await create('old', new Date(DAY.getTime() - 1_000));
      const recent = await create('recent', DAY);
      await accounts().revoke(recent.id);
      expect((await accounts().list()).map(({ id }) => id)).toEqual([recent.id, old.id]);
    });
  });
}
