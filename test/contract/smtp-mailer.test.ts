import { onTestFinished } from 'vitest';
import { createSmtpMailer } from '../../src/infrastructure/mail/smtp-mailer.ts';
import { useSmtpServer } from '../support/smtp-server.ts';
import { describeMailerContract } from './mailer.contract.ts';

describeMailerContract('SMTP', async () => {
  const server = await useSmtpServer();
  const mailer = createSmtpMailer(
    { host: '127.0.0.1', port: server.port, tls: 'none', timeoutMs: 5_000, maxConnections: 2 },
    { name: 'Accounts', address: 'accounts@example.com' },
  );
  onTestFinished(() => mailer.close());
  return {
    mailer,
    delivered: async () =>
      server.received().map(({ envelope, subject, text }) => ({
        to: envelope.to.join(),
        subject,
        text,
      })),
  };
});
