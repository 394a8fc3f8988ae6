import { createMemoryMailer } from '../../src/infrastructure/mail/memory-mailer.ts';
import { describeMailerContract } from './mailer.contract.ts';

describeMailerContract('memory', async () => {
  const mailer = createMemoryMailer();
  return { mailer, delivered: async () => mailer.sent };
});
