import { createMemoryMailer } from '../../src/infrastructure/external/memory-mailer.ts';
import { describeMailerContract } from './mailer.contract.ts';

describeMailerContract('memory', async () => {
  const mailer = createMemoryMailer();
  return { mailer, delivered: async () => mailer.sent };
});
