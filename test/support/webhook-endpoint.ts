import { createPostgresWebhookEndpoints } from '../../src/infrastructure/database/postgres/webhook-endpoints.ts';
import type { SqlConnection } from '../../src/infrastructure/database/sql.ts';
import { createMasterKeys } from '../../src/infrastructure/security/master-key.ts';
import { createWebhookSecrets } from '../../src/infrastructure/security/webhook-secrets.ts';
import { createUuidV7Generator } from '../../src/infrastructure/system/ids.ts';
import { TEST_MASTER_KEY } from './mail-seal.ts';

export const testMasterKeys = createMasterKeys(Buffer.from(TEST_MASTER_KEY, 'base64'));

const ids = createUuidV7Generator();
const secrets = createWebhookSecrets(testMasterKeys);

/** Stores an endpoint as the service does. @returns its id and its secret */
export async function storeEndpoint(
  connection: SqlConnection,
  { url, ordered = false }: { readonly url: string; readonly ordered?: boolean },
) {
  const id = ids.next();
  const { stored, secret } = secrets.create(id, ids.next(), 'v1');
  const endpoints = createPostgresWebhookEndpoints(connection);
  const settings = { description: null, types: null, userId: null };
  await endpoints.insert({ id, url, ordered, ...settings }, 100);
  await endpoints.addSecret(id, stored, 0);
  return { id, secret: secret ?? '' };
}
