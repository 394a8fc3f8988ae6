import { describe, expect, test } from 'vitest';
import { createPostgresSigningKeyStore } from '../../src/infrastructure/database/postgres/signing-key-store.ts';
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
      const { createdAt, encryptedPrivateKey, ...rest } = stored ?? {};
      const { encryptedPrivateKey: expected, ...given } = newKey('one');
      expect(rest).toEqual({ ...given, status: 'signing' });
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
  });
}
