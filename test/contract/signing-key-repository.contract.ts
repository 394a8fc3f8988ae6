import { describe, expect, test } from 'vitest';
import { createPostgresSigningKeyStore } from '../../src/infrastructure/database/postgres/signing-key-store.ts';
import { stateOf } from '../../src/infrastructure/security/signing-keys.ts';
import type { DatabaseImplementation } from './databases.ts';
import { hashOf, useDatabase } from './fixtures.ts';

const newKey = (kid: string) => ({
  kid,
  algorithm: 'EdDSA' as const,
  publicJwk: { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' },
  encryptedPrivateKey: hashOf(kid),
});

/** What every implementation of `SigningKeyStore` promises. */
export function describeSigningKeyRepositoryContract(implementation: DatabaseImplementation): void {
  describe(`SigningKeyStore (${implementation.name})`, () => {
    const database = useDatabase(implementation);
    const keys = () => createPostgresSigningKeyStore(database());

    test('lists the stored key', async () => {
      expect(await keys().list()).toEqual([]);
      expect(await keys().insertSigning(newKey('one'))).toBe(true);
      const [stored, ...others] = await keys().list();
      expect(others).toEqual([]);
      const { createdAt, encryptedPrivateKey, publishedAt, activatedAt, ageMs, ...rest } =
        stored ?? {};
      const { encryptedPrivateKey: expected, ...given } = newKey('one');
      expect(rest).toEqual({ ...given, status: 'signing', retiredAt: null });
      expect([publishedAt, activatedAt]).toEqual([createdAt, createdAt]);
      expect(ageMs).toBeGreaterThanOrEqual(0);
      expect(Buffer.from(encryptedPrivateKey ?? [])).toEqual(Buffer.from(expected));
      expect(createdAt).toBeInstanceOf(Date);
    });

    test('lets one of 10 concurrent first keys win, and every instance lists it', async () => {
      const kids = Array.from({ length: 10 }, (_, index) => `key${index}`);
      const won = await Promise.all(kids.map((kid) => keys().insertSigning(newKey(kid))));
      expect(won.filter(Boolean)).toHaveLength(1);
      const winner = kids[won.indexOf(true)];
      expect((await keys().list()).map((key) => key.kid)).toEqual([winner]);
    });

    test('lists the oldest key first, keys for verification included', async () => {
      await keys().insertSigning(newKey('old'));
      await database().query(
        "update signing_keys set status = 'verifying', created_at = created_at - interval '1 day'",
      );
      expect(await keys().insertSigning(newKey('new'))).toBe(true);
      const listed = (await keys().list()).map(({ kid, status }) => ({ kid, status }));
      expect(listed).toEqual([
        { kid: 'old', status: 'verifying' },
        { kid: 'new', status: 'signing' },
      ]);
    });

    const states = async () =>
      Object.fromEntries((await keys().list()).map((key) => [key.kid, stateOf(key)]));
    const age = (kid: string, column: string, seconds: number) =>
      database().query(
        `update signing_keys set ${column} = ${column} - make_interval(secs => $2) where kid = $1`,
        [kid, seconds],
      );

    test('has no next key without a signing key, and none while the signing key is younger', async () => {
      expect(await keys().insertNext(newKey('next'), 0)).toBe(false);
      await keys().insertSigning(newKey('one'));
      expect(await keys().insertNext(newKey('next'), 3_600_000)).toBe(false);
      await age('one', 'activated_at', 3_600);
      expect(await keys().insertNext(newKey('next'), 3_600_000)).toBe(true);
      expect(await states()).toEqual({ one: 'signing', next: 'next' });
    });

    test('publishes one next key of 10 leaders that begin a rotation together', async () => {
      await keys().insertSigning(newKey('one'));
      const kids = Array.from({ length: 10 }, (_, index) => `next${index}`);
      const won = await Promise.all(kids.map((kid) => keys().insertNext(newKey(kid), 0)));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await states()).toEqual({ one: 'signing', [kids[won.indexOf(true)] ?? '']: 'next' });
    });

    test('lets no key sign before it was published for the given time', async () => {
      await keys().insertSigning(newKey('one'));
      await keys().insertNext(newKey('two'), 0);
      expect(await keys().activateNext(60_000)).toBeNull();
      await age('two', 'published_at', 59);
      expect(await keys().activateNext(60_000)).toBeNull();
      expect(await states()).toEqual({ one: 'signing', two: 'next' });
      await age('two', 'published_at', 1);
      expect(await keys().activateNext(60_000)).toEqual({
        ...{ kid: 'two', formerKid: 'one' },
        algorithm: 'EdDSA',
      });
      expect(await states()).toEqual({ one: 'verifying', two: 'signing' });
      expect(await keys().activateNext(0)).toBeNull();
    });

    test('activates a next key once, however many leaders try together', async () => {
      await keys().insertSigning(newKey('one'));
      await keys().insertNext(newKey('two'), 0);
      const activated = await Promise.all(Array.from({ length: 10 }, () => keys().activateNext(0)));
      expect(activated.filter((key) => key !== null)).toHaveLength(1);
      expect(await states()).toEqual({ one: 'verifying', two: 'signing' });
    });

    test('deletes retired keys after their time, and neither the next key nor the one that signs', async () => {
      await keys().insertSigning(newKey('one'));
      await keys().insertNext(newKey('two'), 0);
      await keys().activateNext(0);
      await keys().insertNext(newKey('three'), 0);
      expect(await keys().deleteRetired(60_000)).toEqual([]);
      for (const kid of ['one', 'two', 'three']) {
        for (const column of ['created_at', 'published_at', 'activated_at', 'retired_at']) {
          await age(kid, column, 61);
        }
      }
      expect(await keys().deleteRetired(60_000)).toEqual(['one']);
      expect(await states()).toEqual({ two: 'signing', three: 'next' });
    });

    test('counts the time of a key that an older build or a statement retired from when it is found', async () => {
      await keys().insertSigning(newKey('one'));
      await database().query(
        `update signing_keys set status = 'verifying', published_at = null, activated_at = null,
           created_at = created_at - interval '1 year'`,
      );
      expect(await states()).toEqual({ one: 'verifying' });
      expect(await keys().deleteRetired(60_000)).toEqual([]);
      await age('one', 'retired_at', 61);
      expect(await keys().deleteRetired(60_000)).toEqual(['one']);
    });

    test('deletes a key by its id unless it signs', async () => {
      await keys().insertSigning(newKey('one'));
      await keys().insertNext(newKey('two'), 0);
      expect(await keys().delete('one')).toBe(false);
      expect(await keys().delete('none')).toBe(false);
      expect(await keys().delete('two')).toBe(true);
      expect(await states()).toEqual({ one: 'signing' });
    });

    test('seals a key again unless it has changed since it was read', async () => {
      await keys().insertSigning(newKey('one'));
      expect(await keys().updateSealed('one', hashOf('other'), hashOf('new'))).toBe(false);
      expect(await keys().updateSealed('one', hashOf('one'), hashOf('new'))).toBe(true);
      const [stored] = await keys().list();
      expect(Buffer.from(stored?.encryptedPrivateKey ?? [])).toEqual(Buffer.from(hashOf('new')));
    });
  });
}
