import { createHash } from 'node:crypto';
import { createMailSeal } from '../../src/infrastructure/security/mail-seal.ts';
import { createMasterKeys } from '../../src/infrastructure/security/master-key.ts';

const key = createHash('sha256').update('the master key of tests').digest();

/** A value of `security.master_key`. */
export const TEST_MASTER_KEY = key.toString('base64');

/** Opens what a service with `TEST_MASTER_KEY` sealed. */
export const testMailSeal = createMailSeal(createMasterKeys(key));
