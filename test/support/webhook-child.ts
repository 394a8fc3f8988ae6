/**
 * Delivers webhooks in a separate process that tests kill, with short pauses between attempts. argv[2]: the database;
 * argv[3]: the environment.
 */

import { createWebhookDelivery } from '../../src/app/webhook-delivery.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createPostgresDatabase } from '../../src/infrastructure/database/postgres/pool.ts';
import { createPostgresWebhookQueue } from '../../src/infrastructure/database/postgres/webhook-deliveries.ts';
import { createPostgresSealedSecrets } from '../../src/infrastructure/database/postgres/webhook-endpoints.ts';
import {
  createWebhookSecretSeals,
  createWebhookSecrets,
} from '../../src/infrastructure/security/webhook-secrets.ts';
import { createSilentLogger } from './logger.ts';
import { postgresSettings } from './postgres-database.ts';
import { testMasterKeys } from './webhook-endpoint.ts';

const SCHEDULE_MS = [0, ...Array.from({ length: 200 }, () => 30)];

const [, , connection = '{}', environment = '{}'] = process.argv;
const logger = createSilentLogger();
const { config } = await loadConfig({ env: JSON.parse(environment), cwd: '/nonexistent' });
const database = await createPostgresDatabase(postgresSettings(JSON.parse(connection)), { logger });
createWebhookDelivery(config.webhooks, {
  webhookQueue: createPostgresWebhookQueue(database),
  webhookSecrets: createWebhookSecrets(testMasterKeys),
  webhookSecretSeals: createWebhookSecretSeals(
    createPostgresSealedSecrets(database),
    testMasterKeys,
  ),
  logger,
  schedule: SCHEDULE_MS,
  runIntervalMs: 20,
}).start();
process.stdout.write('delivering\n');
