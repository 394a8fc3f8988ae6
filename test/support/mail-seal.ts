import { createMailSeal } from '../../src/infrastructure/security/mail-seal.ts';
import { createMasterKeys } from '../../src/infrastructure/security/master-key.ts';

/** A value of `security.master_key`. */
export const TEST_MASTER_KEY = Buffer.alloc(32, 9).toString('base64');

/** Opens what a service with `TEST_MASTER_KEY` sealed. */
export const testMailSeal = createMailSeal(
  createMasterKeys(Buffer.from(TEST_MASTER_KEY, 'base64')),
);
