import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type { NewMail } from '../../../src/domain/mail.ts';
import { createPostgresDatabase } from '../../../src/infrastructure/database/postgres/pool.ts';
import { ids, inTransaction } from '../../contract/fixtures.ts';
import { startProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { postgresSettings } from '../../support/postgres-database.ts';
import { useSmtpServer } from '../../support/smtp-server.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const KILLS = 5;
const MAILS = 400;
/** Mails that a sender attempts at once. A kill can hit as many. */
const PARALLEL = 4;

it('loses no mail when its sender is killed repeatedly, and repeats only the mails in progress', async () => {
  const { connectionOptions } = await createTestDatabase();
  const database = await createPostgresDatabase(postgresSettings(connectionOptions), {
    logger: createSilentLogger(),
  });
  onTestFinished(() => database.close());
  const addresses = Array.from({ length: MAILS }, (_, number) => `person${number}@example.com`);
  await inTransaction(database, ({ mail }) =>
    mail.enqueue(
      addresses.map(
        (to): NewMail => ({
          userId: ids.next(),
          kind: 'password_changed',
          to,
          ...{ locale: null, firstName: 'Ada', data: { changed_at: new Date() } },
        }),
      ),
    ),
  );
  const server = await useSmtpServer();
  const environment = {
    MAIL_SMTP_HOST: '127.0.0.1',
    MAIL_SMTP_PORT: String(server.port),
    MAIL_SMTP_TLS: 'none',
    MAIL_FROM: 'accounts@example.com',
  };
  const startSender = async () => {
    const sender = await startProcess(process.execPath, [
      ...[
        '--import',
        'tsx',
        fileURLToPath(new URL('../../support/mail-child.ts', import.meta.url)),
      ],
      ...[JSON.stringify(connectionOptions), JSON.stringify(environment)],
    ]);
    onTestFinished(async () => void (await sender.kill()));
    return sender;
  };
  const patience = { timeoutMs: 60_000, intervalMs: 1 };

  for (let kill = 1; kill <= KILLS; kill += 1) {
    const sender = await startSender();
    // Each round kills at a different moment, during the work.
    const enough = server.received().length + 30 + kill;
    await eventually(() => expect(server.received().length).toBeGreaterThan(enough), patience);
    await sender.kill();
    // Simulates that the leases of the killed sender have ended.
    await database.query('update mail_queue set due_at = now() where sent_at is null');
  }
  const { rows: unsent } = await database.query('select id from mail_queue where sent_at is null');
  expect(unsent.length).toBeGreaterThan(0);
  const last = await startSender();
  await eventually(
    async () => {
      const { rows } = await database.query('select id from mail_queue where sent_at is null');
      expect(rows).toEqual([]);
    },
    { timeoutMs: 60_000 },
  );
  await last.kill();

  const idsOf = new Map<string, Set<string>>();
  for (const { envelope, headers } of server.received()) {
    const to = envelope.to.join();
    idsOf.set(to, (idsOf.get(to) ?? new Set()).add(headers['message-id']?.[0] ?? ''));
  }
  expect([...idsOf.keys()].sort()).toEqual(addresses.toSorted());
  // Only mails that were in progress at a kill have a second copy, and it has the Message-ID of the first.
  for (const messageIds of idsOf.values()) expect(messageIds.size).toBe(1);
  expect(server.received().length - MAILS).toBeLessThanOrEqual(KILLS * PARALLEL);
});
