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

    const keyOf = (secret: string, ttlMs: number | null = null) => ({
      ...{ id: ids.next(), hash: hashOf(secret), ttlMs },
    });

    async function create(name: string, createdAt = DAY): Promise<ServiceAccount> {
      const scopes: Scope[] = ['users:read', 'tokens:introspect'];
      const account = { id: ids.next(), name, scopes, createdAt, revokedAt: null };
      await accounts().insert(account, keyOf(account.id));
      return account;
    }

    test('finds an account by the hash of its key, exactly as it was stored', async () => {
      const account = await create('billing');
      expect(await accounts().findByKeyHash(hashOf(account.id))).toEqual({
        ...account,
        keyId: expect.any(String),
        keyRemainingMs: null,
      });
      expect(await accounts().findByKeyHash(hashOf('another'))).toBeNull();
    });

    test('rejects the name of an account in use, and allows that of a revoked one', async () => {
      const first = await create('billing');
      await expect(create('billing')).rejects.toMatchObject(refusal('service_account_name_taken'));
      expect(await accounts().revoke(first.id)).toBe(true);
      const second = await create('billing');
      expect(await accounts().findByKeyHash(hashOf(second.id))).toMatchObject(second);
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

    test('finds an account by a key until the key ends', async () => {
      const { id } = await create('billing');
      const added = await accounts().rotateKey(id, keyOf('short', 3_600_000), 0);
      const found = await accounts().findByKeyHash(hashOf('short'));
      expect(found).toMatchObject({ id, keyId: added.id });
      expect(found?.keyRemainingMs).toBeGreaterThan(3_500_000);
      expect(await accounts().findByKeyId(id, added.id)).toMatchObject({ id, keyId: added.id });
      expect(await accounts().findByKeyId(ids.next(), added.id)).toBeNull();
      await database().query(`update service_account_keys set expires_at = now() where id = $1`, [
        added.id,
      ]);
      expect(await accounts().findByKeyHash(hashOf('short'))).toBeNull();
      expect(await accounts().findByKeyId(id, added.id)).toBeNull();
    });

    test('a rotation lets the former key work for the overlap, and never longer than before', async () => {
      const { id } = await create('billing');
      await accounts().rotateKey(id, keyOf('second', 60_000), 3_600_000);
      const first = await accounts().findByKeyHash(hashOf(id));
      expect(first?.keyRemainingMs).toBeGreaterThan(3_500_000);
      await accounts().rotateKey(id, keyOf('third'), 3_600_000);
      const second = await accounts().findByKeyHash(hashOf('second'));
      expect(second?.keyRemainingMs).toBeLessThanOrEqual(60_000);
      await accounts().rotateKey(id, keyOf('fourth'), 0);
      for (const ended of [id, 'second', 'third']) {
        expect(await accounts().findByKeyHash(hashOf(ended))).toBeNull();
      }
      expect(await accounts().findByKeyHash(hashOf('fourth'))).toMatchObject({ id });
      const [{ keys } = { keys: [] }] = await accounts().list();
      expect(keys).toHaveLength(4);
    });

    test('of concurrent rotations with no overlap only the last key works', async () => {
      const { id } = await create('billing');
      const names = ['a', 'b', 'c', 'd'];
      const results = await Promise.allSettled(
        names.map((name) => accounts().rotateKey(id, keyOf(name), 0)),
      );
      expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
      const found = await Promise.all(
        [id, ...names].map((name) => accounts().findByKeyHash(hashOf(name))),
      );
      expect(found.filter((account) => account !== null)).toHaveLength(1);
    });

    test('an account has at most 10 keys that work, and an unknown or revoked one gets none', async () => {
      const { id } = await create('billing');
      for (let key = 0; key < 9; key += 1) {
        await accounts().rotateKey(id, keyOf(`key ${key}`), 60_000);
      }
      await expect(accounts().rotateKey(id, keyOf('more'), 60_000)).rejects.toMatchObject(
        refusal('too_many_service_keys'),
      );
      await accounts().revoke(id);
      for (const other of [id, ids.next()]) {
        await expect(accounts().rotateKey(other, keyOf('x'), 0)).rejects.toMatchObject(
          refusal('service_account_not_found'),
        );
        expect(await accounts().setScopes(other, ['users:read'])).toBeNull();
      }
    });

    test('the newest key stays where builds without a table of keys read it', async () => {
      const { id } = await create('billing');
      await accounts().rotateKey(id, keyOf('second'), 60_000);
      const { rows } = await database().query<{ key_hash: Uint8Array }>(
        'select key_hash from service_accounts where id = $1',
        [id],
      );
      expect(Buffer.from(rows[0]?.key_hash ?? [])).toEqual(Buffer.from(hashOf('second')));
    });

    test('an account that such a build inserts has its key in the table', async () => {
      const id = ids.next();
      await database().query(
        `insert into service_accounts (id, name, key_hash, scopes) values ($1, 'older', $2, '{users:read}')`,
        [id, hashOf('older')],
      );
      expect(await accounts().findByKeyHash(hashOf('older'))).toMatchObject({ id });
    });

    test('scopes change, and the use of a key is noted at most once a minute', async () => {
      const { id } = await create('billing');
      expect(await accounts().setScopes(id, ['events:read'])).toMatchObject({
        scopes: ['events:read'],
      });
      const found = await accounts().findByKeyHash(hashOf(id));
      expect(found?.scopes).toEqual(['events:read']);
      const keyId = found?.keyId ?? '';
      const lastUse = async () => (await accounts().list())[0]?.keys[0]?.lastUsedAt;
      expect(await lastUse()).toBeNull();
      await accounts().markKeysUsed([keyId, ids.next()]);
      const first = await lastUse();
      expect(first).toBeInstanceOf(Date);
      await accounts().markKeysUsed([keyId]);
      expect(await lastUse()).toEqual(first);
      await database().query(
        `update service_account_keys set last_used_at = now() - interval '61 seconds'`,
      );
      await accounts().markKeysUsed([keyId]);
      expect((await lastUse())?.getTime()).toBeGreaterThanOrEqual(first?.getTime() ?? Infinity);
    });

    test('lists all accounts including revoked ones, newest first', async () => {
      const old = await create('old', new Date(DAY.getTime() - 1_000));
      const recent = await create('recent', DAY);
      await accounts().revoke(recent.id);
      expect((await accounts().list()).map(({ id }) => id)).toEqual([recent.id, old.id]);
    });
  });
}
