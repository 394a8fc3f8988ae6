import { describe, expect, it } from 'vitest';
import type { RegistrationRequest } from '../../src/domain/user/registration-request.ts';
import { createPostgresRegistrationRequestStore } from '../../src/infrastructure/database/postgres/registration-requests.ts';
import { profileWith } from '../support/profiles.ts';
import type { DatabaseImplementation } from './databases.ts';
import { ids, inTransaction, useDatabase } from './fixtures.ts';

const waiting = { ttlMs: 3_600_000, maxWaiting: 100 };

export function describeRegistrationRequestsContract(implementation: DatabaseImplementation): void {
  describe(`Registration requests contract: ${implementation.name}`, () => {
    const database = useDatabase(implementation);

    async function add(traits: Partial<RegistrationRequest> = {}, limits = waiting) {
      const profile = profileWith({ email: 'ada@example.com' });
      const password = { passwordHash: '$argon2id$test', passwordForm: 1 };
      const request: RegistrationRequest = { id: ids.next(), ...profile, ...password, ...traits };
      const isStored = await inTransaction(database(), ({ registrationRequests }) =>
        registrationRequests.add(request, limits),
      );
      return { request, isStored };
    }

    const next = (skipped = 0) =>
      inTransaction(database(), ({ registrationRequests }) =>
        registrationRequests.lockNext(skipped),
      );

    it('returns what was stored, the oldest first, also twice for one address', async () => {
      const { request: first } = await add({ ...profileWith({ phone: null, locale: null }) });
      const { request: second } = await add({
        ...profileWith({ phone: '+493012345678', locale: 'pt-BR' }),
      });
      expect(await next()).toEqual(first);
      expect(await next(1)).toEqual(second);
      expect(await next(2)).toBeNull();
    });

    it('drops a registration with the transaction that deletes it only', async () => {
      const { request } = await add();
      const failing = inTransaction(database(), async ({ registrationRequests }) => {
        await registrationRequests.delete(request.id);
        throw new Error('rolled back');
      });
      await expect(failing).rejects.toThrow('rolled back');
      expect(await next()).toEqual(request);
      await inTransaction(database(), ({ registrationRequests }) =>
        registrationRequests.delete(request.id),
      );
      expect(await next()).toBeNull();
    });

    it('stores none when as many wait as may', async () => {
      const limits = { ...waiting, maxWaiting: 2 };
      const stored = [];
      for (let count = 0; count < 3; count += 1) stored.push((await add({}, limits)).isStored);
      expect(stored).toEqual([true, true, false]);
    });

    it('tells how many wait, and since when', async () => {
      const store = createPostgresRegistrationRequestStore(database());
      expect(await store.readBacklog()).toEqual({ waiting: 0, oldestAgeMs: 0 });
      await add();
      await add();
      await database().query(
        "update registration_requests set created_at = created_at - interval '1 minute'",
      );
      const backlog = await store.readBacklog();
      expect(backlog.waiting).toBe(2);
      expect(backlog.oldestAgeMs).toBeGreaterThanOrEqual(60_000);
    });

    it('serves none that came too late, and deletes it in bounded steps', async () => {
      for (let count = 0; count < 3; count += 1) await add();
      const store = createPostgresRegistrationRequestStore(database());
      expect(await store.deleteExpired(10)).toBe(0);
      await database().query("update registration_requests set expires_at = now() - interval '1s'");
      expect(await next()).toBeNull();
      expect([await store.deleteExpired(2), await store.deleteExpired(2)]).toEqual([2, 1]);
    });
  });
}
