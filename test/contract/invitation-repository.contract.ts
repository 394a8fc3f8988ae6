import { describe, expect, test } from 'vitest';
import type { Invitation } from '../../src/domain/invitation/invitation.ts';
import type { EmailAddress } from '../../src/domain/user/email-address.ts';
import type { Locale } from '../../src/domain/user/locale.ts';
import type { PersonName } from '../../src/domain/user/person-name.ts';
import { createPostgresInvitationRepository } from '../../src/infrastructure/database/postgres/invitation-repository.ts';
import type { DatabaseImplementation } from './databases.ts';
import { hashOf, ids, useDatabase } from './fixtures.ts';

const EXPIRED = -1_000;
const HOUR = 3_600_000;

export function describeInvitationRepositoryContract(implementation: DatabaseImplementation): void {
  describe(`InvitationRepository (${implementation.name})`, () => {
    const database = useDatabase(implementation);
    const invitations = () => createPostgresInvitationRepository(database());

    function invite(email: string, ttlMs = HOUR): Promise<Invitation> {
      const id = ids.next();
      const names = { firstName: 'Zoë' as PersonName, lastName: null };
      return invitations().insert({
        ...{ id, email: email as EmailAddress, ...names, locale: 'fr' as Locale },
        ...{ tokenHash: hashOf(id), ttlMs },
      });
    }

    test('finds an invitation by its token, as it was stored, and accepts it once', async () => {
      const invitation = await invite('a@example.com');
      const { id } = invitation;
      expect(invitation).toMatchObject({ email: 'a@example.com', firstName: 'Zoë', locale: 'fr' });
      expect(invitation.expiresAt.getTime() - invitation.createdAt.getTime()).toBe(HOUR);
      expect(await invitations().findByToken(id, hashOf(id))).toEqual(invitation);
      expect(await invitations().findByToken(id, hashOf('another'))).toBeNull();
      expect(await invitations().accept(id, hashOf('another'))).toBeNull();
      expect(await invitations().accept(id, hashOf(id))).toEqual(invitation);
      expect(await invitations().accept(id, hashOf(id))).toBeNull();
      expect(await invitations().findByToken(id, hashOf(id))).toBeNull();
    });

    test('of two transactions that accept one invitation, one gets it', async () => {
      const { id } = await invite('a@example.com');
      const accept = () =>
        database().transaction((connection) =>
          createPostgresInvitationRepository(connection).accept(id, hashOf(id)),
        );
      const results = await Promise.all([accept(), accept()]);
      expect(results.filter((result) => result !== null)).toHaveLength(1);
    });

    test('an expired invitation is not found by its token, is listed, and is removed later', async () => {
      const { id } = await invite('a@example.com', EXPIRED);
      const current = await invite('b@example.com');
      expect(await invitations().findByToken(id, hashOf(id))).toBeNull();
      expect(await invitations().accept(id, hashOf(id))).toBeNull();
      const page = await invitations().list({ afterId: null, limit: 10 });
      expect(page.invitations.map((one) => one.id)).toEqual([id, current.id]);
      expect(await invitations().deleteExpired(HOUR, 10)).toBe(0);
      expect(await invitations().deleteExpired(0, 10)).toBe(1);
      expect(await invitations().deleteExpired(0, 10)).toBe(0);
      expect(await invitations().findByToken(current.id, hashOf(current.id))).toEqual(current);
    });

    test('a new invitation of an address replaces the old one', async () => {
      const old = await invite('a@example.com');
      const { id } = await invite('a@example.com');
      expect(await invitations().findByToken(old.id, hashOf(old.id))).toBeNull();
      const page = await invitations().list({ afterId: null, limit: 10 });
      expect(page.invitations.map((one) => one.id)).toEqual([id]);
    });

    test('lists in the order of creation, page by page', async () => {
      const created: string[] = [];
      for (const letter of 'abcde') created.push((await invite(`${letter}@example.com`)).id);
      const listed: string[] = [];
      let afterId: string | null = null;
      do {
        const page = await invitations().list({ afterId, limit: 2 });
        listed.push(...page.invitations.map(({ id }) => id));
        afterId = page.nextAfterId;
      } while (afterId !== null);
      expect(listed).toEqual(created);
    });

    test('a deleted invitation is gone', async () => {
      const { id } = await invite('a@example.com');
      expect(await invitations().delete(id)).toBe(true);
      expect(await invitations().delete(id)).toBe(false);
      expect(await invitations().findByToken(id, hashOf(id))).toBeNull();
    });
  });
}
