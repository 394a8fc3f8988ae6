/** Delivers queued mail in a separate process that tests kill. argv[2]: the database; argv[3]: the environment. */

import { createMailDelivery } from '../../src/app/mail-delivery.ts';
import { openMailRenderer } from '../../src/app/mail-templates.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createPostgresDatabase } from '../../src/infrastructure/database/postgres/pool.ts';
import { createUuidV7Generator } from '../../src/infrastructure/system/ids.ts';
import { createSilentLogger } from './logger.ts';
import { testMailSeal } from './mail-seal.ts';
import { postgresSettings } from './postgres-database.ts';

const [, , connection = '{}', environment = '{}'] = process.argv;
const logger = createSilentLogger();
const { config } = await loadConfig({ env: JSON.parse(environment), cwd: '/nonexistent' });
const database = await createPostgresDatabase(postgresSettings(JSON.parse(connection)), { logger });
createMailDelivery(config.mail, {
  ...{ database, ids: createUuidV7Generator(), logger },
  mailSeal: testMailSeal,
  renderer: await openMailRenderer(config.mail),
}).start();
process.stdout.write('delivering\n');
